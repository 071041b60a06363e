//! `rollout/below-floor`: fewer pods are wanted than the service needs, or a rolling update may leave fewer.

use crate::causes::container::word;
use crate::causes::{Cause, Fatal, Rule, STATE, Sighting, WorkloadFacts};
use crate::finding::Severity;
use crate::workload::Deployment;

pub(in crate::causes) const BELOW_FLOOR: Cause = Cause {
    code: "rollout/below-floor",
    about: "the Deployment is scaled under the service's minimum, or a rollout by its strategy may leave fewer pods available than the service needs",
    severity: Severity::Warning,
    fatal: Fatal::Never,
    rule: Rule::WorkloadInDepth(rule),
};

fn rule(facts: &WorkloadFacts<'_>) -> Option<Sighting> {
    // With too few pods wanted every strategy leaves too few: it is not to blame.
    scaled_under(facts).or_else(|| strategy_leaves_too_few(facts))
}

/// Fewer pods are wanted than the service is meant to have.
fn scaled_under(facts: &WorkloadFacts<'_>) -> Option<Sighting> {
    let deployment = &facts.workload.deployment;
    let replicas = deployment.replicas();
    let (minimum, field) = match (facts.needed.replicas, facts.needed.available) {
        (Some(minimum), _) => (minimum, "minReplicas"),
        (None, available) => (available?, "minAvailable"),
    };
    let name = word(deployment.name());
    (replicas < minimum).then(|| Sighting {
        summary: format!("scaled to {replicas}, and the service's minimum is {minimum}"),
        evidence: vec![format!("spec.replicas: {replicas}; {field} of the catalogue: {minimum}")],
        next: vec![facts.place.kubectl(&format!("scale deployment/{name} --replicas={minimum}"))],
        observations: STATE,
        ..Sighting::default()
    })
}

/// As many pods are wanted as are needed, and a rollout may take more of them than it should.
fn strategy_leaves_too_few(facts: &WorkloadFacts<'_>) -> Option<Sighting> {
    let deployment = &facts.workload.deployment;
    let (floor, replicas) = (facts.needed.available?, deployment.replicas());
    let kept = deployment.kept();
    (replicas > 0 && kept < floor).then(|| Sighting {
        summary: format!(
            "a rollout may leave {kept} of {replicas} pods available, and the service needs {floor}"
        ),
        evidence: vec![
            strategy(deployment),
            format!("spec.replicas: {replicas}; minAvailable of the catalogue: {floor}"),
        ],
        next: vec![facts.edit()],
        observations: STATE,
        ..Sighting::default()
    })
}

fn strategy(deployment: &Deployment) -> String {
    if deployment.recreates() {
        return "spec.strategy.type: Recreate".to_owned();
    }
    format!("spec.strategy.rollingUpdate: maxUnavailable {} (pods)", deployment.fenceposts().1)
}
