//! `readiness/readiness-gate`: the containers are ready, but a readiness gate's condition is missing or False.

use jiff::SignedDuration;

use crate::causes::container::clip;
use crate::causes::{Cause, Fatal, PodFacts, Rule, STATE, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const READINESS_GATE: Cause = Cause {
    code: "readiness/readiness-gate",
    about: "the containers are ready, but a readiness gate's condition is missing or False",
    severity: Severity::Error,
    fatal: Fatal::AtTimeout,
    rule: Rule::Pod(rule),
};

/// Controllers of gates, such as those of load balancers, take their time once the containers are ready.
const PATIENCE: SignedDuration = SignedDuration::from_secs(60);

/// A gate that keeps a pod from being ready though its containers are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shut<'a> {
    pub(super) gate: &'a str,
    /// Status of its condition, or that there is none.
    pub(super) state: &'a str,
    /// How long the containers are ready, where that is known.
    pub(super) waits: Option<SignedDuration>,
}

impl Shut<'_> {
    /// Whether its controller may still be about to open it.
    pub(super) fn is_young(&self) -> bool {
        self.waits.is_some_and(|waits| waits < PATIENCE)
    }
}

/// The first gate that is not open.
pub(super) fn shut<'a>(facts: &PodFacts<'a>) -> Option<Shut<'a>> {
    let gates = facts.pod.spec.as_ref().and_then(|spec| spec.readiness_gates.as_deref()).unwrap_or_default();
    let ready = facts.condition("ContainersReady").filter(|ready| ready.status == "True")?;
    let shut = gates.iter().map(|gate| gate.condition_type.as_str()).find_map(|gate| {
        let condition = facts.condition(gate);
        let state = condition.map_or("missing", |condition| condition.status.as_str());
        (state != "True").then_some((gate, state))
    });
    let (gate, state) = shut.filter(|_| facts.is_alive())?;
    let since = ready.last_transition_time.as_ref().map(|time| time.0);
    Some(Shut { gate, state, waits: since.map(|since| facts.now.duration_since(since)) })
}

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let Shut { gate, state, .. } = shut(facts).filter(|shut| !shut.is_young())?;
    let message = facts.condition(gate).and_then(|condition| condition.message.as_deref());
    let message = message.map(|message| format!(": {}", clip(message))).unwrap_or_default();
    Some(Sighting {
        summary: format!(
            "all containers are ready, but the condition of readiness gate {gate} is {state}{message}"
        ),
        evidence: vec![format!("spec.readinessGates: {gate}"), format!("status.conditions[{gate}]: {state}")],
        next: vec![facts.describe()],
        observations: STATE,
        ..Sighting::default()
    })
}
