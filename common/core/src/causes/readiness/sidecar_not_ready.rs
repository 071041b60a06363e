//! `readiness/sidecar-not-ready`: a container beside the pod's main one is not ready.

use crate::causes::container::{self, Seen, clip};
use crate::causes::readiness::unready;
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const SIDECAR_NOT_READY: Cause = Cause {
    code: "readiness/sidecar-not-ready",
    about: "a container beside the pod's main one is not ready",
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
    let beside = |container: &Seen<'_>| container.name() != main && facts.looks_at(container);
    let late = unready::all(facts).find(|unready| beside(&unready.container) && unready.is_late());
    // The live judge tells of the main container first; a diagnosis tells of each.
    let unready = late.filter(|_| main_is_fine || facts.in_depth)?;
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
