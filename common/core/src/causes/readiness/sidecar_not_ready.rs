//! `readiness/sidecar-not-ready`: the pod's main container is ready, but another one is not.

use crate::causes::container::{self, clip};
use crate::causes::readiness::unready;
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const SIDECAR_NOT_READY: Cause = Cause {
    code: "readiness/sidecar-not-ready",
    about: "the pod's main container is ready, but another one is not",
    severity: Severity::Error,
    fatal: Fatal::AtTimeout,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let main = container::main(facts.pod)?;
    // A sidecar that has not started holds the main container back.
    let main_is_fine = facts.living().any(|container| {
        let held_back = container.waits_for(&["PodInitializing"]).is_some();
        container.name() == main && (container.status.ready || held_back)
    });
    let late = unready::all(facts).find(|unready| unready.container.name() != main && unready.is_late());
    let unready = late.filter(|_| main_is_fine)?;
    let asks = unready.asks();
    let answer = match clip(unready.answer()) {
        said if said.is_empty() => String::new(),
        said => format!(": {said}"),
    };
    let summary = format!(
        "container {} beside {main} is not ready: its readiness probe ({asks}) fails{answer}",
        unready.container.name()
    );
    Some(unready.sighting(facts, summary))
}
