//! `pod/NAME` that is replaced: what people and scripts are told in the end.

use serde_json::{Value, json};
use testkit::{FakeApi, Reply, Run};

use crate::evict_refusals::{accepted, serve};
use crate::support::{NAMESPACE, Service, report, restart};

/// The service, of which the watch shows that its second pod is gone, and has a ready successor.
fn replaced() -> FakeApi {
    let service = Service::new();
    let api = serve(&service, accepted());
    let mut successor = service.pods[1].clone();
    successor["metadata"]["name"] = json!("api-gateway-1-9");
    successor["metadata"]["uid"] = json!("p-9");
    let event = |kind: &str, pod: &Value| json!({"type": kind, "object": pod});
    let seen = [event("DELETED", &service.pods[1]), event("ADDED", &successor)];
    api.on("GET", &format!("/api/v1/namespaces/{NAMESPACE}/pods?watch=true"), [Reply::watch(&seen)]);
    api
}

fn evict(api: &FakeApi, output: &str) -> Run {
    let arguments = ["pod/api-gateway-1-2", "-n", NAMESPACE, "--no-lock", "--yes", "-o", output];
    restart().kubeconfig(api.kubeconfig()).args(arguments).run()
}

#[test]
fn what_is_left_to_do_by_hand_is_said_as_after_a_restart() {
    let run = evict(&replaced(), "text").code(0);
    let run = run.stdout_has("pod/api-gateway-1-2 replaced in");
    run.stdout_has("to do by hand");
}

#[test]
fn what_was_not_read_and_not_written_is_in_the_report() {
    let api = replaced();
    let events = format!("/api/v1/namespaces/{NAMESPACE}/events");
    api.on("GET", &events, [Reply::refusal(403, "Forbidden", "events is forbidden")]);
    api.on("POST", &events, [Reply::refusal(403, "Forbidden", "you may not create events")]);
    let report = report(&evict(&api, "json").code(0));
    let findings = report["findings"].as_array().cloned().unwrap_or_default();
    let unread = findings.iter().find(|finding| finding["code"] == "verify/events");
    let unread = unread.map(|finding| finding["evidence"][0].as_str().unwrap_or_default());
    assert!(unread.is_some_and(|evidence| evidence.contains("events is forbidden")), "{report:#}");
    let record = report["steps"].as_array().and_then(|steps| steps.last()).cloned().unwrap_or_default();
    assert_eq!(record["step"], "record", "{report:#}");
    let result = record["result"].as_str().unwrap_or_default();
    assert!(result.contains("you may not create events"), "{report:#}");
}
