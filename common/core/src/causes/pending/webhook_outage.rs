//! `pending/webhook-outage`: an admission webhook does not answer, so no pod is admitted.

use crate::causes::container::clip;
use crate::causes::refusal::{self, Kind};
use crate::causes::{Cause, Fatal, Rule, Sighting, WorkloadFacts};
use crate::finding::Severity;

pub(in crate::causes) const WEBHOOK_OUTAGE: Cause = Cause {
    code: "pending/webhook-outage",
    about: "an admission webhook does not answer, so no pod is admitted",
    severity: Severity::Error,
    fatal: Fatal::WhenItStands,
    rule: Rule::Workload(rule),
};

fn rule(facts: &WorkloadFacts<'_>) -> Option<Sighting> {
    let refusal = refusal::seen(facts, Kind::WebhookOutage)?;
    let webhook = refusal.after("failed calling webhook").unwrap_or("of the cluster");
    let (_, why) = refusal.message.split_once("failed to call webhook: ").unwrap_or(("", refusal.message));
    let summary =
        format!("admission webhook {webhook} does not answer, so no pod is admitted: {}", clip(why));
    let list = facts.place.of_cluster("get validatingwebhookconfigurations,mutatingwebhookconfigurations");
    Some(refusal.sighting(summary, vec![list]))
}
