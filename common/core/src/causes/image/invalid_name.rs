//! `image/invalid-name`: what the template names is no image reference.

use crate::causes::{Cause, Fatal, PodFacts, Rule, STATE, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const INVALID_NAME: Cause = Cause {
    code: "image/invalid-name",
    about: "the image's name cannot be parsed",
    severity: Severity::Error,
    fatal: Fatal::AtOnce,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let (container, waiting) = facts.waiting_for("InvalidImageName")?;
    Some(Sighting {
        summary: format!(
            "{:?} is not the name of an image (container {})",
            container.image(),
            container.name()
        ),
        evidence: vec![
            container.waiting_evidence(waiting),
            format!("{}: {}", container.spec_path("image"), container.image()),
        ],
        next: vec![facts.edit_owner()],
        observations: STATE,
        ..Sighting::default()
    })
}
