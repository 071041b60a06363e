//! `image/timeout`: the registry does not answer in time.

use crate::causes::image::pull::{self, Kind, Pull};
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const TIMEOUT: Cause = Cause {
    code: "image/timeout",
    about: "the registry does not answer in time",
    severity: Severity::Error,
    fatal: Fatal::WhenItStands,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let pull = pull::seen(facts, Kind::Timeout)?;
    let summary =
        format!("registry {} does not answer {} in time for {}", pull.registry(), facts.node(), pull.what());
    Some(pull.sighting(summary, Pull::look(facts)))
}
