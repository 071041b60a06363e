//! The plan: which revision and why, what speaks for it, what changes, and what was checked.

use serde_json::{Value, json};
use testkit::{Reply, writes};

use crate::history::text;
use crate::scene::Scene;
use crate::support::{check, report};

#[test]
fn people_read_why_and_what_changes() {
    let api = Scene::new().serve();
    let run = Scene::run(&api, &["--dry-run"]).run().code(0);
    insta::assert_snapshot!(text(&run));
    assert_eq!(writes(&api), Vec::<String>::new());
}

#[test]
fn scripts_read_from_where_to_where_and_why() {
    let api = Scene::new().serve();
    let run = Scene::run(&api, &["--dry-run", "-o", "json"]).run().code(0);
    let report = report(&run);
    assert_eq!(
        (&report["outcome"], &report["fromRevision"], &report["toRevision"]),
        (&json!("Planned"), &json!(12), &json!(11))
    );
    let why = report["why"].as_str().unwrap_or_default();
    assert!(why.starts_with("the newest that differs and was verified (sk-restart by anna at "), "{why}");
    assert_eq!(
        report["evidence"]["revisions"][0]["words"],
        "3/3 ready, 6 restarts, cpu 142m, memory 128Mi at most"
    );
    assert_eq!(
        report["plan"][1]["kubectl"],
        "kubectl rollout undo deployment/api-gateway --to-revision=11 -n skillancer-production"
    );
    for (name, words) in [
        ("revision", "pass revision 11 (app example.com/api-gateway:3.7.4): the newest that differs"),
        ("failed-before", "pass revision 11 is not known to have failed"),
        ("references", "pass ConfigMap settings; Secret tokens are there, with the keys that it uses"),
        ("gitops", "skipped neither Argo CD nor Flux nor Helm marks it as its own"),
        ("last-applied", "skipped it was not made with kubectl apply"),
        (
            "untouched",
            "warn stays as it is now: 3 replicas, HPA api-gateway-hpa, what is in ConfigMap settings; Secret tokens",
        ),
    ] {
        let check = check(&report, name);
        assert!(check.starts_with(words), "{check:?} is not {words:?}");
    }
}

#[test]
fn what_kubectl_apply_will_bring_back_is_said() {
    let applied = |image: &str| {
        let container = json!({"name": "app", "image": format!("example.com/api-gateway:{image}")});
        json!({"spec": {"template": {"spec": {"containers": [container]}}}}).to_string()
    };
    for (image, words) in [
        (
            "3.8.0",
            "warn the next kubectl apply of the same file brings back app example.com/api-gateway:3.8.0",
        ),
        ("3.7.4", "pass what kubectl apply applied last is this template"),
    ] {
        let mut scene = Scene::new();
        scene.service.deployment["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] =
            json!(applied(image));
        let run = Scene::run(&scene.serve(), &["--dry-run", "-o", "json"]).run().code(0);
        assert_eq!(check(&report(&run), "last-applied"), words);
    }
}

#[test]
fn a_target_that_failed_before_is_a_warning() {
    let mut scene = Scene::new();
    let entries = scene.history.as_object_mut().into_iter().flat_map(serde_json::Map::values_mut);
    for entry in entries {
        *entry = json!(entry.as_str().unwrap_or_default().replace("Succeeded", "Failed"));
    }
    let api = scene.serve();
    let run = Scene::run(&api, &["--dry-run", "--to-revision", "11", "-o", "json"]).run().code(0);
    assert!(
        check(&report(&run), "failed-before")
            .starts_with("warn revision 11: its last operation failed (sk-restart by anna")
    );
}

#[test]
fn what_is_withheld_is_unknown_and_never_passed() {
    let scene = Scene::new();
    let api = scene.serve();
    let core = "/api/v1/namespaces/skillancer-production";
    for (path, name) in [("secrets/tokens", "secrets"), ("configmaps/sk-history", "configmaps")] {
        let forbidden = Reply::refusal(403, "Forbidden", &format!("{name} is forbidden"));
        api.on("GET", &format!("{core}/{path}"), [forbidden]);
    }
    let run = Scene::run(&api, &["--dry-run", "-o", "json"]).run().code(0);
    let report = report(&run);
    for name in ["references", "failed-before"] {
        let check = check(&report, name);
        assert!(check.starts_with("unknown ") && check.contains("is forbidden"), "{check}");
    }
    assert_eq!(report["toRevision"], json!(11), "it served two days, verified or not");
}

#[test]
fn each_revision_can_be_named() {
    let api = Scene::new().serve();
    for number in ["11", "10", "8"] {
        let run = Scene::run(&api, &["--dry-run", "--to-revision", number, "-o", "json"]).run().code(0);
        let report = report(&run);
        assert_eq!(report["toRevision"].to_string(), number);
        assert_eq!(report["why"], Value::from("--to-revision names it"));
    }
}
