//! A rollout that is watched over a bad connection: whatever its watches break of, its end is seen.

use serde_json::{Value, json};
use testkit::{FakeApi, Reply, Request, Run};

use crate::support::{NAMESPACE, Service, report, restart, writes};

/// The service as this patch leaves it: the second generation, a new ReplicaSet, three new pods.
fn restarted(patch: &Request) -> Service {
    let mut service = Service::new();
    let annotations = patch.json()["spec"]["template"]["metadata"]["annotations"].take();
    service.deployment["spec"]["template"]["metadata"]["annotations"] = annotations.clone();
    service.deployment["metadata"]["generation"] = json!(2);
    service.deployment["status"]["observedGeneration"] = json!(2);
    service.replica_set["spec"]["template"]["metadata"]["annotations"] = annotations;
    service.replica_set["metadata"]["name"] = json!("api-gateway-2");
    service.replica_set["metadata"]["uid"] = json!("r-2");
    for (number, pod) in service.pods.iter_mut().enumerate() {
        pod["metadata"]["name"] = json!(format!("api-gateway-2-{number}"));
        pod["metadata"]["uid"] = json!(format!("q-{number}"));
        pod["metadata"]["ownerReferences"][0]["uid"] = json!("r-2");
    }
    service
}

fn event(kind: &str, object: &Value) -> Value {
    json!({ "type": kind, "object": object })
}

fn pods(patch: &Request) -> Vec<Value> {
    let old = Service::new().pods.into_iter().map(|pod| event("DELETED", &pod));
    old.chain(restarted(patch).pods.iter().map(|pod| event("ADDED", pod))).collect()
}

/// Restarts the service while each watch answers first with `fault`, and tells what happened only in its second try.
fn restart_with(fault: &Reply) -> (Run, Vec<String>) {
    let api = FakeApi::start();
    Service::new().serve(&api);
    let apps = format!("/apis/apps/v1/namespaces/{NAMESPACE}");
    let core = format!("/api/v1/namespaces/{NAMESPACE}");
    let patched = |patch: &Request| {
        let mut deployment = restarted(patch).deployment;
        deployment["status"]["observedGeneration"] = json!(1);
        deployment
    };
    api.on("PATCH", &format!("{apps}/deployments/api-gateway"), [Reply::made(patched)]);
    for (path, second) in [
        (
            format!("{apps}/deployments"),
            Reply::watch_after("PATCH", |patch| vec![event("MODIFIED", &restarted(patch).deployment)]),
        ),
        (
            format!("{apps}/replicasets"),
            Reply::watch_after("PATCH", |patch| vec![event("ADDED", &restarted(patch).replica_set)]),
        ),
        (format!("{core}/pods"), Reply::watch_after("PATCH", pods)),
    ] {
        api.on("GET", &format!("{path}?watch=true"), [fault.clone(), second]);
    }
    let command = ["api-gateway", "--yes", "--no-lock", "--soak", "0", "--timeout", "1m", "-o", "json"];
    (restart().kubeconfig(api.kubeconfig()).args(command).run(), writes(&api))
}

/// It ends well, with one patch.
#[track_caller]
fn assert_survives(fault: &Reply) {
    let (run, writes) = restart_with(fault);
    let report = report(&run);
    assert_eq!(report["outcome"], "Succeeded", "{fault:?}\n{run}");
    assert_eq!(report["pods"].as_array().map(Vec::len), Some(3), "{fault:?}\n{run}");
    let patches = writes.iter().filter(|write| write.starts_with("PATCH /apis/apps/")).count();
    assert_eq!(patches, 1, "{fault:?}: {writes:?}");
    run.code(0);
}

#[test]
fn a_watch_that_breaks_is_taken_up_again() {
    let expired = json!({ "kind": "Status", "code": 410, "reason": "Expired", "message": "too old" });
    for fault in [
        Reply::watch_finished(&[]),
        Reply::watch_cut(&[]),
        Reply::watch(&[event("ERROR", &expired)]),
        Reply::reset(),
        Reply::text(503, "starting"),
    ] {
        assert_survives(&fault);
    }
}

/// Takes 34 s: the server is asked to end a watch after 29 s, and the silence after that is noticed 5 s later.
#[test]
fn a_watch_that_falls_silent_is_noticed() {
    assert_survives(&Reply::watch(&[]));
}
