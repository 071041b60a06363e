//! Pods of a new revision that fail: beside those of the template before, or with none of it left.

use serde_json::{Value, json};

use super::made::Row;
use super::make::{Make, crashed, probed, ready, running, waiting, web, with};
use crate::fixtures::at;

#[test]
fn what_took_the_place_of_the_template_before_is_shown_not_done() {
    let (_, make, _) = replaced().swap_remove(0);
    let found = make.case().found();
    let finding = &found.iter().find(|found| found.cause.code == "crashloop/since-revision").unwrap().finding;
    assert_eq!(
        finding.evidence,
        [
            format!("replicaset/web-6f9c7d5b8 metadata.creationTimestamp: {}", at(0)),
            "status.conditions[Progressing]: NewReplicaSetAvailable".to_owned(),
            "replicaset/web-old spec.template.spec.containers[app].image: web:6, now registry.example.com/web:7"
                .to_owned(),
        ]
    );
    assert_eq!(finding.next, ["kubectl sk-rollback deployment/web --dry-run -n shop --context prod"]);
}

/// New pods that fail beside those of a template before, or of the same.
pub(super) fn since_revision() -> Vec<Row> {
    let of = |image: &str| json!({"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "app", "image": image}]}});
    let (other, same) = (of("web:6"), of("registry.example.com/web:7"));
    let refused = waiting("ErrImagePull", "failed to pull: registry.example.com/web:7: not found");
    let missing = waiting("CreateContainerConfigError", "couldn't find key LIMIT in ConfigMap shop/web");
    let wants = |image: &str| {
        json!({"name": "app", "image": image, "env": [
            {"name": "LIMIT", "valueFrom": {"configMapKeyRef": {"name": "web", "key": "LIMIT"}}}]})
    };
    let unready = |seconds: i64| {
        move |make: Make| {
            make.pod(&probed(&running(seconds), 0, &Value::Null)).event(
                "app",
                "Unhealthy",
                "Readiness probe failed: HTTP probe failed with statuscode: 503",
                9,
                [11, 110],
            )
        }
    };
    let restarted = json!({"status": {"containerStatuses": [{"name": "app", "image": "", "imageID": "", "ready": true,
        "restartCount": 4, "state": running(1)}]}});
    vec![
        (
            "no image since the new one",
            web().older(&other).pod(&refused),
            &[
                ("image/not-found", "pod/web-6f9c7d5b8-", &["web:7"]),
                (
                    "crashloop/since-revision",
                    "deployment/web",
                    &["1 pod of the present template cannot serve", "1 pod of the template before can"],
                ),
            ],
        ),
        (
            "a key that the new template wants, beside pods that restarted",
            web().older(&other).pod_of("web-old", &with(ready(), &restarted)).pod(&missing),
            &[
                ("crashloop/config-error", "pod/web-6f9c7d5b8-", &["LIMIT"]),
                ("crashloop/since-revision", "deployment/web", &["2 pods of the template before can"]),
            ],
        ),
        (
            "a key that both templates want",
            web()
                .deployment(&json!({"spec": {"template": {"spec": {"containers": [wants("registry.example.com/web:7")]}}}}))
                .older(&json!({"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [wants("web:6")]}}))
                .pod(&missing),
            &[("crashloop/config-error", "pod/web-6f9c7d5b8-", &["LIMIT"])],
        ),
        (
            "a setting of its own, beside a key that both templates want",
            web()
                .deployment(&json!({"spec": {"template": {"spec": {"containers": [wants("registry.example.com/web:7")]}}}}))
                .older(&json!({"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [wants("web:6")]}}))
                .pod(&waiting("CreateContainerConfigError", "container has runAsNonRoot and image will run as root")),
            &[
                ("crashloop/config-error", "pod/web-6f9c7d5b8-", &["runAsNonRoot"]),
                ("crashloop/since-revision", "deployment/web", &["cannot serve"]),
            ],
        ),
        (
            "not ready since the new image",
            unready(1)(web().older(&other)),
            &[
                ("readiness/http-5xx", "pod/web-6f9c7d5b8-", &["503"]),
                ("crashloop/since-revision", "deployment/web", &["cannot serve"]),
            ],
        ),
        (
            "not ready yet since the new image",
            unready(115)(web().older(&other)),
            &[("readiness/still-starting", "pod/web-6f9c7d5b8-", &["is starting"])],
        ),
        (
            "no image since a restart",
            web().older(&same).pod(&refused),
            &[("image/not-found", "pod/web-6f9c7d5b8-", &["web:7"])],
        ),
        (
            "crashes beside pods that crashed before",
            web()
                .set("web-old", &other, &Value::Null)
                .pod_of("web-old", &with(ready(), &restarted))
                .pod(&crashed(7, "Error", 3)),
            &[("crashloop/app-exit", "pod/web-6f9c7d5b8-", &["exit 7"])],
        ),
        (
            "a node that is lost, with a new pod on it",
            web()
                .older(&other)
                .pod(&with(
                    ready(),
                    &json!({"status": {"conditions": [
                {"type": "Ready", "status": "False"}, {"type": "ContainersReady", "status": "True"}]}}),
                ))
                .event("", "NodeNotReady", "Node is not ready", 1, [80, 80]),
            &[("readiness/node-not-ready", "pod/web-6f9c7d5b8-", &["node-1 does not answer"])],
        ),
    ]
}

/// New pods that fail where none of the template before is left.
pub(super) fn replaced() -> Vec<Row> {
    let of = |image: &str| json!({"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "app", "image": image}]}});
    let numbered = |number: &str| json!({"metadata": {"creationTimestamp": at(0), "annotations": {"deployment.kubernetes.io/revision": number}}});
    let progressing = |reason: &str| json!({"type": "Progressing", "status": "True", "reason": reason});
    let new = |before: &str, reason: &str| {
        let make = web().set("web-old", &of(before), &numbered("11")).current(&numbered("12"));
        make.condition(&progressing(reason))
    };
    let rolled_back_to =
        json!({"metadata": {"annotations": {"deployment.kubernetes.io/revision-history": "9"}}});
    let refused = waiting("ErrImagePull", "failed to pull: registry.example.com/web:7: not found");
    let complete = "NewReplicaSetAvailable";
    let day = 86_400;
    vec![
        (
            "crashes since the rollout, which was complete once",
            new("web:6", complete).pod(&crashed(7, "Error", 3)),
            &[
                ("crashloop/app-exit", "pod/web-6f9c7d5b8-", &["exit 7"]),
                (
                    "crashloop/since-revision",
                    "deployment/web",
                    &[
                        "the crashes of 1 pod can go back to revision 12, which took the place of revision 11 2m ago",
                    ],
                ),
            ],
        ),
        (
            "crashes that are too few to go back to the rollout",
            new("web:6", complete).pod(&crashed(7, "Error", 3)).at(300),
            &[("crashloop/app-exit", "pod/web-6f9c7d5b8-", &["exit 7"])],
        ),
        (
            "a new template that was restarted",
            new("registry.example.com/web:7", "ReplicaSetUpdated")
                .set("web-oldest", &of("web:6"), &numbered("10"))
                .pod(&crashed(7, "Error", 3)),
            &[
                ("crashloop/app-exit", "pod/web-6f9c7d5b8-", &["exit 7"]),
                (
                    "crashloop/since-revision",
                    "deployment/web",
                    &["revision 12 took the place of revision 10 2m ago"],
                ),
            ],
        ),
        (
            "crashes that began long after the rollout",
            new("web:6", complete).pod(&crashed(7, "Error", 3)).at(day),
            &[("crashloop/app-exit", "pod/web-6f9c7d5b8-", &["exit 7"])],
        ),
        (
            "no image, and Recreate left nothing",
            new("web:6", "ReplicaSetUpdated").pod(&refused).at(day),
            &[
                ("image/not-found", "pod/web-6f9c7d5b8-", &["web:7"]),
                (
                    "crashloop/since-revision",
                    "deployment/web",
                    &[
                        "revision 12 took the place of revision 11 1d ago and was never complete: 1 pod failing",
                    ],
                ),
            ],
        ),
        (
            "no image since it was complete",
            new("web:6", complete).pod(&refused),
            &[("image/not-found", "pod/web-6f9c7d5b8-", &["web:7"])],
        ),
        (
            "only a restart",
            new("registry.example.com/web:7", "ReplicaSetUpdated").pod(&crashed(7, "Error", 3)),
            &[("crashloop/app-exit", "pod/web-6f9c7d5b8-", &["exit 7"])],
        ),
        (
            "rolled back to",
            new("web:6", "ReplicaSetUpdated").current(&rolled_back_to).pod(&crashed(7, "Error", 3)),
            &[("crashloop/app-exit", "pod/web-6f9c7d5b8-", &["exit 7"])],
        ),
        (
            "those before it fail, too",
            new("web:6", "ReplicaSetUpdated").pod_of("web-old", &json!({})).pod(&crashed(7, "Error", 3)),
            &[("crashloop/app-exit", "pod/web-6f9c7d5b8-", &["exit 7"])],
        ),
        (
            "paused",
            new("web:6", "DeploymentPaused").pod(&crashed(7, "Error", 3)),
            &[("crashloop/app-exit", "pod/web-6f9c7d5b8-", &["exit 7"])],
        ),
    ]
}
