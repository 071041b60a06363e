//! `pending/limit-range`: a `LimitRange` refuses the requests or limits of the pod's containers.

use crate::causes::refusal::{self, Kind};
use crate::causes::{Cause, Fatal, Rule, Sighting, WorkloadFacts};
use crate::finding::Severity;

pub(in crate::causes) const LIMIT_RANGE: Cause = Cause {
    code: "pending/limit-range",
    about: "a LimitRange refuses the requests or limits of the pod's containers",
    severity: Severity::Error,
    fatal: Fatal::AtOnce,
    rule: Rule::Workload(rule),
};

fn rule(facts: &WorkloadFacts<'_>) -> Option<Sighting> {
    let refusal = refusal::seen(facts, Kind::LimitRange)?;
    let summary = format!("a LimitRange refuses the pods: {}", refusal.reason());
    Some(refusal.sighting(summary, vec![facts.place.kubectl("describe limitrange"), facts.edit()]))
}
