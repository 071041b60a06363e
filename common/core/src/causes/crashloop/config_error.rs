//! `crashloop/config-error`: what the container's environment refers to is not there, or its settings contradict each other.

use k8s_openapi::api::core::v1::Event;

use crate::causes::container::clip;
use crate::causes::missing::Missing;
use crate::causes::{Cause, Fatal, PodFacts, Rule, STATE, Sighting, event};
use crate::finding::Severity;

pub(in crate::causes) const CONFIG_ERROR: Cause = Cause {
    code: "crashloop/config-error",
    about: "a ConfigMap, Secret or key that the container's environment needs is not there",
    severity: Severity::Error,
    fatal: Fatal::WhenItStands,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let (container, waiting) = facts.waiting_for("CreateContainerConfigError")?;
    let message = waiting.message.as_deref().unwrap_or_default();
    let missing = Missing::read(message);
    // What the kubelet adds in brackets is the pod and the container again.
    let said = message.split_once(" (pod: ").map_or(message, |(said, _)| said);
    let what = missing.as_ref().map_or_else(|| clip(said), Missing::sentence);
    // The kubelet looks again every 10 to 15 seconds and counts; without events there is only the state.
    let failures: Vec<&Event> = facts
        .container_events(&container, "Failed")
        .filter(|failed| event::message(failed).ends_with(message))
        .collect();
    Some(Sighting {
        summary: format!("{what} (container {})", container.name()),
        evidence: vec![container.waiting_evidence(waiting)],
        next: missing.map_or_else(|| vec![facts.edit_owner()], |missing| missing.next(facts.place)),
        observations: if failures.is_empty() { STATE } else { event::standing(failures.into_iter()) },
        ..Sighting::default()
    })
}
