//! `pending/insufficient-extended`: no node has as much of an extended resource (a GPU, huge pages) as the pod requests.

use crate::causes::pending::scheduling;
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const INSUFFICIENT_EXTENDED: Cause = Cause {
    code: "pending/insufficient-extended",
    about: "no node has as much of an extended resource (a GPU, huge pages) as the pod requests",
    severity: Severity::Error,
    fatal: Fatal::AtTimeout,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    const NAMED: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];
    scheduling::insufficient(facts, |resource| !NAMED.contains(&resource))
}
