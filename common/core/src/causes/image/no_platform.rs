//! `image/no-platform`: the image does not exist for the node's platform.

use crate::causes::image::pull::{self, Kind};
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const NO_PLATFORM: Cause = Cause {
    code: "image/no-platform",
    about: "the image exists, but not for the node's operating system and architecture",
    severity: Severity::Error,
    fatal: Fatal::WhenItStands,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let pull = pull::seen(facts, Kind::NoPlatform)?;
    let node = facts.node();
    let summary = format!("{} is not built for the platform of {node}", pull.what());
    let platform = facts.place.of_cluster("get nodes -L kubernetes.io/os,kubernetes.io/arch");
    Some(pull.sighting(summary, vec![platform]))
}
