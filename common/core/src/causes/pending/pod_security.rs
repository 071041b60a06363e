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
    let (_, violated) = refusal.message.split_once("\": ").unwrap_or(("", refusal.reason()));
    // The pod's name is quoted too: what follows the level is what counts.
    let violated = violated.split_once("\": ").map_or(violated, |(_, rest)| rest);
    let summary = format!("Pod Security level {level} refuses the pods: {}", clip(violated));
    let namespace =
        facts.place.kubectl(&format!("get namespace {} --show-labels", word(facts.place.namespace)));
    Some(refusal.sighting(summary, vec![namespace, facts.edit()]))
}
