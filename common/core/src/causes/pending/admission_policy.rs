//! `pending/admission-policy`: a `ValidatingAdmissionPolicy` denies the pods.

use crate::causes::container::{clip, word};
use crate::causes::refusal::{self, Kind};
use crate::causes::{Cause, Fatal, Rule, Sighting, WorkloadFacts};
use crate::finding::Severity;

pub(in crate::causes) const ADMISSION_POLICY: Cause = Cause {
    code: "pending/admission-policy",
    about: "a ValidatingAdmissionPolicy denies the pods",
    severity: Severity::Error,
    fatal: Fatal::AtOnce,
    rule: Rule::Workload(rule),
};

fn rule(facts: &WorkloadFacts<'_>) -> Option<Sighting> {
    let refusal = refusal::seen(facts, Kind::AdmissionPolicy)?;
    let policy = refusal.after("ValidatingAdmissionPolicy").unwrap_or("of the cluster");
    let (_, why) = refusal.message.split_once("denied request: ").unwrap_or(("", refusal.reason()));
    let summary = format!("ValidatingAdmissionPolicy {policy} denies the pods: {}", clip(why));
    let show = facts.place.of_cluster(&format!("get validatingadmissionpolicy {} -o yaml", word(policy)));
    Some(refusal.sighting(summary, vec![show, facts.edit()]))
}
