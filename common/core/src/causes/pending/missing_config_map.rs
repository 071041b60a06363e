//! `pending/missing-config-map`: a ConfigMap or key that a volume is made of does not exist.

use crate::causes::missing::Kind;
use crate::causes::pending::creating;
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const MISSING_CONFIG_MAP: Cause = Cause {
    code: "pending/missing-config-map",
    about: "a ConfigMap or key that a volume is made of does not exist",
    severity: Severity::Error,
    fatal: Fatal::WhenItStands,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    creating::missing(facts, Kind::ConfigMap)
}
