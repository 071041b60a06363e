//! sk-restart on the real cluster, called as users call it: through kubectl.

#[path = "support.rs"]
#[expect(dead_code, reason = "the fake API's half serves the other target")]
mod support;

#[path = "service.rs"]
mod service;

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use service::{Restarts, Service, kubectl};
use support::{NAMESPACE, checks, report};
use testkit::{Availability, TestCluster, wait_until};

fn pods(cluster: &TestCluster, service: &str) -> BTreeSet<String> {
    let list = cluster.get_json(["pods", "-n", NAMESPACE, "-l", &format!("app={service}")]);
    let living = list["items"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|pod| pod["metadata"]["deletionTimestamp"].is_null());
    living.filter_map(|pod| pod["metadata"]["name"].as_str().map(str::to_owned)).collect()
}

#[test]
fn restarts_api_gateway_and_never_drops_below_two() {
    let cluster = TestCluster::get();
    let before = pods(&cluster, "api-gateway");
    let witness = Availability::watch(&cluster, NAMESPACE, "api-gateway");
    let run = kubectl(cluster.kubeconfig())
        .args(["sk-restart", "api-gateway", "--yes", "--soak", "0", "-o", "json"])
        .run()
        .code(0);
    let available = witness.finish();

    let report = report(&run);
    assert_eq!(
        (&report["outcome"], &report["verified"]["rollout"]),
        (&"Succeeded".into(), &"pass".into()),
        "{run}"
    );
    let after = pods(&cluster, "api-gateway");
    assert!(before.is_disjoint(&after) && after.len() == 3, "{before:?} became {after:?}\n{run}");
    assert!(available.iter().min() >= Some(&2), "available over time: {available:?}\n{run}");
    let told: BTreeSet<_> =
        report["pods"].as_array().into_iter().flatten().filter_map(|pod| pod["name"].as_str()).collect();
    assert_eq!(told, after.iter().map(String::as_str).collect(), "{run}");
}

#[test]
fn leaves_an_event_and_kubectls_own_traces() {
    let cluster = TestCluster::get();
    let reason = "rotate certificates";
    let command = ["sk-restart", "cockpit-svc", "--yes", "--soak", "0", "--reason", reason, "-o", "json"];
    let run = kubectl(cluster.kubeconfig()).args(command).run().code(0);
    let operation = report(&run)["operation"].as_str().unwrap_or_default().to_owned();

    let events =
        cluster.get_json(["events", "-n", NAMESPACE, "--field-selector", "involvedObject.name=cockpit-svc"]);
    let ours: Vec<&Value> = events["items"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|event| event["message"].as_str().is_some_and(|message| message.contains(&operation)))
        .collect();
    assert_eq!(ours.len(), 1, "{events}");
    assert_eq!(ours[0]["reportingComponent"], "kubectl-sk");
    assert!(ours[0]["message"].as_str().is_some_and(|message| message.contains(reason)), "{}", ours[0]);

    let deployment =
        cluster.get_json(["deployment", "cockpit-svc", "-n", NAMESPACE, "--show-managed-fields"]);
    let managers: Vec<_> = deployment["metadata"]["managedFields"].as_array().into_iter().flatten().collect();
    let ours = managers.iter().find(|entry| entry["manager"] == "kubectl-rollout");
    assert!(ours.is_some_and(|entry| entry["fieldsV1"].to_string().contains("restartedAt")), "{managers:?}");
}

#[test]
fn a_server_dry_run_is_admitted_and_changes_nothing() {
    let cluster = TestCluster::get();
    let deployment = || cluster.get_json(["deployment", "market-svc", "-n", NAMESPACE]);
    let before = deployment();
    let run = kubectl(cluster.kubeconfig())
        .args(["sk-restart", "market-svc", "--dry-run=server", "-o", "json"])
        .run()
        .code(0);
    assert_eq!(report(&run)["outcome"], "Planned");
    assert_eq!(deployment()["metadata"]["generation"], before["metadata"]["generation"]);
}

#[test]
fn a_deployment_outside_the_catalogue_is_a_target_too() {
    let cluster = TestCluster::get();
    let service = Service::start(&cluster);
    let run = service.restart(&["--soak", "0", "-o", "json"]).run().code(0);
    let report = report(&run);
    assert_eq!(
        (&report["outcome"], &report["namespace"]),
        (&"Succeeded".into(), &service.namespace().into()),
        "{run}"
    );
}

#[test]
fn a_deployment_that_is_absent_is_exit_3_and_so_is_its_namespace() {
    let cluster = TestCluster::get();
    for (namespace, absent) in [(NAMESPACE, "deployments.apps \"nothing\""), ("none", "namespaces \"none\"")]
    {
        let run = kubectl(cluster.kubeconfig())
            .args(["sk-restart", "deployment/nothing", "-n", namespace, "--yes"])
            .run()
            .code(3);
        run.stderr_has(&format!("Error from server (NotFound): {absent} not found"));
    }
}

#[test]
fn every_check_knows_its_numbers() {
    let cluster = TestCluster::get();
    // A service that no other test restarts: its state is its own. A pod that was scraped once has no use yet.
    let (run, found) = wait_until(Duration::from_secs(120), "all its pods are measured", || {
        let dry_run = ["sk-restart", "auth-svc", "--dry-run", "-o", "json"];
        let run = kubectl(cluster.kubeconfig()).args(dry_run).run().code(0);
        let found = checks(&run);
        let measured = !found.iter().any(|check| check.starts_with("usage unknown "));
        measured.then_some((run, found))
    });
    for (check, words) in found.iter().zip([
        "access pass you have all 10 verbs this needs",
        "paused pass rollouts are not paused",
        "not-ready pass ",
        "pods-failing pass none of ",
        "floor pass at least ",
        "rollout-in-progress pass no other rollout is running",
        "hpa-ceiling pass HPA auth-svc-hpa: ",
        "quota-surge skipped the namespace has no ResourceQuota",
        "no-pdb pass PDB auth-svc: ",
        "usage pass highest use of a limit: auth-svc-",
        "gitops skipped neither Argo CD nor Flux nor Helm marks it as its own",
        "peak-hours skipped no peakHours are configured",
        "warning warn Sessions may be affected - warn users if extended downtime",
    ]) {
        assert!(check.starts_with(words), "{check:?} is not {words:?}\n{run}");
    }
    assert_eq!(found.len(), 13, "{run}");
}

#[test]
fn warnings_come_with_the_numbers_of_the_namespace() {
    let cluster = TestCluster::get();
    let service = Service::start_with(&cluster, |deployment| {
        deployment["metadata"]["labels"] = json!({"kustomize.toolkit.fluxcd.io/name": "apps",
            "kustomize.toolkit.fluxcd.io/namespace": "flux-system"});
    });
    service.apply(&json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "compute"},
        "spec": {"hard": {"pods": "3", "requests.cpu": "1"}}}));
    service.apply(&json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "web"},
        "spec": {"minReplicas": 3, "maxReplicas": 3,
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}}}));
    service.kubectl(&[
        "wait",
        "resourcequota/compute",
        "--for=jsonpath={.status.used.pods}=3",
        "--timeout=30s",
    ]);
    let run = service.restart(&["--dry-run", "-o", "json"]).run().code(0);
    let found = checks(&run);
    for words in [
        "hpa-ceiling warn HPA web: 3 of 3-3 replicas, cpu ",
        "quota-surge warn quota compute: no room for 1 more pod (pods: 1 each, 0 of 3 free); \
         with maxUnavailable 0 the rollout cannot begin",
        "no-pdb warn no PodDisruptionBudget selects the pods: ",
        "gitops warn Flux Kustomization flux-system/apps owns the Deployment",
    ] {
        assert!(found.iter().any(|check| check.starts_with(words)), "nothing is {words:?}\n{run}");
    }
}
