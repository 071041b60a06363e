//! `pending/pvc-unbound`: a `PersistentVolumeClaim` of the pod has no volume.

use crate::causes::container::{clip, word};
use crate::causes::event;
use crate::causes::pending::scheduling::{self, Filter};
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::fact::Fact;
use crate::finding::Severity;
use k8s_openapi::api::core::v1::Event;

pub(in crate::causes) const PVC_UNBOUND: Cause = Cause {
    code: "pending/pvc-unbound",
    about: "a PersistentVolumeClaim of the pod has no volume",
    severity: Severity::Error,
    fatal: Fatal::AtTimeout,
    rule: Rule::Pod(rule),
};

/// The provisioner of classes whose volumes somebody makes by hand.
const NOBODY: &str = "kubernetes.io/no-provisioner";

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let unschedulable = scheduling::seen(facts)?;
    let reason = unschedulable.reason(Filter::Claim, |text| !text.ends_with("not found"))?;
    if facts.in_depth && super::claim_lost::lost(facts, reason.text).is_some() {
        return None;
    }
    if let Some((name, _)) = reason.text.split_once("\" is being deleted") {
        let name = name.rsplit('"').next().unwrap_or_default();
        let summary = format!(
            "PersistentVolumeClaim {name} is being deleted: the pod waits until another one of this name exists"
        );
        let next = facts.place.kubectl(&format!("describe pvc {}", word(name)));
        return Some(unschedulable.sighting(summary, [], vec![next]));
    }
    let claims = facts.claims();
    let names: Vec<&str> = claims.iter().map(|(_, name)| name.as_str()).collect();
    let unbound = names.iter().find_map(|name| unbound(facts, name));
    let summary = match (&unbound, names.as_slice()) {
        (Some((why, _)), _) => why.clone(),
        (None, []) => "a PersistentVolumeClaim of the pod has no volume".to_owned(),
        (None, [name]) => {
            format!("PersistentVolumeClaim {name} has no volume: none fits, or none was provisioned")
        }
        (None, names) => format!("one of the PersistentVolumeClaims {} has no volume", names.join(", ")),
    };
    let mut evidence: Vec<String> = claims
        .iter()
        .map(|(volume, name)| format!("spec.volumes[{volume}].persistentVolumeClaim.claimName: {name}"))
        .collect();
    evidence.extend(unbound.into_iter().flat_map(|(_, seen)| seen));
    let next: Vec<String> =
        names.iter().map(|name| facts.place.kubectl(&format!("describe pvc {}", word(name)))).collect();
    Some(unschedulable.sighting(summary, evidence, next))
}

/// Why a claim that was read has no volume: its class does not exist, or what the provisioner said.
fn unbound(facts: &PodFacts<'_>, name: &str) -> Option<(String, Vec<String>)> {
    let read = facts.claim(name)?;
    let claim = read.claim.as_ref()?;
    let spec = claim.spec.as_ref()?;
    if spec.volume_name.as_deref().is_some_and(|volume| !volume.is_empty()) {
        return None;
    }
    let class = spec.storage_class_name.as_deref();
    let said = read.events.known().and_then(|events| events.iter().rev().find(|event| says_why(event)));
    let gone = matches!(read.class, Fact::Known(None));
    let by_hand = matches!(&read.class, Fact::Known(Some(class)) if class.provisioner == NOBODY);
    let why = match (class, said) {
        (Some(""), _) => "it wants no StorageClass, and no volume that exists fits".to_owned(),
        (Some(class), _) if gone => format!("StorageClass {class} does not exist"),
        (Some(class), _) if by_hand => {
            format!("StorageClass {class} provisions none, and no volume that was made for it fits")
        }
        (_, Some(said)) => clip(event::message(said)),
        (None, None) => "it names no StorageClass, and the cluster has no default".to_owned(),
        (Some(class), None) => format!("StorageClass {class} has not provisioned one"),
    };
    let phase = claim.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or("Pending");
    let mut evidence = vec![format!("pvc/{name} status.phase: {phase}")];
    evidence.push(format!("pvc/{name} spec.storageClassName: {}", class.unwrap_or("none")));
    evidence.extend(said.map(event::evidence));
    Some((format!("PersistentVolumeClaim {name} has no volume: {why}"), evidence))
}

/// What the volume controllers say of a claim that they cannot bind.
fn says_why(event: &Event) -> bool {
    let reason = event.reason.as_deref().unwrap_or_default();
    ["ProvisioningFailed", "FailedBinding", "ExternalProvisioning"].contains(&reason)
}
