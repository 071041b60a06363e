//! What is well, or not yet late, is not accused.

use serde_json::{Value, json};

use super::make::{Make, crashed, creating, ended, probed, ready, running, waiting, web};
use crate::finding::Severity;

fn failing(make: Make) -> Make {
    make.event(
        "app",
        "Unhealthy",
        "Readiness probe failed: HTTP probe failed with statuscode: 503",
        3,
        [11, 21],
    )
}

fn worst(make: &Make) -> Option<Severity> {
    make.case().found().iter().map(|found| found.finding.severity).min()
}

#[test]
fn what_is_well_is_not_accused() {
    let pending = json!({"spec": {"nodeName": null}, "status": {"phase": "Pending", "conditions": []}});
    let done = json!({"status": {"phase": "Succeeded", "containerStatuses": [{"name": "app", "image": "", "imageID": "",
        "ready": false, "restartCount": 0, "state": ended(0, "Completed", [1, 9])}]}});
    for (name, make) in [
        ("ready", web().pod(&ready())),
        ("no pods", web()),
        ("just created", web().pod(&pending).at(1)),
        ("being created", web().pod(&creating()).at(5)),
        ("pulling", web().pod(&waiting("ContainerCreating", "")).at(90)),
        ("inside its budget", failing(web().pod(&probed(&running(1), 0, &Value::Null))).at(24)),
        ("done", web().pod(&done)),
        ("a mount that was made good", web().pod(&ready())
            .event("", "FailedMount", "MountVolume.SetUp failed for volume \"c\" : configmap \"c\" not found", 5, [1, 15])),
        ("a kubelet that has not read the ConfigMap yet", web().pod(&creating())
            .event("", "FailedMount", "MountVolume.SetUp failed for volume \"c\" : failed to sync configmap cache: timed out waiting for the condition", 1, [1, 1]).at(2)),
        ("a sandbox that came up, image still pulled", {
            let mut pod = creating();
            pod["status"]["conditions"] = json!([{"type": "PodReadyToStartContainers", "status": "True"}]);
            web().pod(&pod).event("", "FailedMount", "MountVolume.SetUp failed for volume \"c\" : configmap \"c\" not found", 5, [1, 15])
        }),
        ("a mount that was made good, image still pulled", web().pod(&creating())
            .event("", "FailedMount", "MountVolume.SetUp failed for volume \"c\" : configmap \"c\" not found", 7, [1, 31])
            .event("app", "Pulling", "Pulling image \"web:7\"", 1, [33, 33])),
        ("scheduled after a while", web().pod(&ready())
            .event("", "FailedScheduling", "0/1 nodes are available: 1 Insufficient cpu. preemption: x", 3, [1, 15])),
        ("a probe that failed before", failing(web().pod(&ready()))),
        ("killed by its liveness probe once, ready since", web().pod(&{
            let mut pod = ready();
            pod["status"]["containerStatuses"][0]["restartCount"] = json!(1);
            pod["status"]["containerStatuses"][0]["lastState"] = ended(137, "Error", [1, 40]);
            pod
        }).event("app", "Killing", "Container app failed liveness probe, will be restarted", 1, [40, 40])),
        ("an init container that did its work", web().pod(&json!({"status": {
            "initContainerStatuses": [{"name": "migrate", "image": "", "imageID": "", "ready": true, "restartCount": 0,
                "state": ended(0, "Completed", [1, 9])}],
            "containerStatuses": [{"name": "app", "image": "", "imageID": "", "ready": false, "restartCount": 0,
                "state": {"waiting": {"reason": "PodInitializing"}}}]}}))),
        ("a refusal that is over", web().condition(&json!({"type": "ReplicaFailure", "status": "False", "message": "exceeded quota: x"}))),
        ("a refusal of a spec that is gone", web().refused("pods \"web-6f9c7d5b8-a\" is forbidden: exceeded quota: x, requested: pods=1")
            .deployment(&json!({"metadata": {"generation": 3}}))),
    ] {
        let worst = worst(&make);
        assert!(worst.is_none_or(|severity| severity == Severity::Info), "{name}: {:#?}", make.case().found());
    }
}

#[test]
fn a_pod_that_is_being_deleted_is_not_accused() {
    for state in [
        crashed(1, "Error", 9),
        waiting("ErrImagePull", "x: not found"),
        waiting("CreateContainerConfigError", "x"),
        probed(&running(1), 0, &Value::Null),
    ] {
        let mut pod = state;
        pod["metadata"] = json!({"deletionTimestamp": "2027-01-01T00:00:00Z"});
        assert_eq!(worst(&failing(web().pod(&pod))), None);
    }
}

#[test]
fn pods_of_an_older_template_are_not_accused() {
    let make =
        web().older(&json!({"spec": {"containers": [{"name": "app", "image": "web:6"}]}})).pod(&ready());
    assert_eq!(worst(&make), None);
}

/// The controller reports an older `ReplicaSet`'s refusal while the present one has none.
#[test]
fn a_refusal_of_an_older_template_is_no_cause() {
    let old = json!({"spec": {"containers": [{"name": "app", "image": "web:6"}]}});
    let condition = |message: &str| json!({"type": "ReplicaFailure", "status": "True", "message": message});
    for message in [
        "pods \"web-old-abcde\" is forbidden: violates PodSecurity \"restricted:latest\": x",
        "admission webhook \"policy.example.com\" denied the request: no",
    ] {
        assert_eq!(worst(&web().older(&old).condition(&condition(message))), None, "{message}");
    }
}

/// Beyond its own patience a probe's failure is told, but it never makes a rollout fail before the timeout.
#[test]
fn a_slow_start_is_told_and_waited_for() {
    let make = failing(web().pod(&probed(&running(1), 0, &Value::Null))).at(41);
    let found = make.case().found();
    assert_eq!(found[0].cause.code, "readiness/http-5xx");
    assert_eq!(found[0].cause.fatal, crate::causes::Fatal::AtTimeout);
}

/// One crash, then a slow start: a crash with one observation first, and no crash once it has outlived its last run.
#[test]
fn one_crash_is_forgotten_by_the_container_that_outlives_it() {
    let pod = probed(&running(20), 1, &ended(1, "Error", [1, 5]));
    let codes = |seconds| {
        let found = failing(web().pod(&pod)).at(seconds).case().found();
        found.iter().map(|found| (found.cause.code, found.observations)).collect::<Vec<_>>()
    };
    assert_eq!(codes(25), [("crashloop/app-exit", 1)]);
    assert_eq!(codes(50), [("crashloop/app-exit", 1)]);
    assert_eq!(codes(60), [("readiness/http-5xx", 3)]);
}
