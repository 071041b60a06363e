//! `readiness/refused`: nothing listens where the readiness probe asks.

use crate::causes::readiness::unready::{self, Kind};
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const REFUSED: Cause = Cause {
    code: "readiness/refused",
    about: "nothing listens where the readiness probe asks",
    severity: Severity::Error,
    fatal: Fatal::AtTimeout,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let unready = unready::seen(facts, Kind::Refused)?;
    let (name, asks) = (unready.container.name(), unready.asks());
    let summary = format!("nothing in container {name} listens where its readiness probe asks ({asks})");
    Some(unready.sighting(facts, summary))
}
