//! `pending/refused`: the API server refuses the pods, for another reason than the ones named here.

use crate::causes::container::{clip, word};
use crate::causes::refusal::{self, Kind};
use crate::causes::{Cause, Fatal, Rule, Sighting, WorkloadFacts};
use crate::finding::Severity;

pub(in crate::causes) const REFUSED: Cause = Cause {
    code: "pending/refused",
    about: "the API server refuses the pods, for another reason than the ones named here",
    severity: Severity::Error,
    fatal: Fatal::WhenItStands,
    rule: Rule::Workload(rule),
};

fn rule(facts: &WorkloadFacts<'_>) -> Option<Sighting> {
    let refusal = refusal::seen(facts, Kind::Other)?;
    let summary = format!("no pod is created: {}", clip(refusal.reason()));
    let name = word(facts.workload.deployment.name());
    let describe = facts.place.kubectl(&format!("describe deployment {name}"));
    Some(refusal.sighting(summary, vec![describe]))
}
