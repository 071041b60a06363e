//! What keeps a rollback from doing harm, on the real cluster: what it needs is gone, somebody else writes, a tool owns.

#[path = "support.rs"]
#[expect(dead_code, reason = "the fake API's half serves another target")]
mod support;

#[path = "service.rs"]
#[expect(dead_code, reason = "these releases are all good")]
mod service;

use serde_json::{Value, json};
use service::{Service, kubectl};
use support::report;
use testkit::{FaultyApi, Plugin, Request, Run, TestCluster};

const GO: [&str; 3] = ["--yes", "-o", "json"];

/// The first finding: code, summary, and what to type next.
fn finding(run: &Run) -> (String, String, String) {
    let finding = report(run)["findings"][0].clone();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (text(&finding["code"]), text(&finding["summary"]), finding["next"].to_string())
}

#[test]
fn a_config_map_that_is_gone_is_named_and_force_goes_on() {
    let cluster = TestCluster::get();
    let service = Service::start(&cluster);
    // The next release no longer needs the key.
    service.deployed.kubectl(&["set", "env", "deployment/web", "RATE_LIMIT_RPS=9", "RELEASE=v2"]);
    service.wait();
    service.deployed.kubectl(&["delete", "configmap", "web-config"]);
    let run = service.rollback(&GO).run().code(3);
    let (code, summary, next) = finding(&run);
    assert_eq!(code, "check/references", "{run}");
    assert_eq!(summary, "revision 1 needs what is not there: ConfigMap web-config does not exist", "{run}");
    assert!(next.contains("--force references"), "{run}");
    assert_eq!(service.runs(), "v2", "nothing was changed");

    let forced = ["--force", "references", "--fail-after", "5s"];
    let run = service.rollback(&GO).args(forced).run().code(1);
    assert_eq!(
        (finding(&run).0.as_str(), service.runs().as_str()),
        ("crashloop/config-error", "v1"),
        "{run}"
    );
}

#[test]
fn a_key_that_is_gone_is_named() {
    let cluster = TestCluster::get();
    let service = Service::start(&cluster);
    service.deployed.kubectl(&["set", "env", "deployment/web", "TOKEN=plain", "RELEASE=v2"]);
    service.wait();
    service.deployed.patch("secret/web-secret", &json!({"data": {"token": null, "other": "eA=="}}));
    let run = service.rollback(&GO).run().code(3);
    assert_eq!(
        finding(&run).1,
        "revision 1 needs what is not there: Secret web-secret has no key token",
        "{run}"
    );
}

/// sk-rollback, with this done on the cluster while its patch is on the way.
#[track_caller]
fn rollback_while(service: &Service, done: impl FnOnce() + Send + 'static) -> (Run, usize) {
    let api = FaultyApi::start(service.deployed.cluster());
    let is_patch =
        |request: &Request| request.method == "PATCH" && request.path.ends_with("/deployments/web");
    api.before(is_patch, done);
    let plugin: Plugin = kubectl(&api.kubeconfig());
    let target = ["sk-rollback", "deployment/web", "-n", service.deployed.namespace()];
    let run = plugin.args(target).args(GO).run();
    let patches = api.requests().iter().filter(|request| is_patch(request)).count();
    (run, patches)
}

#[test]
fn an_apply_in_the_middle_is_never_overwritten() {
    let cluster = TestCluster::get();
    let service = Service::start(&cluster);
    service.release("v2");
    let (other, namespace) = (cluster.clone(), service.deployed.namespace().to_owned());
    let (run, patches) = rollback_while(&service, move || {
        other.kubectl(["set", "env", "deployment/web", "RELEASE=v3", "-n", &namespace]);
    });
    let run = run.code(3);
    let (code, summary, _) = finding(&run);
    assert_eq!(code, "target/changed", "{run}");
    assert!(summary.contains("somebody else changed the Deployment's template"), "{run}");
    assert_eq!((service.runs().as_str(), patches), ("v3", 1), "{run}");
}

#[test]
fn replicas_that_move_in_the_middle_are_planned_anew() {
    let cluster = TestCluster::get();
    let service = Service::start(&cluster);
    service.release("v2");
    let (other, namespace) = (cluster.clone(), service.deployed.namespace().to_owned());
    let (run, patches) = rollback_while(&service, move || {
        other.kubectl(["scale", "deployment/web", "--replicas=4", "-n", &namespace]);
    });
    let run = run.code(0);
    assert_eq!((service.runs().as_str(), patches), ("v1", 2), "{run}");
    assert_eq!(service.deployment()["spec"]["replicas"], json!(4), "{run}");
}

#[test]
fn what_a_tool_owns_the_tool_rolls_back() {
    let cluster = TestCluster::get();
    let service = Service::start(&cluster);
    service.release("v2");
    let flux = |kind: &str| json!({format!("{kind}.toolkit.fluxcd.io/name"): "apps"});
    for (labels, annotations, command) in [
        (json!({"argocd.argoproj.io/instance": "edge"}), json!({}), "argocd app rollback edge ID"),
        (flux("kustomize"), json!({}), "flux suspend kustomization apps"),
        (flux("helm"), json!({}), "flux suspend helmrelease apps"),
        (
            json!({"app.kubernetes.io/managed-by": "Helm"}),
            json!({"meta.helm.sh/release-name": "edge", "meta.helm.sh/release-namespace": "x"}),
            "helm rollback edge REVISION -n x",
        ),
    ] {
        service
            .deployed
            .patch("deployment/web", &json!({"metadata": {"labels": labels, "annotations": annotations}}));
        let run = service.rollback(&GO).run().code(3);
        let (code, _, next) = finding(&run);
        assert!(code == "check/gitops" && next.contains(command), "{run}");
        assert_eq!(service.runs(), "v2");
        let gone: serde_json::Map<String, Value> =
            labels.as_object().into_iter().flatten().map(|(key, _)| (key.clone(), Value::Null)).collect();
        service.deployed.patch("deployment/web", &json!({"metadata": {"labels": gone}}));
    }
}
