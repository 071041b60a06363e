//! `readiness/http-5xx`: the readiness probe is answered with a 5xx: the application says that it is not ready.

use crate::causes::readiness::unready::{self, Kind};
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const HTTP_5XX: Cause = Cause {
    code: "readiness/http-5xx",
    about: "the readiness probe is answered with a 5xx: the application says that it is not ready",
    severity: Severity::Error,
    fatal: Fatal::AtTimeout,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let unready = unready::seen(facts, Kind::Http5xx)?;
    let (name, asks, status) = (unready.container.name(), unready.asks(), unready.status());
    let summary = format!("container {name} answers its readiness probe ({asks}) with HTTP {status}");
    Some(unready.sighting(facts, summary))
}
