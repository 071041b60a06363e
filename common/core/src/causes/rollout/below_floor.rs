//! `rollout/below-floor`: a rolling update may take the service under the number of pods that it needs.

use crate::causes::{Cause, Fatal, Rule, STATE, Sighting, WorkloadFacts};
use crate::finding::Severity;

pub(in crate::causes) const BELOW_FLOOR: Cause = Cause {
    code: "rollout/below-floor",
    about: "a rollout by the Deployment's strategy may leave fewer pods available than the service needs",
    severity: Severity::Warning,
    fatal: Fatal::Never,
    rule: Rule::WorkloadInDepth(rule),
};

fn rule(facts: &WorkloadFacts<'_>) -> Option<Sighting> {
    let deployment = &facts.workload.deployment;
    let (floor, replicas) = (facts.floor?, deployment.replicas());
    let (_, unavailable) = deployment.fenceposts();
    let kept = if deployment.recreates() { 0 } else { replicas.saturating_sub(unavailable).max(0) };
    if replicas <= 0 || kept >= floor {
        return None;
    }
    let strategy = if deployment.recreates() {
        "spec.strategy.type: Recreate".to_owned()
    } else {
        format!("spec.strategy.rollingUpdate: maxUnavailable {unavailable} (pods)")
    };
    Some(Sighting {
        summary: format!(
            "a rollout may leave {kept} of {replicas} pods available, and the service needs {floor}"
        ),
        evidence: vec![
            strategy,
            format!("spec.replicas: {replicas}; minAvailable of the catalogue: {floor}"),
        ],
        next: vec![facts.edit()],
        observations: STATE,
        ..Sighting::default()
    })
}
