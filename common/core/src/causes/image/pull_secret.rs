//! `image/pull-secret`: the Secret that should authorise the pull is not there, or of another type.

use crate::causes::container::word;
use crate::causes::event;
use crate::causes::image::pull::{self, Kind, Pull};
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const PULL_SECRET: Cause = Cause {
    code: "image/pull-secret",
    about: "the Secret that imagePullSecrets names is not there, or of the wrong type, and the registry wants one",
    severity: Severity::Error,
    fatal: Fatal::WhenItStands,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let pull = pull::seen(facts, Kind::PullSecret)?;
    let Some((names, event)) = pull::missing_pull_secret(facts) else { return wrong_type(facts, pull) };
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

/// The kubelet passes over a Secret of another type without a word.
fn wrong_type(facts: &PodFacts<'_>, pull: Pull<'_>) -> Option<Sighting> {
    let name = pull::wrong_pull_secret(facts)?;
    let summary = format!(
        "pull secret {name} is not of type kubernetes.io/dockerconfigjson, so registry {} refuses the pull of {}",
        pull.registry(),
        pull.what()
    );
    let show = facts.place.kubectl(&format!("get secret {} -o jsonpath='{{.type}}'", word(name)));
    let mut sighting = pull.sighting(summary, vec![show]);
    sighting.evidence.push(format!("spec.imagePullSecrets: {name}"));
    sighting.evidence.push(format!("secret/{name} type: no pull uses it"));
    Some(sighting)
}
