//! `readiness/min-ready-seconds`: pods are ready, but not yet for minReadySeconds, so they do not count as available.

use crate::causes::STATE;
use crate::causes::container::word;
use crate::causes::{Cause, Fatal, Rule, Sighting, WorkloadFacts};
use crate::finding::Severity;
use crate::words::counted;

pub(in crate::causes) const MIN_READY_SECONDS: Cause = Cause {
    code: "readiness/min-ready-seconds",
    about: "pods are ready, but not yet for minReadySeconds, so they do not count as available",
    severity: Severity::Info,
    fatal: Fatal::Never,
    rule: Rule::Workload(rule),
};

fn rule(facts: &WorkloadFacts<'_>) -> Option<Sighting> {
    let deployment = &facts.workload.deployment;
    let (ready, available) = (deployment.ready(), deployment.available());
    let waiting = usize::try_from(ready.saturating_sub(available)).ok().filter(|waiting| *waiting > 0)?;
    deployment.is_observed().then(|| Sighting {
        summary: format!(
            "{} ready, but not yet for the minReadySeconds that make it count as available",
            counted(waiting, "pod")
        ),
        evidence: vec![
            format!("status.readyReplicas: {ready}, status.availableReplicas: {available}"),
            format!("spec.minReadySeconds: {}", deployment.min_ready_seconds()),
        ],
        next: vec![facts.place.kubectl(&format!("rollout status deployment/{}", word(deployment.name())))],
        observations: STATE,
        ..Sighting::default()
    })
}
