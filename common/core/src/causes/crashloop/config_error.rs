//! `crashloop/config-error`: an environment variable refers to a ConfigMap, Secret or key that is not there.

use crate::causes::{Cause, Fatal, PodFacts, Rule, STATE, Sighting};
use crate::finding::Severity;
use crate::workload;

pub(in crate::causes) const CONFIG_ERROR: Cause = Cause {
    code: "crashloop/config-error",
    about: "a ConfigMap, Secret or key that the container's environment needs is not there",
    severity: Severity::Error,
    fatal: Fatal::WhenItStands,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let (container, waiting) = workload::containers(facts.pod).find_map(|container| {
        let waiting = container.state.as_ref()?.waiting.as_ref()?;
        (waiting.reason.as_deref() == Some("CreateContainerConfigError")).then_some((container, waiting))
    })?;
    let message = waiting.message.as_deref().unwrap_or_default();
    Some(Sighting {
        summary: format!("{message} (container {})", container.name),
        evidence: vec![format!(
            "status.containerStatuses[{}].state.waiting: CreateContainerConfigError: {message}",
            container.name
        )],
        next: vec![facts.place.kubectl("get configmaps,secrets")],
        observations: STATE,
        ..Sighting::default()
    })
}
