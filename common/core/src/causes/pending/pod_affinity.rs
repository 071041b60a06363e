//! `pending/pod-affinity`: no node runs the pods that the pod wants beside it.

use crate::causes::pending::scheduling::{self, Filter};
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const POD_AFFINITY: Cause = Cause {
    code: "pending/pod-affinity",
    about: "no node runs the pods that the pod wants beside it",
    severity: Severity::Error,
    fatal: Fatal::AtTimeout,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let unschedulable = scheduling::seen(facts)?;
    let reason = unschedulable.reason(Filter::PodAffinity, |text| !text.contains("anti-affinity"))?;
    let affinity = facts.pod.spec.as_ref().and_then(|spec| spec.affinity.as_ref()?.pod_affinity.as_ref());
    let terms = affinity.and_then(|a| a.required_during_scheduling_ignored_during_execution.as_deref());
    let wanted = scheduling::affinity_terms(terms.unwrap_or_default());
    let summary = format!("{}: pod affinity wants to be beside {wanted}", unschedulable.of_nodes(reason));
    let evidence =
        [format!("spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution: {wanted}")];
    let next = facts.place.kubectl("get pods -o wide --show-labels");
    Some(unschedulable.sighting(summary, evidence, vec![next, facts.edit_owner()]))
}
