//! `pending/volume-limit`: the nodes have as many volumes attached as they may.

use crate::causes::pending::scheduling::{self, Filter};
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const VOLUME_LIMIT: Cause = Cause {
    code: "pending/volume-limit",
    about: "the nodes have as many volumes attached as they may",
    severity: Severity::Error,
    fatal: Fatal::AtTimeout,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let unschedulable = scheduling::seen(facts)?;
    let reason = unschedulable.reason(Filter::VolumeLimit, |_| true)?;
    let summary = format!("{}: they have as many volumes as they may", unschedulable.of_nodes(reason));
    let next = facts.place.of_cluster("get csinodes -o yaml");
    Some(unschedulable.sighting(summary, None, vec![next]))
}
