//! What stands beside a Deployment that is well: Services of other parts of the same chart, autoscalers.

use serde_json::{Value, json};
use testkit::{FakeApi, Reply, Request, Run};

use crate::support::{NAMESPACE, World, diagnose, findings, list, ready, report, requests};

const REPLICA_SETS: &str = "/apis/apps/v1/namespaces/shop/replicasets";
const REVISIONS: &str = "/apis/apps/v1/namespaces/shop/controllerrevisions";
const LABELS: &str = "app=worker,chart=shop";

/// A ready Deployment `web` of the chart `shop`.
fn web() -> World {
    let mut world = World::web(vec![ready("web", "a")]);
    for of_web in [&mut world.deployments[0], &mut world.replica_sets[0]] {
        of_web["spec"]["template"]["metadata"]["labels"]["chart"] = json!("shop");
    }
    world
}

/// `items` where the request is for the worker's labels, else `others`.
fn labelled(items: &[Value], others: &[Value]) -> Reply {
    let (items, others) = (items.to_vec(), others.to_vec());
    Reply::made(move |request: &Request| {
        let labels = request.query.iter().find(|(name, _)| name == "labelSelector");
        let items = if labels.is_some_and(|(_, value)| value == LABELS) { &items } else { &others };
        json!({"kind": "List", "apiVersion": "v1", "metadata": {"resourceVersion": "7"}, "items": items})
    })
}

/// Diagnoses `web` beside the Service of a worker, whose labels these carry.
fn beside_the_worker(sets: &[Value], revisions: Reply) -> (Run, FakeApi) {
    let (api, world) = (FakeApi::start(), web());
    world.serve(&api);
    let service = json!({"metadata": {"name": "worker"}, "spec": {
        "selector": {"app": "worker", "chart": "shop"}, "ports": [{"port": 80, "targetPort": 8080}]}});
    let slices = format!("/apis/discovery.k8s.io/v1/namespaces/{NAMESPACE}/endpointslices");
    api.on("GET", &format!("/api/v1/namespaces/{NAMESPACE}/services"), [list(&[service])]);
    api.on("GET", &slices, [list(&[])]);
    api.on("GET", REPLICA_SETS, [labelled(sets, &world.replica_sets)]);
    api.on("GET", REVISIONS, [revisions]);
    let arguments = ["service", "web", "-n", NAMESPACE, "-o", "json"];
    (diagnose().kubeconfig(api.kubeconfig()).args(arguments).run(), api)
}

fn of(kind: &str) -> Value {
    json!({"metadata": {"name": "worker-1", "uid": "w-1", "ownerReferences": [
        {"apiVersion": "apps/v1", "kind": kind, "name": "worker", "uid": "w", "controller": true}]}})
}

/// Also where the worker has no pods, because it is scaled to 0.
#[test]
fn a_service_of_another_part_is_not_held_against_a_deployment() {
    for (sets, revisions) in [(vec![of("Deployment")], vec![]), (vec![], vec![of("StatefulSet")])] {
        let (run, api) = beside_the_worker(&sets, list(&revisions));
        assert_eq!(findings(&run.code(0)), Vec::<String>::new());
        let asked = requests(&api);
        for path in [REPLICA_SETS, REVISIONS] {
            let wanted = format!("GET {path}?labelSelector={LABELS}");
            assert!(asked.contains(&wanted), "{wanted} is missing in {asked:#?}");
        }
    }
}

#[test]
fn a_service_whose_labels_nothing_carries_is() {
    let (run, _) = beside_the_worker(&[], list(&[]));
    assert_eq!(findings(&run.code(1)), ["readiness/no-endpoints deployment/web"]);
}

#[test]
fn where_it_cannot_be_read_what_carries_them_that_is_said_and_nobody_accused() {
    let refused =
        Reply::refusal(403, "Forbidden", "controllerrevisions.apps is forbidden: User \"tester\" cannot");
    let (run, _) = beside_the_worker(&[], refused);
    let run = run.code(0);
    assert_eq!(findings(&run), Vec::<String>::new());
    let unseen = report(&run)["unseen"].to_string();
    assert!(unseen.contains("controllerrevisions.apps is forbidden"), "{unseen}");
}

/// How the Deployment was scaled is read only where an autoscaler scales it.
#[test]
fn an_autoscaler_and_somebody_else_that_scale_by_turns_are_told() {
    let autoscaler = json!({"metadata": {"name": "web-hpa"}, "spec": {"minReplicas": 1, "maxReplicas": 9,
        "scaleTargetRef": {"kind": "Deployment", "name": "web"}}});
    let now = jiff::Timestamp::now().to_string();
    let scaled = |way: &str, from: &str| {
        json!({"metadata": {"name": way}, "involvedObject": {"kind": "Deployment", "name": "web", "uid": "d-web"},
            "reason": "ScalingReplicaSet", "count": 4, "firstTimestamp": now, "lastTimestamp": now,
            "message": format!("Scaled {way} replica set web-6f9c7d5b8 from {from}")})
    };
    let autoscalers = format!("/apis/autoscaling/v2/namespaces/{NAMESPACE}/horizontalpodautoscalers");
    for (found, expected) in [(vec![autoscaler], true), (vec![], false)] {
        let (api, mut world) = (FakeApi::start(), web());
        world.events = vec![scaled("up", "1 to 3"), scaled("down", "3 to 1")];
        world.serve(&api);
        api.on("GET", &autoscalers, [list(&found)]);
        let arguments = ["service", "web", "-n", NAMESPACE, "-o", "json"];
        let run = diagnose().kubeconfig(api.kubeconfig()).args(arguments).run().code(0);
        assert_eq!(findings(&run).contains(&"rollout/hpa-fights deployment/web".to_owned()), expected);
        let on_it = "involvedObject.kind=Deployment,involvedObject.name=web,reason=ScalingReplicaSet";
        assert_eq!(requests(&api).iter().any(|request| request.ends_with(on_it)), expected);
    }
}
