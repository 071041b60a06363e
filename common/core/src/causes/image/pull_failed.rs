//! `image/pull-failed`: a pull failed for a reason that has no name of its own here.

use crate::causes::image::pull::{self, Kind, Pull};
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const PULL_FAILED: Cause = Cause {
    code: "image/pull-failed",
    about: "the image cannot be pulled, for another reason than the ones named here",
    severity: Severity::Error,
    fatal: Fatal::WhenItStands,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let pull = pull::seen(facts, Kind::Other)?;
    let summary = format!("{} cannot be pulled: {}", pull.what(), pull.reason());
    Some(pull.sighting(summary, Pull::look(facts)))
}
