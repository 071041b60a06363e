//! `pending/pod-security`: the namespace's Pod Security level refuses the pods.

use crate::causes::container::{clip, word};
use crate::causes::refusal::{self, Kind};
use crate::causes::{Cause, Fatal, Rule, Sighting, WorkloadFacts};
use crate::finding::Severity;

pub(in crate::causes) const POD_SECURITY: Cause = Cause {
    code: "pending/pod-security",
    about: "the namespace's Pod Security level refuses the pods",
    severity: Severity::Error,
    fatal: Fatal::AtOnce,
    rule: Rule::Workload(rule),
};

fn rule(facts: &WorkloadFacts<'_>) -> Option<Sighting> {
    let refusal = refusal::seen(facts, Kind::PodSecurity)?;
    let level = refusal.after("violates PodSecurity").unwrap_or("the namespace's level");
    let (_, violated) = refusal.message.split_once("violates PodSecurity ")?;
    let violated = violated.split_once("\": ").map_or(violated, |(_, violated)| violated);
    let summary = format!("Pod Security level {level} refuses the pods: {}", clip(&short(violated)));
    let namespace =
        facts.place.of_cluster(&format!("get namespace {} --show-labels", word(facts.place.namespace)));
    Some(refusal.sighting(summary, vec![namespace, facts.edit()]))
}

/// The violations without what each says in brackets: which container, and what it must set. That is the evidence.
fn short(violated: &str) -> String {
    let each = violated.split("), ").map(|one| one.split_once(" (").map_or(one, |(one, _)| one));
    each.collect::<Vec<_>>().join(", ")
}
