//! `pending/node-not-ready`: the nodes that could take the pod, or the one it was given, do not answer.

use crate::causes::asks;
use crate::causes::container::word;
use crate::causes::pending::bars::Bar;
use crate::causes::pending::{scheduling, system_taint};
use crate::causes::{Cause, Fatal, PodFacts, Rule, STATE, Sighting};
use crate::finding::Severity;
use crate::workload;

pub(in crate::causes) const NODE_NOT_READY: Cause = Cause {
    code: "pending/node-not-ready",
    about: "the nodes that could take the pod, or the one it was given, are not ready",
    severity: Severity::Error,
    fatal: Fatal::AtTimeout,
    rule: Rule::PodInDepth(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    if let Some(lost) = given(facts) {
        return Some(lost);
    }
    system_taint::sighting(facts, scheduling::seen(facts)?, Bar::NotReady, "not ready")
}

/// A pod that was given to a node which does not start it.
fn given(facts: &PodFacts<'_>) -> Option<Sighting> {
    let name = workload::node(facts.pod).filter(|_| asks::waits_for_its_node(facts))?;
    let lost = facts.lost_node()?;
    Some(Sighting {
        summary: format!("{name} {}, so the pod's containers are not created", lost.words),
        evidence: vec![lost.evidence, "status.phase: Pending".to_owned()],
        next: vec![facts.place.of_cluster(&format!("describe node {}", word(name)))],
        observations: STATE,
        ..Sighting::default()
    })
}
