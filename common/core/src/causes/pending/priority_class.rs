//! `pending/priority-class`: the `PriorityClass` that the pods name does not exist.

use crate::causes::refusal::{self, Kind};
use crate::causes::{Cause, Fatal, Rule, Sighting, WorkloadFacts};
use crate::finding::Severity;

pub(in crate::causes) const PRIORITY_CLASS: Cause = Cause {
    code: "pending/priority-class",
    about: "the PriorityClass that the pods name does not exist",
    severity: Severity::Error,
    fatal: Fatal::WhenItStands,
    rule: Rule::Workload(rule),
};

fn rule(facts: &WorkloadFacts<'_>) -> Option<Sighting> {
    let refusal = refusal::seen(facts, Kind::PriorityClass)?;
    let named = refusal.after("PriorityClass with name ");
    let name = named.or_else(|| facts.template_field("priorityClassName")).unwrap_or("of the template");
    let summary = format!("PriorityClass {name} does not exist, so no pod is created");
    let mut sighting =
        refusal.sighting(summary, vec![facts.place.of_cluster("get priorityclasses"), facts.edit()]);
    sighting.evidence.push(format!("spec.template.spec.priorityClassName: {name}"));
    Some(sighting)
}
