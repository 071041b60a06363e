//! `image/never-pull`: the pull policy is Never, and the node does not have the image.

use crate::causes::{Cause, Fatal, PodFacts, Rule, STATE, Sighting};
use crate::finding::Severity;
use crate::workload;

pub(in crate::causes) const NEVER_PULL: Cause = Cause {
    code: "image/never-pull",
    about: "the node does not have the image, and imagePullPolicy is Never",
    severity: Severity::Error,
    fatal: Fatal::AtOnce,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let (container, waiting) = workload::containers(facts.pod).find_map(|container| {
        let waiting = container.state.as_ref()?.waiting.as_ref()?;
        (waiting.reason.as_deref() == Some("ErrImageNeverPull")).then_some((container, waiting))
    })?;
    let node = workload::node(facts.pod).unwrap_or("its node");
    Some(Sighting {
        summary: format!("image {} is not on {node}, and imagePullPolicy is Never", container.image),
        evidence: vec![format!(
            "status.containerStatuses[{}].state.waiting: ErrImageNeverPull: {}",
            container.name,
            waiting.message.as_deref().unwrap_or_default()
        )],
        next: vec![facts.place.kubectl(&format!("describe pod {}", workload::name(facts.pod)))],
        observations: STATE,
        ..Sighting::default()
    })
}
