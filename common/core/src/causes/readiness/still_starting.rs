//! `readiness/still-starting`: a container is not ready yet, within the time that its own probes give it.

use crate::causes::container::Seen;
use crate::causes::crashloop::crash;
use crate::causes::event;
use crate::causes::probe::{self, Patience};
use crate::causes::readiness::readiness_gate::{self, Shut};
use crate::causes::readiness::unready;
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::duration;
use crate::finding::Severity;
use jiff::SignedDuration;
use k8s_openapi::api::core::v1::Probe;

pub(in crate::causes) const STILL_STARTING: Cause = Cause {
    code: "readiness/still-starting",
    about: "a container is not ready yet, within the time that its own probes give it; or a gate is not open yet",
    severity: Severity::Info,
    fatal: Fatal::Never,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let starting = facts.living().find_map(|container| starting(facts, container));
    let waiting = || {
        let unready = unready::all(facts).find(|unready| !unready.is_late())?;
        Some((unready.container, "readinessProbe", "Readiness", unready.probe?, unready.age))
    };
    let Some((container, field, kind, probed, age)) = starting.or_else(waiting) else { return gated(facts) };
    let patience = Patience::of(probed);
    let asks = probe::asks(probed);
    let mut evidence = vec![patience.evidence(&container.spec_path(field))];
    let said = probe::failures(facts, &container, kind).last();
    evidence.extend(said.map(event::evidence));
    let (name, budget) = (container.name(), duration::short(patience.budget()));
    let summary = if age > patience.budget() && kind == "Readiness" {
        format!("container {name} has started, and its {field} ({asks}) gives it {budget} from then on")
    } else {
        let age = duration::short(age);
        format!("container {name} is starting: {age} of the {budget} that its {field} ({asks}) gives it")
    };
    Some(Sighting {
        summary,
        evidence,
        next: Vec::new(),
        observations: event::times(probe::failures(facts, &container, kind)).max(1),
        ..Sighting::default()
    })
}

/// Containers that are all ready, before a gate whose controller may take its time.
fn gated(facts: &PodFacts<'_>) -> Option<Sighting> {
    let shut = readiness_gate::shut(facts).filter(Shut::is_young)?;
    let Shut { gate, state, waits } = shut;
    let waits = duration::short(waits.unwrap_or_default());
    Some(Sighting {
        summary: format!(
            "all containers are ready since {waits}; the condition of readiness gate {gate} is {state}"
        ),
        evidence: vec![format!("spec.readinessGates: {gate}"), format!("status.conditions[{gate}]: {state}")],
        observations: 1,
        ..Sighting::default()
    })
}

/// A container whose startup probe has not passed yet.
fn starting<'a>(
    facts: &PodFacts<'a>,
    container: Seen<'a>,
) -> Option<(Seen<'a>, &'static str, &'static str, &'a Probe, SignedDuration)> {
    let since = container.running_since(facts.pod)?;
    let probe = container.spec?.startup_probe.as_ref()?;
    let crashes = crash::of(facts.pod, container, facts.now).is_some();
    let waits = container.status.started != Some(true) && !crashes;
    let age = facts.now.duration_since(since).max(SignedDuration::ZERO);
    waits.then_some((container, "startupProbe", "Startup", probe, age))
}
