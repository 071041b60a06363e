//! Refused, declined, absent: exit 3, a finding that says what to type instead, and nothing changed.

use serde_json::json;
use testkit::{FakeApi, Reply};

use crate::support::{NAMESPACE, Service, allow, report, restart, writes};

#[test]
fn without_a_terminal_and_yes_it_is_declined() {
    let api = FakeApi::start();
    Service::new().serve(&api);
    let run =
        restart().kubeconfig(api.kubeconfig()).args(["api-gateway", "-o", "json"]).stdin("y\n").run().code(3);
    assert_eq!(report(&run)["outcome"], "Declined");
    run.stderr_has("declined: there is no terminal to ask on, and --yes was not given; nothing was changed");
    assert_eq!(writes(&api), Vec::<String>::new());
}

#[test]
fn a_refusal_names_what_to_type_instead() {
    type Change = fn(&mut Service);
    let paused: Change = |service| service.deployment["spec"]["paused"] = json!(true);
    let floor: Change = |service| service.deployment["spec"]["strategy"] = json!({"type": "Recreate"});
    for (change, code, instead) in [
        (paused, "check/paused", "kubectl rollout resume deployment/api-gateway -n skillancer-production"),
        (floor, "check/floor", "kubectl rollout restart deployment/api-gateway -n skillancer-production"),
    ] {
        let api = FakeApi::start();
        let mut service = Service::new();
        change(&mut service);
        service.serve(&api);
        let run =
            restart().kubeconfig(api.kubeconfig()).args(["api-gateway", "--yes", "-o", "json"]).run().code(3);
        let report = report(&run);
        assert_eq!((&report["outcome"], &report["findings"][0]["code"]), (&json!("Refused"), &json!(code)));
        assert_eq!(report["findings"][0]["next"][0], instead);
        run.stderr_has("nothing was changed").stderr_has(instead);
        assert_eq!(writes(&api), Vec::<String>::new());
    }
}

#[test]
fn the_same_again_is_asked_of_the_same_catalogue() {
    let api = FakeApi::start();
    let mut service = Service::new();
    service.deployment["spec"]["strategy"] = json!({"type": "Recreate"});
    service.serve(&api);
    let plugin = restart().kubeconfig(api.kubeconfig());
    let file = plugin.home().join("our services.yaml");
    let yaml = "services: [{name: gateway, namespace: skillancer-production, deployment: api-gateway, minAvailable: 1}]";
    std::fs::write(&file, yaml).expect("a file in the home directory");
    let run = plugin.args(["gateway", "--yes", "-o", "json", "--services"]).args([&file]).run().code(3);
    let again = format!(
        "kubectl sk-restart gateway --services '{}' -n skillancer-production --force floor",
        file.display()
    );
    assert_eq!(
        report(&run)["findings"][0]["next"].as_array().and_then(|next| next.last()),
        Some(&json!(again)),
        "{run}"
    );
}

#[test]
fn a_missing_verb_is_named() {
    let api = FakeApi::start();
    Service::new().serve(&api);
    let verbs = ["get", "list", "watch", "create", "update", "delete"];
    allow(&api, &json!({"verbs": verbs, "apiGroups": ["*"], "resources": ["*"]}));
    let run =
        restart().kubeconfig(api.kubeconfig()).args(["api-gateway", "--yes", "-o", "json"]).run().code(3);
    let report = report(&run);
    assert_eq!(report["findings"][0]["code"], "check/access");
    run.stderr_has("you may not patch deployments.apps in namespace skillancer-production");
    assert_eq!(writes(&api), Vec::<String>::new());
}

#[test]
fn what_may_not_be_read_is_named_too() {
    let lists = [
        ("get deployments", format!("/apis/apps/v1/namespaces/{NAMESPACE}/deployments")),
        ("list pods", format!("/api/v1/namespaces/{NAMESPACE}/pods")),
        ("list replicasets", format!("/apis/apps/v1/namespaces/{NAMESPACE}/replicasets")),
    ];
    for (words, path) in lists {
        let api = FakeApi::start();
        Service::new().serve(&api);
        let message = format!("{words} is forbidden: User \"tester\" may not {words}");
        api.on("GET", &path, [Reply::refusal(403, "Forbidden", &message)]);
        api.on("GET", &format!("{path}/api-gateway"), [Reply::refusal(403, "Forbidden", &message)]);
        let run =
            restart().kubeconfig(api.kubeconfig()).args(["api-gateway", "--yes", "-o", "json"]).run().code(3);
        assert_eq!(report(&run)["findings"][0]["code"], "check/access");
        run.stderr_has(&format!("Error from server (Forbidden): {message}"));
        assert_eq!(writes(&api), Vec::<String>::new());
    }
}

#[test]
fn a_deployment_that_may_be_read_and_not_listed_is_enough() {
    let api = FakeApi::start();
    Service::new().serve(&api);
    let deployments = format!("/apis/apps/v1/namespaces/{NAMESPACE}/deployments");
    api.on("GET", &deployments, [Reply::refusal(403, "Forbidden", "deployments.apps is forbidden")]);
    let run =
        restart().kubeconfig(api.kubeconfig()).args(["api-gateway", "--dry-run", "-o", "json"]).run().code(0);
    assert_eq!(report(&run)["outcome"], "Planned");
}

#[test]
fn a_service_that_is_not_in_the_cluster_is_told_as_kubectl_tells_it() {
    let api = FakeApi::start();
    let mut service = Service::new();
    service.serve(&api);
    let nothing = json!({"kind": "DeploymentList", "apiVersion": "apps/v1", "metadata": {"resourceVersion": "7"}, "items": []});
    api.on("GET", &format!("/apis/apps/v1/namespaces/{NAMESPACE}/deployments"), [Reply::json(&nothing)]);
    service.pods.clear();
    let run =
        restart().kubeconfig(api.kubeconfig()).args(["api-gateway", "--yes", "-o", "json"]).run().code(3);
    let report = report(&run);
    assert_eq!(
        (&report["outcome"], &report["findings"][0]["code"]),
        (&json!("Refused"), &json!("target/not-found"))
    );
    run.stderr_has("Error from server (NotFound): deployments.apps \"api-gateway\" not found");
    let gone = Reply::refusal(404, "NotFound", &format!("namespaces {NAMESPACE:?} not found"));
    api.on("GET", &format!("/api/v1/namespaces/{NAMESPACE}"), [gone]);
    let run = restart().kubeconfig(api.kubeconfig()).args(["api-gateway", "--yes"]).run().code(3);
    run.stderr_has(&format!("Error from server (NotFound): namespaces {NAMESPACE:?} not found"));
    assert_eq!(writes(&api), Vec::<String>::new());
}

#[test]
fn hostile_text_from_the_cluster_is_made_visible() {
    let api = FakeApi::start();
    let mut service = Service::new();
    service.deployment["spec"]["template"]["spec"]["containers"][0]["image"] =
        json!("web\u{1b}[2J\u{202e}:1");
    service.replica_set["spec"]["template"] = service.deployment["spec"]["template"].clone();
    service.serve(&api);
    let run = restart().kubeconfig(api.kubeconfig()).args(["api-gateway", "--dry-run"]).run().code(0);
    run.never_says("\u{1b}").never_says("\u{202e}").stdout_has("web\\u{1b}[2J\\u{202e}:1");
}
