//! `crashloop/startup-probe`: the kubelet kills a container that has not started in its startup probe's time.

use crate::causes::crashloop::crash::{self, Kind};
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::causes::{event, probe};
use crate::duration;
use crate::finding::Severity;

pub(in crate::causes) const STARTUP_PROBE: Cause = Cause {
    code: "crashloop/startup-probe",
    about: "the kubelet kills a container that needs longer to start than its startup probe allows",
    severity: Severity::Error,
    fatal: Fatal::WhenItStands,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let crash = crash::seen(facts, Kind::StartupProbe)?;
    let container = &crash.container;
    let kill = crash.killed_for(facts, "failed startup probe")?;
    let probed = container.spec.and_then(|spec| spec.startup_probe.as_ref());
    let asked = probed.map(|probe| format!(" ({})", probe::asks(probe))).unwrap_or_default();
    let patience = probed.map(probe::Patience::of);
    let answer = probe::failures(facts, container, "Startup").last();
    let budget = patience.map_or_else(
        || "in time".to_owned(),
        |patience| format!("within the {} that its startup probe allows", duration::short(patience.budget())),
    );
    let summary = format!(
        "container {} does not start {budget}{asked}{}{}",
        container.name(),
        crash.so_often(),
        probe::beside(container.spec, probed, answer)
    );
    let mut sighting = crash.sighting(facts, summary);
    sighting.evidence.push(event::evidence(kill));
    sighting.evidence.extend(answer.map(event::evidence));
    sighting.evidence.extend(patience.map(|p| p.evidence(&container.spec_path("startupProbe"))));
    sighting.next = vec![crash.logs(facts), facts.edit_owner()];
    Some(sighting)
}
