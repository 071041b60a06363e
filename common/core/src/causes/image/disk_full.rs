//! `image/disk-full`: the node has no room for the image.

use crate::causes::container::word;
use crate::causes::image::pull::{self, Kind};
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const DISK_FULL: Cause = Cause {
    code: "image/disk-full",
    about: "the node's disk has no room for the image",
    severity: Severity::Error,
    fatal: Fatal::WhenItStands,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let pull = pull::seen(facts, Kind::DiskFull)?;
    let node = facts.node();
    let summary = format!("the disk of {node} has no room for {}", pull.what());
    let describe = facts.place.of_cluster(&format!("describe node {}", word(node)));
    Some(pull.sighting(summary, vec![describe]))
}
