//! `pending/evicted`: the node ended the pod: it, or its node, used more than there was, or the node shut down.

use crate::causes::container::{clip, word};
use crate::causes::pending::node_admission;
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting, event};
use crate::finding::Severity;
use crate::workload;

pub(in crate::causes) const EVICTED: Cause = Cause {
    code: "pending/evicted",
    about: "the node ended the pod: it, or its node, used more than there was, the node shut down, or its time was over",
    severity: Severity::Warning,
    fatal: Fatal::AtTimeout,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let (reason, message, evidence) = by_status(facts).or_else(|| by_event(facts))?;
    let (did, look) = match reason {
        "Evicted" => ("evicted the pod".to_owned(), "top nodes".to_owned()),
        reason => (format!("ended the pod ({reason})"), format!("get node {}", word(facts.node()))),
    };
    Some(Sighting {
        summary: format!("{} {did}: {}", facts.node(), clip(message)),
        evidence: vec![evidence],
        next: vec![facts.describe(), facts.place.of_cluster(&look)],
        observations: 1,
        ..Sighting::default()
    })
}

/// The reason, what is said besides, and that as evidence: `Evicted`, `Terminated` (the node shut down), `Preempting`,
/// `DeadlineExceeded`. Only what the kubelet did not admit has a reason, too, and is told by another rule.
fn by_status<'a>(facts: &PodFacts<'a>) -> Option<(&'a str, &'a str, String)> {
    let failed = workload::has_failed(facts.pod) && node_admission::refused(facts).is_none();
    let status = facts.pod.status.as_ref().filter(|_| failed)?;
    let reason = status.reason.as_deref()?;
    let message = status.message.as_deref().unwrap_or("no reason given");
    Some((reason, message, format!("status.reason: {reason}: {}", clip(message))))
}

/// A pod whose containers all end with 0 when they are told to shows Succeeded, and nothing of its eviction.
fn by_event<'a>(facts: &PodFacts<'a>) -> Option<(&'a str, &'a str, String)> {
    let evicted = facts.events_of("Evicted").last().filter(|_| workload::has_ended(facts.pod))?;
    Some(("Evicted", event::message(evicted), event::evidence(evicted)))
}
