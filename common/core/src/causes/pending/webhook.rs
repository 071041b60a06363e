//! `pending/webhook`: an admission webhook denies the pods.

use crate::causes::container::clip;
use crate::causes::refusal::{self, Kind};
use crate::causes::{Cause, Fatal, Rule, Sighting, WorkloadFacts};
use crate::finding::Severity;

pub(in crate::causes) const WEBHOOK: Cause = Cause {
    code: "pending/webhook",
    about: "an admission webhook denies the pods",
    severity: Severity::Error,
    fatal: Fatal::AtOnce,
    rule: Rule::Workload(rule),
};

fn rule(facts: &WorkloadFacts<'_>) -> Option<Sighting> {
    let refusal = refusal::seen(facts, Kind::Webhook)?;
    let webhook = refusal.after("admission webhook ").unwrap_or("of the cluster");
    let (_, why) = refusal.message.split_once("denied the request")?;
    let why = clip(why.trim_start_matches([':', ' ']));
    let summary = format!("admission webhook {webhook} denies the pods: {why}");
    let list = facts.place.of_cluster("get validatingwebhookconfigurations,mutatingwebhookconfigurations");
    Some(refusal.sighting(summary, vec![facts.edit(), list]))
}
