//! Pods that are being deleted.

use serde_json::{Value, json};

use super::{Make, Row, bound, claim, container, ended, lost, node, read, running, web, with};
use crate::causes::{Answer, Need};
use crate::fixtures::at;

/// Deleted at 100 with a grace of 30 s; it is 120 unless said otherwise.
fn deleted(state: &Value) -> Value {
    let deleted = json!({"metadata": {"deletionTimestamp": at(130), "deletionGracePeriodSeconds": 30}});
    with(container(true, 0, state, &Value::Null), &deleted)
}

fn stopping(make: Make) -> Make {
    make.event("app", "Killing", "Stopping container app", 1, [100, 100])
}

/// Pods that are being deleted, inside their grace.
pub(super) fn terminating() -> Vec<Row> {
    let hook = json!({"spec": {"containers": [{"name": "app", "image": "web:7",
        "lifecycle": {"preStop": {"exec": {"command": ["sleep", "25"]}}}}]}});
    let mirror = json!({"metadata": {"annotations": {"kubernetes.io/config.mirror": "1"}}});
    vec![
        (
            "just deleted",
            stopping(web().pod(&deleted(&running(1)))).at(104),
            &[("terminating/within-grace", "pod/web-", &["26s of its grace of 30s"])],
        ),
        (
            "just deleted, with a hook",
            stopping(web().pod(&with(deleted(&running(1)), &hook))).at(104),
            &[("terminating/within-grace", "pod/web-", &["preStop hook of container app goes first"])],
        ),
        (
            "SIGTERM ignored",
            stopping(web().pod(&deleted(&running(1)))),
            &[(
                "terminating/ignores-sigterm",
                "pod/web-",
                &["container app", "20s after SIGTERM", "killed in 10s"],
            )],
        ),
        (
            "a long hook",
            stopping(web().pod(&with(deleted(&running(1)), &hook))),
            &[("terminating/pre-stop-hook", "pod/web-", &["sleep 25", "after 20s", "SIGKILL in 10s"])],
        ),
        (
            "a hook that fails",
            web().pod(&with(deleted(&running(1)), &hook)).at(102).event(
                "app",
                "FailedPreStopHook",
                "PreStopHook failed",
                1,
                [101, 101],
            ),
            &[("terminating/pre-stop-hook", "pod/web-", &["PreStopHook failed"])],
        ),
        (
            "a mirror",
            web().pod(&with(deleted(&running(1)), &mirror)).at(500),
            &[("terminating/static-pod", "pod/web-", &["not stuck", "node-1"])],
        ),
    ]
}

/// Pods that should be gone.
pub(super) fn held() -> Vec<Row> {
    let finalizers =
        json!({"metadata": {"finalizers": ["example.com/billing", "batch.kubernetes.io/job-tracking"]}});
    let of_a_set = json!({"metadata": {"labels": {"pod-template-hash": null}, "ownerReferences": [
        {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-6f9c7d5b8", "uid": "web-6f9c7d5b8", "controller": true}]}});
    let killed = "error killing pod: [failed to \"KillContainer\" for \"app\" with KillContainerError: \"rpc error: code = DeadlineExceeded desc = an error occurs during waiting for container to be killed\"]";
    let attachment = json!({"metadata": {"name": "csi-1", "deletionTimestamp": at(140)}, "spec": {"attacher": "csi.example.com",
        "nodeName": "node-1", "source": {}}, "status": {"attached": true, "detachError": {"message": "rpc error: device is busy"}}});
    let ended_and_bound = with(deleted(&ended(0, "Completed", [1, 110])), &claim());
    vec![
        (
            "finalizers, its containers ended, inside its grace",
            web().pod(&with(deleted(&ended(0, "Completed", [1, 103])), &finalizers)),
            &[(
                "terminating/finalizer",
                "pod/web-",
                &["example.com/billing (a controller of example.com)", "the Job controller"],
            )],
        ),
        (
            "a finalizer, still running",
            stopping(web().pod(&with(deleted(&running(1)), &finalizers))).at(103),
            &[("terminating/within-grace", "pod/web-", &["27s"])],
        ),
        (
            "its node is silent",
            web().pod(&deleted(&running(1))).at(900).on(&lost()),
            &[(
                "terminating/node-lost",
                "pod/web-",
                &["node-1 does not answer (Ready is Unknown)", "force delete", "machine is off"],
            )],
        ),
        (
            "its node is gone",
            web()
                .pod(&with(deleted(&running(1)), &of_a_set))
                .at(900)
                .answer(Need::Node("node-1".to_owned()), Answer::Node(None)),
            &[("terminating/node-lost", "pod/web-", &["node-1 does not exist any more"])],
        ),
        (
            "the runtime does not kill it",
            web().pod(&deleted(&running(1))).at(200).on(&node("node-1", &json!({}))).event(
                "",
                "FailedKillPod",
                killed,
                4,
                [130, 190],
            ),
            &[(
                "terminating/runtime-kill",
                "pod/web-",
                &["node-1 cannot kill the pod", "KillContainerError"],
            )],
        ),
        (
            "its volume stays attached",
            web()
                .pod(&ended_and_bound)
                .at(200)
                .answer(
                    Need::Claim("orders".to_owned()),
                    bound(&json!({"spec": {"csi": {"driver": "csi.example.com", "volumeHandle": "vol-1"}}})),
                )
                .answer(
                    Need::Attachment(
                        "csi-b74c7fc125891ffa0d0f2e0d645733e3fae7fba3066e76500a771ea08be9da28".to_owned(),
                    ),
                    Answer::Attachment(Some(Box::new(read(&attachment)))),
                ),
            &[(
                "terminating/volume-detach",
                "pod/web-",
                &["PersistentVolumeClaim orders", "node-1", "device is busy"],
            )],
        ),
    ]
}
