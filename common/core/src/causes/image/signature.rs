//! `image/signature`: the image's signature is not accepted.

use crate::causes::image::pull::{self, Kind, Pull};
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const SIGNATURE: Cause = Cause {
    code: "image/signature",
    about: "the image's signature is missing or not accepted",
    severity: Severity::Error,
    fatal: Fatal::WhenItStands,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let pull = pull::seen(facts, Kind::Signature)?;
    let summary = format!("the signature of {} is not accepted: {}", pull.what(), pull.reason());
    Some(pull.sighting(summary, Pull::look(facts)))
}
