//! `pending/ip-exhausted`: the pod network has no address left for the pod.

use crate::causes::event;
use crate::causes::pending::creating::{self, Step};
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const IP_EXHAUSTED: Cause = Cause {
    code: "pending/ip-exhausted",
    about: "the pod network has no address left for the pod",
    severity: Severity::Error,
    fatal: Fatal::AtTimeout,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let failures = creating::failures(facts, Step::Sandbox);
    let failed = failures.first().filter(|failed| creating::is_out_of_addresses(event::message(failed)))?;
    Some(Sighting {
        summary: format!("the pod network has no free address on {}", facts.node()),
        evidence: vec![event::evidence(failed)],
        next: vec![
            facts.place.of_cluster("get nodes -o custom-columns=NAME:.metadata.name,PODS:.spec.podCIDRs"),
        ],
        observations: event::standing(std::iter::once(*failed)),
        ..Sighting::default()
    })
}
