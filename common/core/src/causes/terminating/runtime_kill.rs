//! `terminating/runtime-kill`: the node's container runtime cannot kill the pod.

use crate::causes::container::{clip, word};
use crate::causes::terminating::leaving;
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting, event};
use crate::finding::Severity;
use crate::workload;

pub(in crate::causes) const RUNTIME_KILL: Cause = Cause {
    code: "terminating/runtime-kill",
    about: "the node's container runtime cannot kill the pod's containers, or take its sandbox down",
    severity: Severity::Error,
    fatal: Fatal::AtTimeout,
    rule: Rule::PodInDepth(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let leaving = leaving::of(facts)?;
    let failed = facts.events_of("FailedKillPod").last()?;
    let message = event::message(failed);
    // `failed to "KillContainer" for "app" with KillContainerError: "rpc error: …"`
    let why = message.split_once(" with ").map_or(message, |(_, why)| why);
    let node = facts.node();
    Some(Sighting {
        summary: format!("{node} cannot kill the pod: {}", clip(why)),
        evidence: vec![event::evidence(failed), leaving.evidence()],
        next: vec![facts.place.of_cluster(&format!("describe node {}", word(node))), facts.describe()],
        observations: workload::times_seen(failed),
        ..Sighting::default()
    })
}
