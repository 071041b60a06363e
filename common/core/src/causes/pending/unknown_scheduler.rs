//! `pending/unknown-scheduler`: the pod names a scheduler that does not act.

use crate::causes::STATE;
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;
use crate::workload;
use jiff::SignedDuration;

pub(in crate::causes) const UNKNOWN_SCHEDULER: Cause = Cause {
    code: "pending/unknown-scheduler",
    about: "the pod names a scheduler that does not act",
    severity: Severity::Error,
    fatal: Fatal::AtTimeout,
    rule: Rule::Pod(rule),
};

/// A scheduler that is there looks at a pod within seconds.
const PATIENCE: SignedDuration = SignedDuration::from_secs(15);

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let spec = facts.pod.spec.as_ref()?;
    let scheduler = spec.scheduler_name.as_deref().filter(|name| *name != "default-scheduler")?;
    let created = facts.pod.metadata.creation_timestamp.as_ref()?.0;
    let untouched = facts.is_alive()
        && workload::node(facts.pod).is_none()
        && facts.condition("PodScheduled").is_none()
        && facts.events_of("FailedScheduling").next().is_none();
    (untouched && facts.now.duration_since(created) > PATIENCE).then(|| Sighting {
        summary: format!("no scheduler named {scheduler} has looked at the pod"),
        evidence: vec![
            format!("spec.schedulerName: {scheduler}"),
            "status.conditions[PodScheduled]: none".to_owned(),
        ],
        next: vec![facts.edit_owner()],
        observations: STATE,
        ..Sighting::default()
    })
}
