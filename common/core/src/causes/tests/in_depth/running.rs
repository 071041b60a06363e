//! Pods that have a node and are not ready, their endpoint asked.

use serde_json::{Value, json};

use super::{Make, Row, container, creating, ended, lost, probed, read, running, waiting, web, with};
use crate::causes::{Answer, Need};

/// A pod of two containers, `app` and `other`.
fn beside(app: Value, last: Value, other: Value, its_last: Value) -> Value {
    let status = |name: &str, state: Value, last: Value| json!({"name": name, "image": "", "imageID": "", "ready": false, "restartCount": 3, "state": state, "lastState": last});
    json!({
        "spec": {"containers": [{"name": "app", "image": "web:7"}, {"name": "other", "image": "web:7"}]},
        "status": {"containerStatuses": [status("app", app, last), status("other", other, its_last)]},
    })
}

/// Pods that have a node and get no further.
pub(super) fn pending() -> Vec<Row> {
    let waits = json!({"status": {"phase": "Pending", "initContainerStatuses": [{"name": "wait", "image": "", "imageID": "",
            "ready": false, "restartCount": 0, "state": running(10)}],
        "containerStatuses": [{"name": "app", "image": "", "imageID": "", "ready": false, "restartCount": 0,
            "state": {"waiting": {"reason": "PodInitializing"}}}]},
        "spec": {"initContainers": [{"name": "wait"}]}});
    let log = Need::Log { pod: "web-6f9c7d5b8-p0".to_owned(), container: "wait".to_owned() };
    vec![
        ("an init container that waits", web().pod(&waits).at(310)
            .answer(log, Answer::Text("waiting for db\ndial tcp: lookup db.shop: no such host\n".to_owned())),
            &[("pending/init-running", "pod/web-", &["init container wait", "for 5m", "db.shop does not resolve"])]),
        (
            "a pull secret of another type",
            web()
                .pod(&with(
                    waiting("ErrImagePull", "failed to authorize: failed to fetch oauth token: 401 Unauthorized"),
                    &json!({"spec": {"imagePullSecrets": [{"name": "regcred"}]}}),
                ))
                .answer(Need::PullSecret("regcred".to_owned()), Answer::WrongType(true)),
            &[("image/pull-secret", "pod/web-", &["regcred is not of type kubernetes.io/dockerconfigjson"])],
        ),
        ("given to a node that does not answer", web().pod(&creating()).on(&lost()),
            &[("pending/node-not-ready", "pod/web-", &["node-1 does not answer", "not created"])]),
        ("two containers that crash, each for a reason of its own", web().pod(&beside(
                json!({"waiting": {"reason": "CrashLoopBackOff"}}), ended(7, "Error", [90, 100]),
                json!({"waiting": {"reason": "CrashLoopBackOff"}}), ended(8, "Error", [90, 100]))),
            &[
                ("crashloop/app-exit", "pod/web-", &["container app fails with exit 7"]),
                ("crashloop/app-exit", "pod/web-", &["container other fails with exit 8"]),
            ]),
        ("two containers without one image", web().pod(&beside(
                json!({"waiting": {"reason": "ErrImageNeverPull"}}), Value::Null, json!({"waiting": {"reason": "ErrImageNeverPull"}}), Value::Null)),
            &[("image/never-pull", "pod/web-", &["image web:7 is not on node-1"])]),
        ("two containers that do not get ready", web().pod(&with(beside(running(1), Value::Null, running(1), Value::Null), &json!({"spec": {"containers": [
                {"name": "app", "image": "web:7", "readinessProbe": {"tcpSocket": {"port": 8080}}},
                {"name": "other", "image": "web:7", "readinessProbe": {"tcpSocket": {"port": 8081}}}]}})))
            .event("other", "Unhealthy", "Readiness probe failed: dial tcp 10.0.0.1:8081: connect: connection refused", 9, [20, 110]),
            &[
                ("readiness/probe-failed", "pod/web-", &["container app", "TCP port 8080", "no event says with what"]),
                ("readiness/sidecar-not-ready", "pod/web-", &["container other beside app", "TCP port 8081", "connection refused"]),
            ]),
        ("ready between two crashes", web().pod(&with(container(true, 6, &running(100), &ended(137, "OOMKilled", [40, 90])), &json!({
                "status": {"conditions": [{"type": "Ready", "status": "True"}]},
                "spec": {"containers": [{"name": "app", "image": "web:7", "resources": {"limits": {"memory": "256Mi"}}}]}})))
            .answer(Need::Usage("web-6f9c7d5b8-p0".to_owned()), Answer::Usage(Some(Box::new(read(&json!({
                "metadata": {"name": "web-6f9c7d5b8-p0"}, "containers": [{"name": "app", "usage": {"memory": "249Mi"}}]})))))),
            &[("crashloop/oom-killed", "pod/web-", &["256Mi", "6 times"])]),
    ]
}

fn failing(message: &str) -> Make {
    web().pod(&probed(&running(1), 0, &Value::Null)).event(
        "app",
        "Unhealthy",
        &format!("Readiness probe failed: {message}"),
        9,
        [11, 110],
    )
}

/// Pods that run and are not ready, their endpoint asked.
pub(super) fn readiness() -> Vec<Row> {
    const SLOW: &str = "Get \"http://10.0.0.1:8080/ready\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)";
    let policy = |ingress: &Value| {
        Answer::NetworkPolicies(vec![read(&json!({"metadata": {"name": "strict"},
        "spec": {"podSelector": {"matchLabels": {"app": "web"}}, "policyTypes": ["Ingress"], "ingress": ingress}}))])
    };
    let beside = json!([{"from": [{"podSelector": {}}]}]);
    let open = json!([{"ports": [{"port": 8080}]}]);
    let body = "{\"status\":\"DOWN\",\"components\":{\"db\":{\"status\":\"DOWN\",\"details\":{\"error\":\"connection refused\"}}}}";
    vec![
        (
            "its answer says what is down",
            failing("HTTP probe failed with statuscode: 503").answers(503, body),
            &[
                (
                    "readiness/dependency",
                    "pod/web-",
                    &["db is down (connection refused)", "GET /ready on port 8080"],
                ),
                ("readiness/http-5xx", "pod/web-", &["HTTP 503"]),
            ],
        ),
        (
            "its answer says nothing",
            failing("HTTP probe failed with statuscode: 503").answers(503, "Service Unavailable"),
            &[("readiness/http-5xx", "pod/web-", &["HTTP 503"])],
        ),
        (
            "a policy keeps the kubelet out",
            failing(SLOW).answers(200, "ok").answer(Need::NetworkPolicies, policy(&beside)),
            &[
                ("readiness/network-policy", "pod/web-", &["NetworkPolicy strict", "port 8080"]),
                ("readiness/timeout", "pod/web-", &["within 1s"]),
            ],
        ),
        (
            "a policy that lets all in",
            failing(SLOW).answers(200, "ok").answer(Need::NetworkPolicies, policy(&open)),
            &[("readiness/timeout", "pod/web-", &["within 1s"])],
        ),
        (
            "slow also from inside",
            failing(SLOW).answer(Need::NetworkPolicies, policy(&beside)),
            &[("readiness/timeout", "pod/web-", &["within 1s"])],
        ),
    ]
}
