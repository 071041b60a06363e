//! `pending/scheduling-gate`: the pod is held back by a scheduling gate until a controller takes it away.

use crate::causes::STATE;
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const SCHEDULING_GATE: Cause = Cause {
    code: "pending/scheduling-gate",
    about: "the pod is held back by a scheduling gate until a controller takes it away",
    severity: Severity::Warning,
    fatal: Fatal::AtTimeout,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    if !facts.is_alive() {
        return None;
    }
    let condition = facts.condition("PodScheduled")?;
    let held = condition.status == "False" && condition.reason.as_deref() == Some("SchedulingGated");
    let gates = facts.pod.spec.as_ref().and_then(|spec| spec.scheduling_gates.as_deref()).unwrap_or_default();
    let names: Vec<&str> = gates.iter().map(|gate| gate.name.as_str()).collect();
    let names = names.join(", ");
    held.then(|| Sighting {
        summary: format!("the pod is not scheduled until its scheduling gates are taken away: {names}"),
        evidence: vec![
            "status.conditions[PodScheduled]: SchedulingGated".to_owned(),
            format!("spec.schedulingGates: {names}"),
        ],
        next: vec![facts.describe()],
        observations: STATE,
        ..Sighting::default()
    })
}
