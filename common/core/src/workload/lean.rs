//! Pods of which there are thousands: those that are well keep only what tells them apart and what they serve.

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::{Container, ContainerStatus, Pod, PodSpec, PodStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::pod::{containers, is_ready};

/// Restarts after which a pod that is ready may be between two crashes: it is looked into, and not believed to stay.
pub(crate) const RELAPSE: i32 = 3;

/// Of the last run of a container that came back, so much has to pass once more, and a little: it may crash again at the
/// same point.
const SAME_POINT: SignedDuration = SignedDuration::from_secs(60);
const A_LITTLE: SignedDuration = SignedDuration::from_secs(10);

/// Whether a container has come back so lately that it may be between two crashes.
pub(crate) fn may_relapse(pod: &Pod, now: Timestamp) -> bool {
    containers(pod).any(|status| is_lately_back(status, now))
}

pub(crate) fn is_lately_back(status: &ContainerStatus, now: Timestamp) -> bool {
    let is = || {
        let since = status.state.as_ref()?.running.as_ref()?.started_at.as_ref()?.0;
        let ended = status.last_state.as_ref()?.terminated.as_ref()?;
        let (began, end) = (ended.started_at.as_ref()?.0, ended.finished_at.as_ref()?.0);
        let ran = end.duration_since(began).clamp(SignedDuration::ZERO, SAME_POINT);
        Some(now.duration_since(since) <= ran + A_LITTLE)
    };
    status.restart_count > 0 && is().unwrap_or_default()
}

/// Whether nothing of the pod needs to be looked into: it is Ready, not on its way out, and each of its containers runs
/// or has ended as it should, and does not end again and again.
pub fn is_well(pod: &Pod, now: Timestamp) -> bool {
    let quiet = |status: &ContainerStatus| {
        let state = status.state.as_ref();
        let waits = state.is_some_and(|state| state.waiting.is_some());
        let failed = state.and_then(|state| state.terminated.as_ref()).is_some_and(|end| end.exit_code != 0);
        !waits && !failed && status.restart_count < RELAPSE && !is_lately_back(status, now)
    };
    is_ready(pod) && containers(pod).all(quiet)
}

/// The pod without `managedFields`; one that is well without what only the kubelet needs.
#[must_use]
pub fn lean(mut pod: Pod, now: Timestamp) -> Pod {
    pod.metadata.managed_fields = None;
    if !is_well(&pod, now) {
        return pod;
    }
    Pod {
        metadata: ObjectMeta { annotations: None, ..pod.metadata },
        spec: pod.spec.map(lean_spec),
        status: pod.status.map(lean_status),
    }
}

fn lean_spec(spec: PodSpec) -> PodSpec {
    PodSpec {
        containers: spec.containers.into_iter().map(lean_container).collect(),
        host_network: spec.host_network,
        node_name: spec.node_name,
        node_selector: spec.node_selector,
        readiness_gates: spec.readiness_gates,
        restart_policy: spec.restart_policy,
        ..PodSpec::default()
    }
}

fn lean_container(container: Container) -> Container {
    Container {
        name: container.name,
        image: container.image,
        ports: container.ports,
        readiness_probe: container.readiness_probe,
        resources: container.resources,
        ..Container::default()
    }
}

fn lean_status(status: PodStatus) -> PodStatus {
    let statuses = status.container_statuses.map(|all| all.into_iter().map(lean_container_status).collect());
    PodStatus {
        conditions: status.conditions,
        container_statuses: statuses,
        phase: status.phase,
        pod_ip: status.pod_ip,
        start_time: status.start_time,
        ..PodStatus::default()
    }
}

fn lean_container_status(status: ContainerStatus) -> ContainerStatus {
    ContainerStatus {
        last_state: status.last_state,
        name: status.name,
        ready: status.ready,
        restart_count: status.restart_count,
        started: status.started,
        state: status.state,
        ..ContainerStatus::default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::fixtures::at;

    fn pod(ready: &str, state: &Value) -> Pod {
        serde_json::from_value(json!({
            "metadata": {"name": "web-1", "uid": "u", "annotations": {"a": "b"}, "managedFields": [{}]},
            "spec": {"nodeName": "n", "containers": [{"name": "app", "image": "web:7", "env": [{"name": "A"}]}]},
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": ready}],
                "containerStatuses": [{"name": "app", "image": "", "imageID": "", "ready": true,
                    "restartCount": 2, "state": state}]},
        }))
        .unwrap()
    }

    #[test]
    fn who_came_back_from_a_crash_is_believed_once_it_ran_longer_than_before() {
        let mut pod = pod("True", &json!({"running": {"startedAt": at(100)}}));
        let last = |pod: &mut Pod, ran: i64| {
            let ended =
                json!({"terminated": {"exitCode": 7, "startedAt": at(99 - ran), "finishedAt": at(99)}});
            let status = &mut pod.status.as_mut().unwrap().container_statuses.as_mut().unwrap()[0];
            status.last_state = serde_json::from_value(ended).unwrap();
        };
        for (ran, believed) in [(1, 112), (30, 141), (600, 171)] {
            last(&mut pod, ran);
            assert!(may_relapse(&pod, at(believed - 1)) && !is_well(&pod, at(believed - 1)), "{ran}");
            assert!(!may_relapse(&pod, at(believed)) && is_well(&pod, at(believed)), "{ran}");
        }
    }

    #[test]
    fn who_is_well_is_kept_in_short() {
        let well = lean(pod("True", &json!({"running": {}})), at(0));
        assert_eq!(well.metadata.managed_fields, None);
        assert_eq!(well.metadata.uid.as_deref(), Some("u"));
        assert_eq!((super::super::node(&well), super::super::restarts(&well)), (Some("n"), 2));
        assert!(is_ready(&well) && well.spec.unwrap().containers[0].env.is_none());
    }

    #[test]
    fn who_is_not_well_is_kept_whole() {
        let mut restarted = pod("True", &json!({"running": {}}));
        restarted.status.as_mut().unwrap().container_statuses.as_mut().unwrap()[0].restart_count = RELAPSE;
        for sick in [
            pod("False", &json!({"running": {}})),
            pod("True", &json!({"waiting": {}})),
            pod("True", &json!({"terminated": {"exitCode": 1}})),
            restarted,
        ] {
            let kept = lean(sick.clone(), at(0));
            assert_eq!(kept.metadata.managed_fields, None);
            assert_eq!((kept.spec, kept.status), (sick.spec, sick.status));
        }
    }
}
