//! `pending/multi-attach`: a volume that one node at a time may use is still attached to another.

use crate::causes::container::clip;
use crate::causes::event;
use crate::causes::pending::creating::{self, Step};
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const MULTI_ATTACH: Cause = Cause {
    code: "pending/multi-attach",
    about: "a volume that one node at a time may use is still attached to another",
    severity: Severity::Error,
    fatal: Fatal::AtTimeout,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let failures = creating::failures(facts, Step::Attach);
    let failed = failures.first()?;
    let message = event::message(failed);
    let volume = message.split_once("volume \"").and_then(|(_, rest)| rest.split('"').next());
    let volume = volume.unwrap_or("of the pod");
    let summary = if message.starts_with("Multi-Attach error") {
        let (_, by) = message.rsplit_once("\" ").unwrap_or(("", message));
        format!("volume {volume} cannot be attached to {}: {}", facts.node(), clip(by))
    } else {
        format!("volume {volume} cannot be attached to {}: {}", facts.node(), clip(message))
    };
    Some(Sighting {
        summary,
        evidence: vec![event::evidence(failed)],
        next: vec![facts.place.of_cluster("get volumeattachments"), facts.place.kubectl("get pods -o wide")],
        observations: event::standing(std::iter::once(*failed)),
        ..Sighting::default()
    })
}
