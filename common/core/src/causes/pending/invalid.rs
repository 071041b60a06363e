//! `pending/invalid`: the API server finds the pods of the template invalid.

use crate::causes::container::clip;
use crate::causes::refusal::{self, Kind};
use crate::causes::{Cause, Fatal, Rule, Sighting, WorkloadFacts};
use crate::finding::Severity;

pub(in crate::causes) const INVALID: Cause = Cause {
    code: "pending/invalid",
    about: "the API server finds the pods of the template invalid",
    severity: Severity::Error,
    fatal: Fatal::AtOnce,
    rule: Rule::Workload(rule),
};

fn rule(facts: &WorkloadFacts<'_>) -> Option<Sighting> {
    let refusal = refusal::seen(facts, Kind::Invalid)?;
    let (_, why) = refusal.message.split_once(" is invalid: ")?;
    let summary = format!("the template makes pods that are invalid: {}", clip(why));
    Some(refusal.sighting(summary, vec![facts.edit()]))
}
