//! `pod/NAME` that is not evicted: exit 3, what stands in the way, and nothing changed.

use serde_json::{Value, json};
use testkit::{FakeApi, Reply, Run};

use crate::support::{NAMESPACE, Service, allow, report, restart, writes};

const POD: &str = "api-gateway-1-2";

/// The budget of `api-gateway`, which lets nothing go.
fn budget() -> Value {
    json!({
        "metadata": {"name": "api-gateway-pdb", "namespace": NAMESPACE},
        "spec": {"minAvailable": 3, "selector": {"matchLabels": {"app": "api-gateway"}}},
        "status": {"disruptionsAllowed": 0, "currentHealthy": 3, "desiredHealthy": 3, "expectedPods": 3},
    })
}

/// A service whose second pod is evicted with this answer.
fn evict(change: impl FnOnce(&mut Value), answer: Reply, arguments: &[&str]) -> (Run, FakeApi) {
    let mut service = Service::new();
    change(&mut service.pods[1]);
    let api = serve(&service, answer);
    (evict_on(&api, arguments), api)
}

fn list(items: &[Value]) -> Reply {
    let metadata = json!({"resourceVersion": "7"});
    Reply::json(&json!({"kind": "List", "apiVersion": "v1", "metadata": metadata, "items": items}))
}

/// The service, whose second pod is evicted with this answer.
pub(crate) fn serve(service: &Service, answer: Reply) -> FakeApi {
    let api = FakeApi::start();
    service.serve(&api);
    let core = format!("/api/v1/namespaces/{NAMESPACE}/pods");
    api.on("GET", &format!("{core}?fieldSelector=metadata.name={POD}"), [list(&service.pods[1..2])]);
    api.on("GET", &format!("{core}?fieldSelector=metadata.name=api-gateway-1-9"), [list(&[])]);
    let budgets = format!("/apis/policy/v1/namespaces/{NAMESPACE}/poddisruptionbudgets");
    api.on("GET", &budgets, [list(&[budget()])]);
    api.on("POST", &format!("{core}/{POD}/eviction"), [answer]);
    api
}

pub(crate) fn evict_on(api: &FakeApi, arguments: &[&str]) -> Run {
    let run = restart().kubeconfig(api.kubeconfig()).args(arguments).args(["-n", NAMESPACE, "--no-lock"]);
    run.args(["-o", "json"]).run()
}

pub(crate) fn accepted() -> Reply {
    Reply::json(&json!({"kind": "Status", "apiVersion": "v1", "status": "Success"}))
}

#[test]
fn a_budget_that_blocks_is_named_with_its_numbers() {
    let message = "Cannot evict pod as it would violate the pod's disruption budget.";
    let answer = Reply::refusal(429, "TooManyRequests", message);
    let (run, api) = evict(|_| {}, answer, &["pod/api-gateway-1-2", "--yes"]);
    let run = run.code(3);
    let report = report(&run);
    let finding = &report["findings"][0];
    assert_eq!(
        (&report["outcome"], &finding["code"]),
        (&json!("Refused"), &json!("rollout/pdb-blocks-eviction"))
    );
    let summary = finding["summary"].as_str().unwrap_or_default();
    assert!(
        summary.contains("PDB api-gateway-pdb: 3 of 3 pods healthy, 3 must stay, 0 may be evicted"),
        "{summary}"
    );
    let asked = api.requests_with("POST").into_iter().find(|request| request.path.ends_with("/eviction"));
    let body = asked.map(|request| request.json()).unwrap_or_default();
    assert_eq!(body["deleteOptions"]["preconditions"]["uid"], "p-2", "{body}");
    assert_eq!(writes(&api).len(), 1, "asked once: {:?}", writes(&api));
}

#[test]
fn what_fell_after_the_plan_was_made_is_seen_before_the_eviction() {
    let service = Service::new();
    let api = serve(&service, accepted());
    let mut fallen = service.pods.clone();
    fallen[0]["status"]["conditions"][0]["status"] = json!("False");
    let lists = [list(&service.pods), list(&fallen)];
    api.on("GET", &format!("/api/v1/namespaces/{NAMESPACE}/pods?limit=500"), lists);
    let run = evict_on(&api, &["pod/api-gateway-1-2", "--yes"]).code(3);
    let report = report(&run);
    let finding = &report["findings"][0];
    assert_eq!((&report["outcome"], &finding["code"]), (&json!("Refused"), &json!("check/floor")));
    assert_eq!(finding["summary"], "only 1 other pods of its controller are ready (floor 2)");
    assert_eq!(writes(&api), Vec::<String>::new());
}

#[test]
fn another_pod_of_that_name_is_left_alone() {
    let message = "Operation cannot be fulfilled on pods: the UID in the precondition (p-2) does not match";
    let answer = Reply::refusal(409, "Conflict", message);
    let (run, _) = evict(|_| {}, answer, &["po/api-gateway-1-2", "--yes"]);
    assert_eq!(report(&run.code(3))["findings"][0]["code"], "target/changed");
}

#[test]
fn a_pod_that_is_not_there_is_told_as_kubectl_tells_it_with_those_like_it() {
    let (run, api) = evict(|_| {}, accepted(), &["pods/api-gateway-1-9", "--yes"]);
    let run = run.code(3).stderr_has("Error from server (NotFound): pods \"api-gateway-1-9\" not found");
    let run = run.stderr_has("pods there: api-gateway-1-1, api-gateway-1-2, api-gateway-1-3");
    assert_eq!(report(&run)["findings"][0]["code"], "target/not-found");
    assert_eq!(writes(&api), Vec::<String>::new());
    let all = api.requests_with("GET").into_iter().filter(|request| request.path.ends_with("/pods"));
    let all: Vec<_> =
        all.filter(|request| !request.query.iter().any(|(key, _)| key == "fieldSelector")).collect();
    for request in &all {
        assert!(request.header("accept")[0].contains("as=PartialObjectMetadataList"), "{request:?}");
        assert!(request.query.contains(&("limit".to_owned(), "500".to_owned())), "{request:?}");
    }
    assert!(!all.is_empty());
}

#[test]
fn the_same_again_is_asked_of_the_same_catalogue() {
    let api = serve(&Service::new(), accepted());
    let plugin = restart().kubeconfig(api.kubeconfig());
    let file = plugin.home().join("services.yaml");
    let yaml = "services: [{name: gateway, namespace: skillancer-production, deployment: api-gateway, minAvailable: 3}]";
    std::fs::write(&file, yaml).expect("a file in the home directory");
    let run = plugin.args(["pod/api-gateway-1-2", "--yes", "-o", "json", "-n", NAMESPACE, "--services"]);
    let run = run.args([&file]).run().code(3);
    let again =
        format!("kubectl sk-restart pod/{POD} --services {} -n {NAMESPACE} --force floor", file.display());
    assert_eq!(report(&run)["findings"][0]["next"][1], json!(again), "{run}");
}

#[test]
fn a_pod_that_nobody_would_replace_is_refused() {
    let bare = |pod: &mut Value| pod["metadata"]["ownerReferences"] = json!([]);
    let (run, api) = evict(bare, accepted(), &["pod/api-gateway-1-2", "--yes"]);
    let report = report(&run.code(3));
    assert_eq!(report["findings"][0]["code"], "check/no-controller");
    assert_eq!(report["findings"][0]["next"][0], format!("kubectl delete pod/{POD} -n {NAMESPACE}"));
    assert_eq!(writes(&api), Vec::<String>::new());
}

#[test]
fn without_the_verb_to_evict_it_is_refused() {
    let api = FakeApi::start();
    Service::new().serve(&api);
    allow(&api, &json!({"verbs": ["get", "list", "watch"], "apiGroups": ["*"], "resources": ["*"]}));
    let arguments = ["pod/api-gateway-1-2", "-n", NAMESPACE, "--yes", "--no-lock", "-o", "json"];
    let run = restart().kubeconfig(api.kubeconfig()).args(arguments).run().code(3);
    assert_eq!(report(&run)["findings"][0]["code"], "check/access");
    run.stderr_has("you may not create pods/eviction in namespace skillancer-production");
    assert_eq!(writes(&api), Vec::<String>::new());
}

#[test]
fn a_dry_run_sends_no_change_or_one_that_is_not_kept() {
    let (run, api) = evict(|_| {}, accepted(), &["pod/api-gateway-1-2", "--dry-run"]);
    assert_eq!(report(&run.code(0))["outcome"], "Planned");
    assert_eq!(writes(&api), Vec::<String>::new());
    let (run, api) = evict(|_| {}, accepted(), &["pod/api-gateway-1-2", "--dry-run=server"]);
    assert_eq!(report(&run.code(0))["outcome"], "Planned");
    let asked = api.requests_with("POST").into_iter().find(|request| request.path.ends_with("/eviction"));
    let query = asked.map(|request| request.query).unwrap_or_default();
    assert!(query.contains(&("dryRun".to_owned(), "All".to_owned())), "{query:?}");
}

#[test]
fn a_soak_is_for_services() {
    let (run, _) = evict(|_| {}, accepted(), &["pod/api-gateway-1-2", "--soak", "1m"]);
    run.code(2).stderr_has("--soak goes with a service or a Deployment, not with one pod");
}
