//! `pending/node-selector`: no node has the labels that the pod's nodeSelector wants.

use crate::causes::pending::scheduling::{self, Filter};
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const NODE_SELECTOR: Cause = Cause {
    code: "pending/node-selector",
    about: "no node has the labels that the pod's nodeSelector wants",
    severity: Severity::Error,
    fatal: Fatal::AtTimeout,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let unschedulable = scheduling::seen(facts)?;
    let reason = unschedulable.reason(Filter::NodeAffinity, |_| true)?;
    let wanted = facts.pod.spec.as_ref()?.node_selector.as_ref().filter(|labels| !labels.is_empty())?;
    let labels: Vec<String> = wanted.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let labels = labels.join(",");
    let summary = format!("{}: nodeSelector wants {labels}", unschedulable.of_nodes(reason));
    let next = facts.place.kubectl("get nodes --show-labels");
    let evidence = [format!("spec.nodeSelector: {labels}")];
    Some(unschedulable.sighting(summary, evidence, vec![next, facts.edit_owner()]))
}
