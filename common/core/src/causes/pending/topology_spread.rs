//! `pending/topology-spread`: no node keeps the pods spread as the pod's topology constraints want.

use crate::causes::container::word;
use crate::causes::pending::scheduling::{self, Filter};
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const TOPOLOGY_SPREAD: Cause = Cause {
    code: "pending/topology-spread",
    about: "no node keeps the pods spread as the pod's topology constraints want",
    severity: Severity::Error,
    fatal: Fatal::AtTimeout,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let unschedulable = scheduling::seen(facts)?;
    let reason = unschedulable.reason(Filter::Spread, |_| true)?;
    let spec = facts.pod.spec.as_ref()?;
    let constraints = spec.topology_spread_constraints.as_deref().unwrap_or_default();
    let hard = constraints.iter().filter(|constraint| constraint.when_unsatisfiable == "DoNotSchedule");
    let hard: Vec<String> = hard
        .map(|constraint| format!("at most {} apart over {}", constraint.max_skew, constraint.topology_key))
        .collect();
    let wanted = if hard.is_empty() { "the cluster's defaults".to_owned() } else { hard.join(", ") };
    let label =
        if reason.text.contains("missing required label") { ", a label the nodes do not have" } else { "" };
    let summary = format!("{}: its pods must stay spread ({wanted}{label})", unschedulable.of_nodes(reason));
    let keys: Vec<&str> = constraints.iter().map(|constraint| constraint.topology_key.as_str()).collect();
    let next = match keys.as_slice() {
        [] => facts.place.of_cluster("get nodes --show-labels"),
        keys => facts.place.of_cluster(&format!("get nodes -L {}", word(&keys.join(",")))),
    };
    let evidence = [format!("spec.topologySpreadConstraints: {wanted}")];
    Some(unschedulable.sighting(summary, evidence, vec![next, facts.edit_owner()]))
}
