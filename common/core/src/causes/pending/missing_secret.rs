//! `pending/missing-secret`: a Secret or key that a volume is made of does not exist.

use crate::causes::missing::Kind;
use crate::causes::pending::creating;
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const MISSING_SECRET: Cause = Cause {
    code: "pending/missing-secret",
    about: "a Secret or key that a volume is made of does not exist",
    severity: Severity::Error,
    fatal: Fatal::WhenItStands,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    creating::missing(facts, Kind::Secret)
}
