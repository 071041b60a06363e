//! `pending/pvc-not-found`: a `PersistentVolumeClaim` that the pod uses does not exist.

use crate::causes::pending::scheduling::{self, Filter};
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const PVC_NOT_FOUND: Cause = Cause {
    code: "pending/pvc-not-found",
    about: "a PersistentVolumeClaim that the pod uses does not exist",
    severity: Severity::Error,
    fatal: Fatal::AtTimeout,
    rule: Rule::Pod(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let unschedulable = scheduling::seen(facts)?;
    let reason = unschedulable.reason(Filter::Claim, |text| text.ends_with("not found"))?;
    let name = reason.text.split('"').nth(1)?;
    let summary = format!("PersistentVolumeClaim {name} does not exist");
    let volumes = facts.pod.spec.as_ref().and_then(|spec| spec.volumes.as_deref()).unwrap_or_default();
    let claims = volumes.iter().filter_map(|volume| {
        let claim = volume.persistent_volume_claim.as_ref().filter(|claim| claim.claim_name == name)?;
        Some(format!("spec.volumes[{}].persistentVolumeClaim.claimName: {}", volume.name, claim.claim_name))
    });
    let evidence: Vec<String> = claims.collect();
    Some(unschedulable.sighting(summary, evidence, vec![facts.place.kubectl("get pvc")]))
}
