//! `image/registry-unavailable`: the registry cannot be reached, or fails itself.

use crate::causes::image::pull::{self, Kind, Pull};
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const REGISTRY_UNAVAILABLE: Cause = Cause {
    code: "image/registry-unavailable",
    about: "the registry refuses connections, or answers with an error of its own",
    severity: Severity::Error,
    fatal: Fatal::WhenItStands,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let pull = pull::seen(facts, Kind::RegistryUnavailable)?;
    let summary = format!("registry {} cannot serve {} now: {}", pull.registry(), pull.what(), pull.reason());
    Some(pull.sighting(summary, Pull::look(facts)))
}
