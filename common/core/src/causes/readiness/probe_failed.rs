//! `readiness/probe-failed`: the readiness probe fails, for another reason than the ones named here.

use crate::causes::container::clip;
use crate::causes::crashloop::start_error;
use crate::causes::readiness::unready::{self, Kind};
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const PROBE_FAILED: Cause = Cause {
    code: "readiness/probe-failed",
    about: "the readiness probe fails, for another reason than the ones named here",
    severity: Severity::Error,
    fatal: Fatal::AtTimeout,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let unready = unready::seen(facts, Kind::Other)?;
    let (name, asks) = (unready.container.name(), unready.asks());
    let answer = match clip(unready.answer()) {
        said if said.is_empty() && unready.said.is_some() => "without a word".to_owned(),
        said if said.is_empty() => "(no event says with what)".to_owned(),
        said => format!("with: {}", start_error::in_words(&said).unwrap_or(said)),
    };
    let summary = format!("the readiness probe of container {name} ({asks}) fails {answer}");
    Some(unready.sighting(facts, summary))
}
