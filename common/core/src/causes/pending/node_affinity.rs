//! `pending/node-affinity`: no node matches the pod's required node affinity.

use crate::causes::node;
use crate::causes::pending::bars::Bar;
use crate::causes::pending::labels;
use crate::causes::pending::scheduling;
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const NODE_AFFINITY: Cause = Cause {
    code: "pending/node-affinity",
    about: "no node matches the pod's required node affinity",
    severity: Severity::Error,
    fatal: Fatal::AtTimeout,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let unschedulable = scheduling::seen(facts)?;
    let refusing = unschedulable.refusing(Bar::Labels)?;
    let spec = facts.pod.spec.as_ref()?;
    let selects = spec.node_selector.as_ref().is_some_and(|labels| !labels.is_empty());
    if selects && !refusing.are_selected(spec) {
        return None;
    }
    let affinity = spec.affinity.as_ref().and_then(|affinity| affinity.node_affinity.as_ref());
    let required =
        affinity.and_then(|node| node.required_during_scheduling_ignored_during_execution.as_ref());
    let wanted = required.map_or_else(|| "other labels".to_owned(), node::terms);
    let terms = required.into_iter().flat_map(|required| &required.node_selector_terms);
    let keys = terms.flat_map(|term| term.match_expressions.iter().flatten()).map(|want| want.key.as_str());
    let have = labels::have(&refusing.nodes, keys);
    let summary = format!("{}: node affinity wants {wanted}{have}", refusing.start);
    let next = facts.place.of_cluster("get nodes --show-labels");
    let evidence =
        [format!("spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution: {wanted}")];
    Some(unschedulable.sighting(summary, evidence, vec![next, facts.edit_owner()]))
}
