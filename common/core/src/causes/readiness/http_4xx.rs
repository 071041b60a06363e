//! `readiness/http-4xx`: the readiness probe is answered with a 4xx: it asks for the wrong thing.

use crate::causes::readiness::unready::{self, Kind};
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const HTTP_4XX: Cause = Cause {
    code: "readiness/http-4xx",
    about: "the readiness probe is answered with a 4xx: it asks for the wrong thing",
    severity: Severity::Error,
    fatal: Fatal::AtTimeout,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let unready = unready::seen(facts, Kind::Http4xx)?;
    let (name, asks, status) = (unready.container.name(), unready.asks(), unready.status());
    let summary = format!("container {name} answers its readiness probe ({asks}) with HTTP {status}");
    Some(unready.sighting(facts, summary))
}
