//! `pending/runtime-class`: the `RuntimeClass` that the pods name does not exist.

use crate::causes::refusal::{self, Kind};
use crate::causes::{Cause, Fatal, Rule, Sighting, WorkloadFacts};
use crate::finding::Severity;

pub(in crate::causes) const RUNTIME_CLASS: Cause = Cause {
    code: "pending/runtime-class",
    about: "the RuntimeClass that the pods name does not exist",
    severity: Severity::Error,
    fatal: Fatal::WhenItStands,
    rule: Rule::Workload(rule),
};

fn rule(facts: &WorkloadFacts<'_>) -> Option<Sighting> {
    let refusal = refusal::seen(facts, Kind::RuntimeClass)?;
    let named = refusal.after("RuntimeClass ");
    let name = named.or_else(|| facts.template_field("runtimeClassName")).unwrap_or("of the template");
    let summary = format!("RuntimeClass {name} cannot be used, so no pod is created: {}", refusal.reason());
    Some(refusal.sighting(summary, vec![facts.place.of_cluster("get runtimeclasses"), facts.edit()]))
}
