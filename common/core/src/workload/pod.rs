//! What is read from a pod and its events.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{ContainerStatus, Event, Pod};

/// When an event was last seen, by whichever of its three times its reporter sets.
pub fn last_seen(event: &Event) -> Option<Timestamp> {
    let series =
        event.series.as_ref().and_then(|series| series.last_observed_time.as_ref()).map(|time| time.0);
    let times =
        [event.last_timestamp.as_ref().map(|time| time.0), event.event_time.as_ref().map(|time| time.0)];
    times.into_iter().flatten().chain(series).max()
}

/// How often an event was seen: `count`, or its series' count, or once.
pub fn times_seen(event: &Event) -> u32 {
    let series = event.series.as_ref().and_then(|series| series.count);
    let count = event.count.into_iter().chain(series).max().unwrap_or(1);
    u32::try_from(count).unwrap_or(1).max(1)
}

/// Whether the pod's Ready condition is True and it is not being deleted.
pub fn is_ready(pod: &Pod) -> bool {
    pod.metadata.deletion_timestamp.is_none() && condition_is_true(pod, "Ready")
}

/// Whether a condition of `status.conditions` is True.
pub fn condition_is_true(pod: &Pod, kind: &str) -> bool {
    let conditions = pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
    conditions.into_iter().any(|condition| condition.type_ == kind && condition.status == "True")
}

/// Whether the pod has ended for good: `status.phase` is Succeeded or Failed.
pub fn has_ended(pod: &Pod) -> bool {
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    matches!(phase, Some("Succeeded" | "Failed"))
}

/// `status.containerStatuses`, init containers first.
pub fn containers(pod: &Pod) -> impl Iterator<Item = &ContainerStatus> {
    pod.status.iter().flat_map(|status| {
        status.init_container_statuses.iter().flatten().chain(status.container_statuses.iter().flatten())
    })
}

/// Names of its containers that run as long as it does.
pub fn container_names(pod: &Pod) -> Vec<String> {
    pod.spec.iter().flat_map(|spec| &spec.containers).map(|container| container.name.clone()).collect()
}

/// `metadata.name` of the pod.
pub fn name(pod: &Pod) -> &str {
    pod.metadata.name.as_deref().unwrap_or_default()
}

/// Name of the Deployment whose `ReplicaSet` controls it: such a `ReplicaSet` is named after it and the template's hash.
pub fn deployment_of(pod: &Pod) -> Option<&str> {
    let set = super::controller(&pod.metadata).filter(|owner| owner.kind == "ReplicaSet")?;
    let hash = pod.metadata.labels.as_ref()?.get("pod-template-hash")?;
    set.name.strip_suffix(hash.as_str())?.strip_suffix('-')
}

/// Restarts of its containers so far.
pub fn restarts(pod: &Pod) -> i32 {
    pod.status
        .iter()
        .flat_map(|status| status.container_statuses.iter().flatten())
        .map(|c| c.restart_count)
        .fold(0, i32::saturating_add)
}

/// The node it runs on.
pub fn node(pod: &Pod) -> Option<&str> {
    pod.spec.as_ref()?.node_name.as_deref()
}

/// Annotation of a pod that mirrors a static one: what the kubelet knows that one by.
const MIRROR: &str = "kubernetes.io/config.mirror";

fn mirrored(pod: &Pod) -> Option<&str> {
    pod.metadata.annotations.as_ref()?.get(MIRROR).map(String::as_str)
}

/// Whether `status.phase` is Failed.
pub fn has_failed(pod: &Pod) -> bool {
    pod.status.as_ref().is_some_and(|status| status.phase.as_deref() == Some("Failed"))
}

/// The Job that controls the pod.
pub fn job_of(pod: &Pod) -> Option<&str> {
    super::controller(&pod.metadata).filter(|owner| owner.kind == "Job").map(|owner| owner.name.as_str())
}

/// Whether it mirrors a static pod: the kubelet's, and not the API server's to delete.
pub fn is_mirror(pod: &Pod) -> bool {
    mirrored(pod).is_some()
}

/// The UID that events on the pod have: `metadata.uid`, but the kubelet's own of a static pod, as `kubectl describe`
/// looks for it.
pub fn event_uid(pod: &Pod) -> Option<&str> {
    mirrored(pod).or(pod.metadata.uid.as_deref())
}

/// Kind, as kubectl takes it, and name of what the pod's template is changed in: the Deployment behind a `ReplicaSet`,
/// another controller, or the pod itself.
pub fn owner(pod: &Pod) -> (String, String) {
    let Some(owner) = super::controller(&pod.metadata) else {
        return ("pod".to_owned(), name(pod).to_owned());
    };
    match deployment_of(pod) {
        Some(name) => ("deployment".to_owned(), name.to_owned()),
        None => (owner.kind.to_lowercase(), owner.name.clone()),
    }
}
