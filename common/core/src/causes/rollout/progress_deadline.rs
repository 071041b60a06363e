//! `rollout/progress-deadline`: the new pods made no progress for progressDeadlineSeconds, and nothing else explains it.

use crate::causes;
use crate::causes::STATE;
use crate::causes::container::{clip, word};
use crate::causes::readiness::{MIN_READY_SECONDS, STILL_STARTING};
use crate::causes::{Cause, Fatal, Rule, Sighting, WorkloadFacts};
use crate::finding::Severity;

pub(in crate::causes) const PROGRESS_DEADLINE: Cause = Cause {
    code: "rollout/progress-deadline",
    about: "the new pods made no progress for progressDeadlineSeconds, and nothing else explains it",
    severity: Severity::Error,
    fatal: Fatal::AtTimeout,
    rule: Rule::Workload(rule),
};

fn rule(facts: &WorkloadFacts<'_>) -> Option<Sighting> {
    let deployment = &facts.workload.deployment;
    let progressing = deployment.condition("Progressing")?;
    let exceeded = progressing.reason.as_deref() == Some("ProgressDeadlineExceeded");
    if !exceeded || !deployment.is_observed() || is_explained(facts) {
        return None;
    }
    let message = clip(progressing.message.as_deref().unwrap_or_default());
    Some(Sighting {
        summary: "the new pods made no progress within progressDeadlineSeconds".to_owned(),
        evidence: vec![format!("status.conditions[Progressing]: ProgressDeadlineExceeded: {message}")],
        next: vec![facts.place.kubectl(&format!("describe deployment {}", word(deployment.name())))],
        observations: STATE,
        ..Sighting::default()
    })
}

/// The deadline passes because of something else, or while a pod may take its time; where that is known, the deadline
/// is no cause beside it.
fn is_explained(facts: &WorkloadFacts<'_>) -> bool {
    let pods = causes::new_pods(facts.workload);
    let others = causes::CAUSES.iter().filter(|cause| cause.code != PROGRESS_DEADLINE.code);
    let mut others = others.filter(|cause| cause.severity == Severity::Error || takes_its_time(cause));
    others.any(|cause| !causes::seen(cause, facts, &pods).is_empty())
}

/// Inside a budget that the pod's own spec grants.
fn takes_its_time(cause: &Cause) -> bool {
    [STILL_STARTING.code, MIN_READY_SECONDS.code].contains(&cause.code)
}
