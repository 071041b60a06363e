//! `image/unauthorized`: the registry does not let the node pull.

use crate::causes::container::word;
use crate::causes::image::pull::{self, Kind};
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const UNAUTHORIZED: Cause = Cause {
    code: "image/unauthorized",
    about: "the registry refuses the pull: credentials are missing or wrong, or there is no such repository",
    severity: Severity::Error,
    fatal: Fatal::WhenItStands,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let pull = pull::seen(facts, Kind::Unauthorized)?;
    let secrets = pull::pull_secrets(facts);
    let with = match secrets.as_slice() {
        [] => "the pod names no imagePullSecrets".to_owned(),
        names => format!("with imagePullSecrets {}", names.join(", ")),
    };
    let summary = format!("registry {} refuses the pull of {}: {with}", pull.registry(), pull.what());
    let next = match secrets.as_slice() {
        [] => {
            let spec = facts.pod.spec.as_ref();
            let account = spec.and_then(|spec| spec.service_account_name.as_deref()).unwrap_or("default");
            vec![facts.place.kubectl(&format!("get serviceaccount {} -o yaml", word(account)))]
        }
        names => names
            .iter()
            .map(|name| facts.place.kubectl(&format!("get secret {} -o jsonpath='{{.type}}'", word(name))))
            .collect(),
    };
    let mut sighting = pull.sighting(summary, next);
    sighting.evidence.extend(secrets.iter().map(|name| format!("spec.imagePullSecrets: {name}")));
    sighting.needs = pull::secret_needs(facts);
    Some(sighting)
}
