//! `pending/no-autoscaler-help`: the cluster autoscaler adds no node for the pod.

use crate::causes::container::clip;
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting, event};
use crate::finding::Severity;
use crate::workload;

pub(in crate::causes) const NO_AUTOSCALER_HELP: Cause = Cause {
    code: "pending/no-autoscaler-help",
    about: "the cluster autoscaler says that no node it could add would take the pod",
    severity: Severity::Warning,
    fatal: Fatal::WhenItStands,
    rule: Rule::PodInDepth(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    if !facts.is_alive() || workload::node(facts.pod).is_some() {
        return None;
    }
    let refused = facts.events_of("NotTriggerScaleUp").last()?;
    let helped = facts.events_of("TriggeredScaleUp").filter_map(workload::last_seen).max();
    if helped > workload::last_seen(refused) {
        return None;
    }
    let message = event::message(refused);
    let why = message.split_once("trigger scale-up: ").map_or(message, |(_, why)| why);
    Some(Sighting {
        summary: format!("the cluster autoscaler adds no node for the pod: {}", clip(why)),
        evidence: vec![event::evidence(refused)],
        next: vec![facts.place.of_cluster("get nodes"), facts.edit_owner()],
        observations: workload::times_seen(refused),
        ..Sighting::default()
    })
}
