//! `readiness/timeout`: the readiness probe gets no answer in its timeoutSeconds.

use crate::causes::probe::Patience;
use crate::causes::readiness::unready::{self, Kind};
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const TIMEOUT: Cause = Cause {
    code: "readiness/timeout",
    about: "the readiness probe gets no answer in its timeoutSeconds",
    severity: Severity::Error,
    fatal: Fatal::AtTimeout,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let unready = unready::seen(facts, Kind::Timeout)?;
    let (name, asks) = (unready.container.name(), unready.asks());
    let timeout = unready.probe.map_or(1, |probe| Patience::of(probe).timeout);
    let summary = format!("container {name} does not answer its readiness probe within {timeout}s ({asks})");
    Some(unready.sighting(facts, summary))
}
