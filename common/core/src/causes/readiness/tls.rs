//! `readiness/tls`: the readiness probe and the container do not agree on TLS.

use crate::causes::container::clip;
use crate::causes::readiness::unready::{self, Kind};
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const TLS: Cause = Cause {
    code: "readiness/tls",
    about: "the readiness probe and the container do not agree on TLS",
    severity: Severity::Error,
    fatal: Fatal::AtTimeout,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let unready = unready::seen(facts, Kind::Tls)?;
    let (name, asks) = (unready.container.name(), unready.asks());
    let answer = clip(unready.answer());
    let summary =
        format!("the readiness probe of container {name} ({asks}) fails to speak TLS with it: {answer}");
    Some(unready.sighting(facts, summary))
}
