//! `pending/pvc-unbound`: a `PersistentVolumeClaim` of the pod has no volume.

use crate::causes::container::word;
use crate::causes::pending::scheduling::{self, Filter};
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const PVC_UNBOUND: Cause = Cause {
    code: "pending/pvc-unbound",
    about: "a PersistentVolumeClaim of the pod has no volume",
    severity: Severity::Error,
    fatal: Fatal::AtTimeout,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let unschedulable = scheduling::seen(facts)?;
    unschedulable.reason(Filter::Claim, |text| !text.ends_with("not found"))?;
    let claims = scheduling::claims(facts);
    let names: Vec<&str> = claims.iter().map(|(_, name)| *name).collect();
    let summary = match names.as_slice() {
        [] => "a PersistentVolumeClaim of the pod has no volume".to_owned(),
        [name] => format!("PersistentVolumeClaim {name} has no volume: none fits, or none was provisioned"),
        names => format!("one of the PersistentVolumeClaims {} has no volume", names.join(", ")),
    };
    let evidence: Vec<String> = claims
        .iter()
        .map(|(volume, name)| format!("spec.volumes[{volume}].persistentVolumeClaim.claimName: {name}"))
        .collect();
    let next: Vec<String> =
        names.iter().map(|name| facts.place.kubectl(&format!("describe pvc {}", word(name)))).collect();
    Some(unschedulable.sighting(summary, evidence, next))
}
