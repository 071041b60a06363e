//! Deployments, `ReplicaSet`s and pods as they are read.

use super::*;
use serde_json::json;

fn deployment(replicas: i32, strategy: &Value) -> Deployment {
    Deployment::read(json!({
        "metadata": {"name": "web", "uid": "d1"},
        "spec": {
            "replicas": replicas,
            "strategy": strategy,
            "selector": {
                "matchLabels": {"app": "web"},
                "matchExpressions": [
                    {"key": "tier", "operator": "In", "values": ["a", "b"]},
                    {"key": "canary", "operator": "DoesNotExist"}
                ]
            },
            "template": {"spec": {"containers": [{"name": "app", "image": "web:1", "fieldOfTomorrow": 1}]}}
        }
    }))
    .unwrap()
}

#[test]
fn fenceposts_round_as_the_controller_rounds() {
    let rolling = |surge: Value, unavailable: Value| json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}});
    for (replicas, strategy, expected) in [
        (3, Value::Null, (1, 0)),
        (4, Value::Null, (1, 1)),
        (3, rolling(json!(0), json!("25%")), (0, 1)),
        (3, rolling(json!(0), json!(0)), (0, 1)),
        (3, rolling(json!("50%"), json!("50%")), (2, 1)),
        (10, rolling(json!("25%"), json!("25%")), (3, 2)),
    ] {
        assert_eq!(deployment(replicas, &strategy).fenceposts(), expected, "{replicas} {strategy}");
    }
}

#[test]
fn keeps_fields_the_types_do_not_know() {
    let deployment = deployment(1, &Value::Null);
    assert_eq!(deployment.template().pointer("/spec/containers/0/fieldOfTomorrow"), Some(&json!(1)));
    assert_eq!(deployment.images(), [("app", "web:1")]);
}

#[test]
fn writes_selectors_as_queries() {
    assert_eq!(deployment(1, &Value::Null).selector(), "app=web,tier in (a,b),!canary");
}

#[test]
fn owns_by_uid_and_not_by_label() {
    let set = |uid: &str, owner: &str| {
        ReplicaSet::read(json!({"metadata": {"name": uid, "uid": uid, "ownerReferences": [
            {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": owner, "controller": true}]}}))
        .unwrap()
    };
    let pod = |name: &str, owner: &str| -> Pod {
        serde_json::from_value(json!({"metadata": {"name": name, "ownerReferences": [
            {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "x", "uid": owner, "controller": true}]}}))
        .unwrap()
    };
    let workload = Workload::of(
        deployment(1, &Value::Null),
        vec![set("r1", "d1"), set("r2", "d2")],
        vec![pod("mine", "r1"), pod("same-label", "r2")],
        Fact::Known(Vec::new()),
    );
    assert_eq!(workload.replica_sets.len(), 1);
    assert_eq!(workload.pods.iter().map(name).collect::<Vec<_>>(), ["mine"]);
}

#[test]
fn says_what_cannot_be_read() {
    let error = Deployment::read(json!({"spec": {"replicas": "three"}})).unwrap_err().to_string();
    assert!(error.starts_with("the API server sent a Deployment that cannot be read: "), "{error}");
}
