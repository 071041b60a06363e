//! The pods of a workload's present template that crash, and those that are ready: for rules that compare them.

use k8s_openapi::api::core::v1::Pod;

use super::crash;
use crate::causes::{WorkloadFacts, container};
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
    workload::controller_uid(&pod.metadata) == Some(set.uid())
}
