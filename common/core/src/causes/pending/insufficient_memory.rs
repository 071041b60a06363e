//! `pending/insufficient-memory`: no node has as much free memory as the pod requests.

use crate::causes::pending::scheduling;
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const INSUFFICIENT_MEMORY: Cause = Cause {
    code: "pending/insufficient-memory",
    about: "no node has as much free memory as the pod requests",
    severity: Severity::Error,
    fatal: Fatal::AtTimeout,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    scheduling::insufficient(facts, |resource| resource == "memory")
}
