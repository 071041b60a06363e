//! `pending/node-selector`: no node has the labels that the pod's nodeSelector wants.

use crate::causes::pending::bars::Bar;
use crate::causes::pending::labels;
use crate::causes::pending::scheduling;
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
    let refusing = unschedulable.refusing(Bar::Labels)?;
    let spec = facts.pod.spec.as_ref()?;
    let wanted = spec.node_selector.as_ref().filter(|labels| !labels.is_empty())?;
    if refusing.are_selected(spec) {
        return None;
    }
    let labels: Vec<String> = wanted.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let labels = labels.join(",");
    let have = labels::have(&refusing.nodes, wanted.keys().map(String::as_str));
    let summary = format!("{}: nodeSelector wants {labels}{have}", refusing.start);
    let next = facts.place.of_cluster("get nodes --show-labels");
    let evidence = [format!("spec.nodeSelector: {labels}")];
    Some(unschedulable.sighting(summary, evidence, vec![next, facts.edit_owner()]))
}
