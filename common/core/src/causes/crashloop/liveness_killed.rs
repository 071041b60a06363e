//! `crashloop/liveness-killed`: the kubelet kills a container because its liveness probe fails.

use crate::causes::crashloop::crash::{self, Kind};
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::causes::{event, probe};
use crate::finding::Severity;

pub(in crate::causes) const LIVENESS_KILLED: Cause = Cause {
    code: "crashloop/liveness-killed",
    about: "the kubelet kills a container because its liveness probe fails",
    severity: Severity::Error,
    fatal: Fatal::WhenItStands,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let crash = crash::seen(facts, Kind::LivenessKilled)?;
    let container = &crash.container;
    let kill = crash.killed_for(facts, "failed liveness probe")?;
    let probed = container.spec.and_then(|spec| spec.liveness_probe.as_ref());
    let asked = probed.map(|probe| format!(" ({})", probe::asks(probe))).unwrap_or_default();
    let patience = probed.map(probe::Patience::of);
    let answer = probe::failures(facts, container, "Liveness").last();
    let sum = patience.map(|patience| format!(": {}", patience.sum())).unwrap_or_default();
    let summary = format!(
        "container {} is killed by its liveness probe{asked}{sum}{}{}",
        container.name(),
        crash.so_often(),
        probe::beside(container.spec, probed, answer)
    );
    let mut sighting = crash.sighting(facts, summary);
    sighting.evidence.push(event::evidence(kill));
    sighting.evidence.extend(answer.map(event::evidence));
    sighting.evidence.extend(patience.map(|p| p.evidence(&container.spec_path("livenessProbe"))));
    sighting.next = vec![crash.logs(facts), facts.edit_owner()];
    Some(sighting)
}
