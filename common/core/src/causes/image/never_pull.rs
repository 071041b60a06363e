//! `image/never-pull`: the pull policy is Never, and the node does not have the image.

use crate::causes::{Cause, Fatal, PodFacts, Rule, STATE, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const NEVER_PULL: Cause = Cause {
    code: "image/never-pull",
    about: "the node does not have the image, and imagePullPolicy is Never",
    severity: Severity::Error,
    fatal: Fatal::AtOnce,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let (container, waiting) = facts.waiting_for("ErrImageNeverPull")?;
    let (image, name) = (container.image(), container.name());
    let policy = container.spec.and_then(|spec| spec.image_pull_policy.as_deref()).unwrap_or("Never");
    Some(Sighting {
        summary: format!(
            "image {image} is not on {}, and imagePullPolicy is {policy} (container {name})",
            facts.node()
        ),
        evidence: vec![
            container.waiting_evidence(waiting),
            format!("{}: {policy}", container.spec_path("imagePullPolicy")),
        ],
        next: vec![facts.edit_owner()],
        observations: STATE,
        ..Sighting::default()
    })
}
