//! `rollout/paused`: the Deployment is paused: its controller starts no new pods.

use crate::causes::STATE;
use crate::causes::container::word;
use crate::causes::{Cause, Fatal, Rule, Sighting, WorkloadFacts};
use crate::finding::Severity;

pub(in crate::causes) const PAUSED: Cause = Cause {
    code: "rollout/paused",
    about: "the Deployment is paused: its controller starts no new pods",
    severity: Severity::Warning,
    fatal: Fatal::AtTimeout,
    rule: Rule::Workload(rule),
};

fn rule(facts: &WorkloadFacts<'_>) -> Option<Sighting> {
    let deployment = &facts.workload.deployment;
    deployment.is_paused().then(|| Sighting {
        summary: "the Deployment is paused: it does not roll out its template".to_owned(),
        evidence: vec!["spec.paused: true".to_owned()],
        next: vec![facts.place.kubectl(&format!("rollout resume deployment/{}", word(deployment.name())))],
        observations: STATE,
        ..Sighting::default()
    })
}
