//! `image/pull-secret`: the Secret that should authorise the pull is not there.

use crate::causes::event;
use crate::causes::image::pull::{self, Kind};
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const PULL_SECRET: Cause = Cause {
    code: "image/pull-secret",
    about: "the Secret that imagePullSecrets names is not there, and the registry wants one",
    severity: Severity::Error,
    fatal: Fatal::WhenItStands,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let pull = pull::seen(facts, Kind::PullSecret)?;
    let (names, event) = pull::missing_pull_secret(facts)?;
    let summary = format!(
        "pull secret {names} cannot be read, and registry {} refuses the pull of {}",
        pull.registry(),
        pull.what()
    );
    let next = facts.place.kubectl("get secrets --field-selector type=kubernetes.io/dockerconfigjson");
    let mut sighting = pull.sighting(summary, vec![next]);
    sighting.evidence.push(event::evidence(event));
    Some(sighting)
}
