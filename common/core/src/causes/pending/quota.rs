//! `pending/quota`: a `ResourceQuota` leaves no room for the pods.

use crate::causes::container::clip;
use crate::causes::refusal::{self, Kind, NO_SCOPE};
use crate::causes::{Cause, Fatal, Rule, Sighting, WorkloadFacts};
use crate::finding::Severity;

pub(in crate::causes) const QUOTA: Cause = Cause {
    code: "pending/quota",
    about: "a ResourceQuota leaves no room for the pods",
    severity: Severity::Error,
    fatal: Fatal::WhenItStands,
    rule: Rule::Workload(rule),
};

fn rule(facts: &WorkloadFacts<'_>) -> Option<Sighting> {
    let refusal = refusal::seen(facts, Kind::Quota)?;
    if let Some((_, scopes)) = refusal.message.split_once(NO_SCOPE) {
        let which = if scopes.contains("PriorityClass") { "of this priority" } else { "of these scopes" };
        let summary = format!("pods {which} need a quota that allows them, and none does: {}", clip(scopes));
        return Some(refusal.sighting(summary, vec![facts.place.kubectl("describe resourcequotas")]));
    }
    let (name, numbers) = refusal::quota_arithmetic(&refusal);
    let summary = format!("quota {name} refuses new pods: {numbers}");
    let mut next = refusal::quota_next(facts, &name);
    if numbers.starts_with("must specify") {
        // It is the template that lacks something, not the quota.
        next = vec![facts.edit(), next.swap_remove(0)];
    }
    let sighting = refusal.sighting(summary, next);
    Some(Sighting { observations: refusal::quota_observations(facts), ..sighting })
}
