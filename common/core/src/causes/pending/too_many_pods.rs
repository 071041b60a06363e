//! `pending/too-many-pods`: the nodes that could take the pod run as many pods as they may.

use crate::causes::node::Room;
use crate::causes::pending::bars;
use crate::causes::pending::scheduling::{self, Filter};
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const TOO_MANY_PODS: Cause = Cause {
    code: "pending/too-many-pods",
    about: "the nodes that could take the pod run as many pods as they may",
    severity: Severity::Error,
    fatal: Fatal::AtTimeout,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let unschedulable = scheduling::seen(facts)?;
    let reason = unschedulable.reason(Filter::Resource, |text| text == "Too many pods")?;
    let able = bars::able(facts, "pods");
    let able = bars::first(&able);
    let rooms = bars::rooms(facts, able, "pods");
    let full = if reason.nodes == 1 {
        "it runs as many pods as it may"
    } else {
        "they run as many pods as they may"
    };
    let summary = format!("{}: {full}", unschedulable.of_nodes(reason));
    let next = facts
        .place
        .of_cluster("get nodes -o custom-columns=NAME:.metadata.name,PODS:.status.allocatable.pods");
    let mut sighting = unschedulable.sighting(summary, rooms.iter().map(Room::evidence), vec![next]);
    sighting.needs.extend(bars::room_needs(able));
    Some(sighting)
}
