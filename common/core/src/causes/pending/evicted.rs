//! `pending/evicted`: the node evicted the pod: it, or its node, used more than there was.

use crate::causes::container::clip;
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const EVICTED: Cause = Cause {
    code: "pending/evicted",
    about: "the node evicted the pod: it, or its node, used more than there was",
    severity: Severity::Warning,
    fatal: Fatal::AtTimeout,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let status = facts.pod.status.as_ref()?;
    if status.phase.as_deref() != Some("Failed") || status.reason.as_deref() != Some("Evicted") {
        return None;
    }
    let message = status.message.as_deref().unwrap_or("no reason given");
    Some(Sighting {
        summary: format!("{} evicted the pod: {}", facts.node(), clip(message)),
        evidence: vec![format!("status.reason: Evicted: {}", clip(message))],
        next: vec![facts.describe(), facts.place.kubectl("top nodes")],
        observations: 1,
        ..Sighting::default()
    })
}
