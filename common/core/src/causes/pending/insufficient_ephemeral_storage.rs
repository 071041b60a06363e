//! `pending/insufficient-ephemeral-storage`: no node has as much free local storage as the pod requests.

use crate::causes::pending::scheduling;
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const INSUFFICIENT_EPHEMERAL_STORAGE: Cause = Cause {
    code: "pending/insufficient-ephemeral-storage",
    about: "no node has as much free local storage as the pod requests",
    severity: Severity::Error,
    fatal: Fatal::AtTimeout,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    scheduling::insufficient(facts, |resource| resource == "ephemeral-storage")
}
