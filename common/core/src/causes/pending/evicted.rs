//! `pending/evicted`: the node evicted the pod: it, or its node, used more than there was.

use crate::causes::container::clip;
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting, event};
use crate::finding::Severity;
use crate::workload;

pub(in crate::causes) const EVICTED: Cause = Cause {
    code: "pending/evicted",
    about: "the node evicted the pod: it, or its node, used more than there was",
    severity: Severity::Warning,
    fatal: Fatal::AtTimeout,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let (message, evidence) = by_status(facts).or_else(|| by_event(facts))?;
    Some(Sighting {
        summary: format!("{} evicted the pod: {}", facts.node(), clip(message)),
        evidence: vec![evidence],
        next: vec![facts.describe(), facts.place.of_cluster("top nodes")],
        observations: 1,
        ..Sighting::default()
    })
}

fn by_status<'a>(facts: &PodFacts<'a>) -> Option<(&'a str, String)> {
    let status = facts.pod.status.as_ref()?;
    if status.phase.as_deref() != Some("Failed") || status.reason.as_deref() != Some("Evicted") {
        return None;
    }
    let message = status.message.as_deref().unwrap_or("no reason given");
    Some((message, format!("status.reason: Evicted: {}", clip(message))))
}

/// A pod whose containers all end with 0 when they are told to shows Succeeded, and nothing of its eviction.
fn by_event<'a>(facts: &PodFacts<'a>) -> Option<(&'a str, String)> {
    let evicted = facts.events_of("Evicted").last().filter(|_| workload::has_ended(facts.pod))?;
    Some((event::message(evicted), event::evidence(evicted)))
}
