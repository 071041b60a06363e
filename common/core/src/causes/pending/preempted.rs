//! `pending/preempted`: the scheduler took the pod's place for one of higher priority.

use crate::causes::container::clip;
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const PREEMPTED: Cause = Cause {
    code: "pending/preempted",
    about: "the scheduler took the pod's place for one of higher priority",
    severity: Severity::Warning,
    fatal: Fatal::AtTimeout,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let target = facts.condition("DisruptionTarget").filter(|target| target.status == "True")?;
    if target.reason.as_deref() != Some("PreemptionByScheduler") {
        return None;
    }
    let message = target.message.as_deref().unwrap_or("by a pod of higher priority");
    let spec = facts.pod.spec.as_ref();
    let class = spec.and_then(|spec| spec.priority_class_name.as_deref()).unwrap_or("none");
    Some(Sighting {
        summary: format!("the pod was preempted on {}: {}", facts.node(), clip(message)),
        evidence: vec![
            format!("status.conditions[DisruptionTarget]: PreemptionByScheduler: {}", clip(message)),
            format!("spec.priorityClassName: {class}"),
        ],
        next: vec![facts.place.of_cluster("get priorityclasses"), facts.place.kubectl("get pods -o wide")],
        observations: 1,
        ..Sighting::default()
    })
}
