//! `kubectl sk-restart pod/NAME` on the real cluster: the successor is ready, and a budget for disruptions holds.

#[path = "support.rs"]
#[expect(dead_code, reason = "the fake API's half serves another target")]
mod support;

#[path = "service.rs"]
#[expect(dead_code, reason = "not every test breaks its service")]
mod service;

use serde_json::{Value, json};
use service::{Service, kubectl};
use support::report;
use testkit::{Run, TestCluster};

/// The pods of the service: name and UID.
fn pods(cluster: &TestCluster, service: &Service) -> Vec<(String, String)> {
    let list = cluster.get_json(["pods", "-n", service.namespace(), "-l", "app=web"]);
    let living = list["items"].as_array().into_iter().flatten();
    let living = living.filter(|pod| pod["metadata"]["deletionTimestamp"].is_null());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    living.map(|pod| (text(&pod["metadata"]["name"]), text(&pod["metadata"]["uid"]))).collect()
}

fn evict(cluster: &TestCluster, service: &Service, pod: &str) -> Run {
    let command = ["sk-restart", &format!("pod/{pod}"), "-n", service.namespace(), "--yes", "-o", "json"];
    kubectl(cluster.kubeconfig()).args(command).run()
}

#[test]
fn evicts_one_pod_and_waits_for_its_successor() {
    let cluster = TestCluster::get();
    let service = Service::start(&cluster);
    let before = pods(&cluster, &service);
    let run = evict(&cluster, &service, &before[0].0).code(0);

    let report = report(&run);
    assert_eq!((&report["outcome"], &report["service"]), (&json!("Succeeded"), &json!("web")), "{run}");
    assert_eq!(
        (&report["verified"]["pods"], &report["verified"]["logs"]),
        (&json!("pass"), &json!("pass")),
        "{run}"
    );
    let after = pods(&cluster, &service);
    assert!(after.len() == 3 && !after.contains(&before[0]), "{before:?} became {after:?}\n{run}");
    assert!(before[1..].iter().all(|pod| after.contains(pod)), "{before:?} became {after:?}\n{run}");

    let operation = report["operation"].as_str().unwrap_or_default();
    let namespace = service.namespace();
    let events = cluster.get_json(["events", "-n", namespace, "--field-selector", "involvedObject.name=web"]);
    let events = events["items"].as_array().cloned().unwrap_or_default();
    let ours =
        events.iter().find(|event| event["message"].as_str().is_some_and(|text| text.contains(operation)));
    assert_eq!(ours.map(|event| &event["reason"]), Some(&json!("PodReplaced")), "{events:?}");
    let history = cluster.get_json(["configmap", "sk-history", "-n", namespace]);
    assert!(
        history["data"][operation].as_str().is_some_and(|entry| entry.contains(&before[0].0)),
        "{history}"
    );
    assert!(
        service.try_kubectl(&["get", "lease", "sk-web"]).contains("NotFound"),
        "the lock was not given back"
    );
}

#[test]
fn a_budget_of_three_of_three_holds() {
    let cluster = TestCluster::get();
    let service = Service::start(&cluster);
    service.apply(
        &json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "web-pdb"},
        "spec": {"minAvailable": 3, "selector": {"matchLabels": {"app": "web"}}}}),
    );
    service.kubectl(&["wait", "pdb/web-pdb", "--for=jsonpath={.status.currentHealthy}=3", "--timeout=30s"]);
    let before = pods(&cluster, &service);
    let run = evict(&cluster, &service, &before[0].0).code(3);

    let report = report(&run);
    let finding = &report["findings"][0];
    assert_eq!(finding["code"], "rollout/pdb-blocks-eviction", "{run}");
    let summary = finding["summary"].as_str().unwrap_or_default();
    assert!(summary.contains("PDB web-pdb: 3 of 3 pods healthy, 3 must stay, 0 may be evicted"), "{run}");
    assert_eq!(pods(&cluster, &service), before, "{run}");
    assert!(
        service.try_kubectl(&["get", "lease", "sk-web"]).contains("NotFound"),
        "the lock was not given back"
    );
}

#[test]
fn a_successor_that_cannot_start_is_told_with_its_cause() {
    let cluster = TestCluster::get();
    let service = Service::start(&cluster);
    service.patch("configmap/web-config", &json!({"data": {"RATE_LIMIT_RPS": null}}));
    let pod = pods(&cluster, &service).remove(0).0;
    let run = evict(&cluster, &service, &pod).code(1);
    let report = report(&run);
    assert_eq!(
        (&report["outcome"], &report["findings"][0]["code"]),
        (&json!("Failed"), &json!("crashloop/config-error")),
        "{run}"
    );
}
