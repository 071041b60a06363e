//! `pending/mount-failed`: a volume cannot be mounted.

use crate::causes::container::clip;
use crate::causes::event;
use crate::causes::missing::Missing;
use crate::causes::pending::creating::{self, Step};
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const MOUNT_FAILED: Cause = Cause {
    code: "pending/mount-failed",
    about: "a volume cannot be mounted",
    severity: Severity::Error,
    fatal: Fatal::AtTimeout,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let failures = creating::failures(facts, Step::Mount);
    let named = |message: &str| Missing::read_mount(message, facts.pod).is_some();
    if failures.iter().any(|failed| named(event::message(failed))) {
        return None;
    }
    // The kubelet's summary of what it waits for says less than the step that failed.
    let summed = |message: &str| message.starts_with("Unable to attach or mount volumes");
    let detailed = failures.iter().find(|failed| !summed(event::message(failed)));
    let failed = detailed.or(failures.first())?;
    let message = event::message(failed);
    // The first try often meets a cache or a driver that the kubelet does not have yet; the next is half a second away.
    if !summed(message) && event::times(failures.iter().copied()) < 2 {
        return None;
    }
    let why = message.split_once("\" : ").map_or(message, |(_, why)| why);
    let volume = message.split_once("volume \"").and_then(|(_, rest)| rest.split('"').next());
    let volume = volume.map_or_else(|| "a volume".to_owned(), |volume| format!("volume {volume}"));
    Some(Sighting {
        summary: format!("{volume} cannot be mounted on {}: {}", facts.node(), clip(why)),
        evidence: vec![event::evidence(failed)],
        next: vec![facts.describe()],
        observations: event::standing(std::iter::once(*failed)),
        ..Sighting::default()
    })
}
