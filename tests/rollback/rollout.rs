//! The change itself: what is patched, that nobody else's write is overwritten, and what is told in the end.

use serde_json::{Value, json};
use testkit::{FakeApi, NAMESPACE, Reply, Request, writes};

use crate::history::text;
use crate::scene::Scene;
use crate::support::report;

const DEPLOYMENT: &str = "/apis/apps/v1/namespaces/skillancer-production/deployments/api-gateway";

/// Without the lock, which has tests of its own.
const GO: [&str; 4] = ["--yes", "--no-lock", "--timeout", "30s"];

fn event(kind: &str, object: &Value) -> Value {
    json!({ "type": kind, "object": object })
}

/// The Deployment as the patch leaves it, observed and complete.
fn back(patch: &Request) -> Value {
    let mut deployment = Scene::new().service.deployment;
    for operation in patch.json().as_array().into_iter().flatten() {
        match operation["path"].as_str() {
            Some("/spec/template") => deployment["spec"]["template"] = operation["value"].clone(),
            Some("/metadata/annotations/kubernetes.io~1change-cause") => {
                deployment["metadata"]["annotations"]["kubernetes.io/change-cause"] =
                    operation["value"].clone();
            }
            _ => {}
        }
    }
    deployment["metadata"]["generation"] = json!(2);
    deployment["status"]["observedGeneration"] = json!(2);
    deployment
}

/// Pods of revision 11, of which each runs its image.
fn pods() -> Vec<Value> {
    let mut pods = Scene::new().service.pods;
    for (number, pod) in pods.iter_mut().enumerate() {
        pod["metadata"]["name"] = json!(format!("api-gateway-11-{number}"));
        pod["metadata"]["uid"] = json!(format!("q-{number}"));
        pod["metadata"]["ownerReferences"][0]["uid"] = json!("r-11");
        let status = &mut pod["status"]["containerStatuses"][0];
        status["image"] = json!("example.com/api-gateway:3.7.4");
        status["imageID"] = json!("example.com/api-gateway@sha256:374");
    }
    pods
}

/// Rolls out whatever is patched, at once.
fn roll_out(api: &FakeApi) {
    let apps = format!("/apis/apps/v1/namespaces/{NAMESPACE}");
    let core = format!("/api/v1/namespaces/{NAMESPACE}");
    let gone = Scene::new().service.pods.into_iter().map(|pod| event("DELETED", &pod));
    let moved: Vec<Value> = gone.chain(pods().iter().map(|pod| event("ADDED", pod))).collect();
    let rolled = Reply::watch_after("PATCH", |patch| vec![event("MODIFIED", &back(patch))]);
    api.on("GET", &format!("{apps}/deployments?watch=true"), [rolled]);
    api.on("GET", &format!("{core}/pods?watch=true"), [Reply::watch_after("PATCH", move |_| moved.clone())]);
}

#[test]
fn the_patch_is_the_replica_sets_template_bound_to_what_was_seen() {
    let scene = Scene::new();
    let api = scene.serve();
    roll_out(&api);
    api.on("PATCH", DEPLOYMENT, [Reply::made(back)]);
    let run = Scene::run(&api, &GO).args(["-o", "json"]).run().code(0);
    let report = report(&run);
    assert_eq!(
        (&report["outcome"], &report["verified"]["rollout"]),
        (&json!("Succeeded"), &json!("pass")),
        "{run}"
    );
    let image = json!({"container": "app", "image": "example.com/api-gateway:3.7.4", "imageId": "example.com/api-gateway@sha256:374"});
    assert_eq!(report["images"], json!([image]));

    let patches: Vec<Request> =
        api.requests_with("PATCH").into_iter().filter(|request| request.path == DEPLOYMENT).collect();
    assert_eq!(patches.len(), 1);
    assert_eq!(patches[0].header("content-type"), ["application/json-patch+json"]);
    assert!(patches[0].query.contains(&("fieldManager".to_owned(), "kubectl-rollout".to_owned())));
    let mut template = scene.service.earlier[0]["spec"]["template"].clone();
    let labels = template["metadata"]["labels"].as_object_mut();
    labels.and_then(|labels| labels.remove("pod-template-hash")).unwrap_or_default();
    assert_eq!(
        patches[0].json(),
        json!([
            {"op": "test", "path": "/metadata/uid", "value": "d-1"},
            {"op": "test", "path": "/metadata/generation", "value": 1},
            {"op": "replace", "path": "/spec/template", "value": template},
        ])
    );
    let (event, entry) = written_down(&api);
    assert_eq!((&event["reason"], &event["action"]), (&json!("RolledBack"), &json!("Rollback")), "{run}");
    assert_eq!((&entry["command"], &entry["verified"]), (&json!("sk-rollback"), &json!(true)), "{run}");
}

/// The Event, and the entry of `sk-history`.
fn written_down(api: &FakeApi) -> (Value, Value) {
    let requests = api.requests();
    let sent =
        |path: &str, method: &str| requests.iter().find(|r| r.method == method && r.path.ends_with(path));
    let event = sent("/events", "POST").map(Request::json).unwrap_or_default();
    let history = sent("/configmaps/sk-history", "PATCH").map(Request::json).unwrap_or_default();
    let entries = history["data"].as_object().cloned().unwrap_or_default();
    let entry = entries.values().find_map(Value::as_str).and_then(|entry| serde_json::from_str(entry).ok());
    (event, entry.unwrap_or_default())
}

#[test]
fn people_read_how_it_ended_and_what_runs() {
    let api = Scene::new().serve();
    roll_out(&api);
    api.on("PATCH", DEPLOYMENT, [Reply::made(back)]);
    let core = format!("/api/v1/namespaces/{NAMESPACE}");
    api.on("POST", &format!("{core}/events"), [Reply::json(&json!({"kind": "Event"}))]);
    api.on("PATCH", &format!("{core}/configmaps/sk-history"), [Reply::json(&json!({"kind": "ConfigMap"}))]);
    let run = Scene::run(&api, &GO).run().code(0);
    assert!(text(&run).contains("api-gateway rolled back to revision 11 in "), "{run}");
    run.stdout_has("  runs    app example.com/api-gateway:3.7.4 (example.com/api-gateway@sha256:374)\n");
}

/// What the API server answers to a `test` that does not hold.
fn refused() -> Reply {
    Reply::refusal(422, "Invalid", "the server rejected our request due to an error in our request")
}

#[test]
fn replicas_that_moved_in_the_middle_are_planned_anew() {
    let api = Scene::new().serve();
    roll_out(&api);
    let mut scaled = Scene::new().service.deployment;
    scaled["metadata"]["generation"] = json!(5);
    api.on("PATCH", DEPLOYMENT, [refused(), Reply::made(back)]);
    api.on("GET", DEPLOYMENT, [Reply::json(&scaled)]);
    let run = Scene::run(&api, &GO).args(["-o", "json"]).run();
    let patches = api.requests_with("PATCH").into_iter().filter(|request| request.path == DEPLOYMENT);
    let generations: Vec<Value> = patches.map(|patch| patch.json()[1]["value"].clone()).collect();
    assert_eq!(generations, [json!(1), json!(5)], "{run}");
    assert_eq!(report(&run.code(0))["outcome"], "Succeeded");
}

#[test]
fn an_apply_in_the_middle_is_never_overwritten() {
    let api = Scene::new().serve();
    let mut applied = Scene::new().service.deployment;
    applied["metadata"]["generation"] = json!(5);
    applied["spec"]["template"]["spec"]["containers"][0]["image"] = json!("example.com/api-gateway:3.8.1");
    api.on("PATCH", DEPLOYMENT, [refused()]);
    api.on("GET", DEPLOYMENT, [Reply::json(&applied)]);
    let run = Scene::run(&api, &GO).args(["-o", "json"]).run().code(3);
    let report = report(&run);
    assert_eq!(
        (&report["outcome"], &report["findings"][0]["code"]),
        (&json!("Refused"), &json!("target/changed"))
    );
    assert_eq!(writes(&api), [format!("PATCH {DEPLOYMENT}")], "one attempt, which the server refused");
}

#[test]
fn a_server_dry_run_asks_for_the_same_and_keeps_nothing() {
    let api = Scene::new().serve();
    api.on("PATCH", DEPLOYMENT, [Reply::made(back)]);
    let run = Scene::run(&api, &["--dry-run=server", "-o", "json"]).run().code(0);
    assert_eq!(report(&run)["outcome"], "Planned");
    let patches = api.requests_with("PATCH");
    assert_eq!(patches.len(), 1);
    assert!(patches[0].query.contains(&("dryRun".to_owned(), "All".to_owned())), "{:?}", patches[0].query);
}
