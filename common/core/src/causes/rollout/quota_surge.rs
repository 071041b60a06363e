//! `rollout/quota-surge`: a `ResourceQuota` leaves no room for the extra pod of a rolling update.

use crate::causes::refusal::{self, Kind};
use crate::causes::{Cause, Fatal, Rule, Sighting, WorkloadFacts};
use crate::finding::Severity;
use crate::words::counted;

pub(in crate::causes) const QUOTA_SURGE: Cause = Cause {
    code: "rollout/quota-surge",
    about: "a ResourceQuota leaves no room for the extra pod of a rolling update",
    severity: Severity::Error,
    fatal: Fatal::WhenItStands,
    rule: Rule::Workload(rule),
};

fn rule(facts: &WorkloadFacts<'_>) -> Option<Sighting> {
    let refusal = refusal::seen(facts, Kind::QuotaSurge)?;
    let (name, numbers) = refusal::quota_arithmetic(&refusal);
    let (surge, unavailable) = facts.workload.deployment.fenceposts();
    let extra = counted(usize::try_from(surge).unwrap_or_default(), "extra pod");
    let summary = format!("quota {name} leaves no room for the {extra} of the rolling update: {numbers}");
    let mut sighting = refusal.sighting(summary, refusal::quota_next(facts, &name));
    sighting
        .evidence
        .push(format!("spec.strategy.rollingUpdate: maxSurge {surge}, maxUnavailable {unavailable} (pods)"));
    Some(Sighting { observations: refusal::quota_observations(facts), ..sighting })
}
