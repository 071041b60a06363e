//! The pods of a workload's present template that crash, and those that are ready: for rules that compare them.

use k8s_openapi::api::core::v1::Pod;
use serde_json::Value;

use super::crash;
use crate::causes::{WorkloadFacts, container};
use crate::revision;
use crate::workload::{self, ReplicaSet};

/// The pods of the present template: those that crash and have crashed more than once, and those that are ready.
pub(in crate::causes) fn of<'a>(facts: &WorkloadFacts<'a>) -> (Vec<&'a Pod>, Vec<&'a Pod>) {
    let new = || facts.workload.pods.iter().filter(|pod| facts.workload.is_new(pod));
    let crashes = |pod: &&Pod| {
        container::all(pod)
            .filter_map(|container| crash::of(pod, container, facts.now))
            .any(|crash| crash.times() > 1)
    };
    (new().filter(crashes).collect(), new().filter(|pod| workload::is_ready(pod)).collect())
}

/// Whether the `ReplicaSet` is the pod's controller.
pub(in crate::causes) fn belongs(pod: &Pod, set: &ReplicaSet) -> bool {
    let owners = pod.metadata.owner_references.iter().flatten();
    owners.into_iter().any(|owner| owner.controller == Some(true) && owner.uid == set.uid())
}

/// Whether two templates differ in nothing but when their pods were told to restart.
pub(in crate::causes) fn is_same(replica_set: &Value, deployment: &Value) -> bool {
    revision::is_current(&plain(replica_set), &plain(deployment))
}

fn plain(template: &Value) -> Value {
    let mut template = template.clone();
    let Some(metadata) = template.get_mut("metadata").and_then(Value::as_object_mut) else { return template };
    if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
        annotations.retain(|key, _| key != revision::RESTARTED_AT && !key.starts_with("sk.skillancer.io/"));
        if annotations.is_empty() {
            metadata.remove("annotations");
        }
    }
    template
}
