//! Volumes of a pod as rules read them: its claims, what they are bound to, and how that is attached to a node.

use k8s_openapi::api::core::v1::{PersistentVolume, Volume};
use k8s_openapi::api::storage::v1::VolumeAttachment;
use sha2::{Digest, Sha256};

use super::{Claim, Need, PodFacts, node};
use crate::fact::Fact;
use crate::workload;

impl<'a> PodFacts<'a> {
    /// The claims that the pod's volumes name: volume and claim. One of a generic ephemeral volume is named after both.
    pub(in crate::causes) fn claims(&self) -> Vec<(&'a str, String)> {
        let volumes = self.pod.spec.as_ref().and_then(|spec| spec.volumes.as_deref()).unwrap_or_default();
        let claim = |volume: &'a Volume| {
            let named = volume.persistent_volume_claim.as_ref().map(|claim| claim.claim_name.clone());
            let own = volume.ephemeral.as_ref().map(|_| format!("{}-{}", self.name(), volume.name));
            Some((volume.name.as_str(), named.or(own)?))
        };
        volumes.iter().filter_map(claim).collect()
    }

    /// A claim, once it could be read.
    pub(in crate::causes) fn claim(&self, name: &str) -> Option<&'a Claim> {
        match self.fetched.claim(name)? {
            Fact::Known(claim) => Some(claim),
            Fact::Unavailable(_) => None,
        }
    }

    /// The volume that a claim is bound to, once it could be read.
    fn volume(&self, claim: &str) -> Option<&'a PersistentVolume> {
        self.claim(claim)?.volume.known()?.as_ref()
    }

    /// What asks how the volume of a claim is attached to the pod's node.
    pub(in crate::causes) fn attachment_need(&self, claim: &str) -> Option<Need> {
        let node = workload::node(self.pod)?;
        attachment_name(self.volume(claim)?, node).map(Need::Attachment)
    }

    /// How the volume of a claim is attached to the pod's node, once that could be read.
    pub(in crate::causes) fn attachment(&self, claim: &str) -> Option<&'a VolumeAttachment> {
        let Need::Attachment(name) = self.attachment_need(claim)? else { return None };
        match self.fetched.attachment(&name)? {
            Fact::Known(found) => found,
            Fact::Unavailable(_) => None,
        }
    }
}

/// Where the volume of a claim can be used, as its node affinity says, and the evidence of that.
pub(in crate::causes) fn place(facts: &PodFacts<'_>, claim: &str) -> Option<(String, String)> {
    let volume = facts.volume(claim)?;
    let required = volume.spec.as_ref()?.node_affinity.as_ref()?.required.as_ref()?;
    let place = node::terms(required);
    let name = volume.metadata.name.as_deref().unwrap_or_default();
    let evidence = format!("pv/{name} spec.nodeAffinity.required: {place}");
    Some((place, evidence))
}

/// Mirrors `getAttachmentName` of `k8s.io/kubernetes/pkg/volume/csi`: the attachment's name is a hash of what it is of.
fn attachment_name(volume: &PersistentVolume, node: &str) -> Option<String> {
    let csi = volume.spec.as_ref()?.csi.as_ref()?;
    let hash = Sha256::digest(format!("{}{}{node}", csi.volume_handle, csi.driver));
    let digits = hash.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let hex: String = digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect();
    Some(format!("csi-{hex}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf vol-1csi.example.comnode-1 | sha256sum`
    #[test]
    fn an_attachment_is_named_after_volume_driver_and_node() {
        let volume =
            serde_json::json!({"spec": {"csi": {"driver": "csi.example.com", "volumeHandle": "vol-1"}}});
        let volume: PersistentVolume = serde_json::from_value(volume).unwrap();
        let hash = "b74c7fc125891ffa0d0f2e0d645733e3fae7fba3066e76500a771ea08be9da28";
        assert_eq!(attachment_name(&volume, "node-1"), Some(format!("csi-{hash}")));
    }
}
