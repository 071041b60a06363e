//! Refused, declined, absent: exit 3, a finding that says what to type instead, and nothing changed.

use serde_json::json;
use testkit::{FakeApi, Run, writes};

use crate::scene::Scene;
use crate::support::report;

/// A run that is refused with this code, and has changed nothing.
#[track_caller]
fn refused(api: &FakeApi, arguments: &[&str], code: &str) -> Run {
    let run = Scene::run(api, &["--yes", "-o", "json"]).args(arguments).run().code(3);
    let report = report(&run);
    assert_eq!(
        (&report["outcome"], &report["findings"][0]["code"]),
        (&json!("Refused"), &json!(code)),
        "{run}"
    );
    assert_eq!(writes(api), Vec::<String>::new());
    run
}

#[track_caller]
fn next(run: &Run) -> Vec<String> {
    let report = report(run);
    let next = report["findings"][0]["next"].as_array().into_iter().flatten();
    next.filter_map(|next| next.as_str().map(str::to_owned)).collect()
}

#[test]
fn without_a_terminal_and_yes_it_is_declined() {
    let api = Scene::new().serve();
    let run = Scene::run(&api, &["-o", "json"]).stdin("y\n").run().code(3);
    assert_eq!(report(&run)["outcome"], "Declined");
    run.stderr_has("declined: there is no terminal to ask on");
    assert_eq!(writes(&api), Vec::<String>::new());
}

#[test]
fn a_revision_that_is_not_there_or_the_same() {
    let api = Scene::new().serve();
    for (number, why) in [
        ("1", "revision 1 is not kept any more (revisionHistoryLimit 10); there are 12, 11, 10, 8"),
        ("12", "revision 12 is what the Deployment has now; there are 12, 11, 10, 8"),
        ("99", "revision 99 does not exist yet; there are 12, 11, 10, 8"),
    ] {
        let run = refused(&api, &["--to-revision", number], "check/revision");
        assert_eq!(report(&run)["findings"][0]["summary"], why);
        assert_eq!(
            next(&run)[0],
            "kubectl sk-rollback deployment/api-gateway --history -n skillancer-production"
        );
    }
}

#[test]
fn restarts_of_one_template_are_nothing_to_go_back_to() {
    let mut scene = Scene::new();
    scene.service.earlier.clear();
    let template = scene.service.replica_set["spec"]["template"].clone();
    for number in 3..12 {
        let mut set = scene.service.replica_set.clone();
        set["metadata"]["name"] = json!(format!("api-gateway-{number}"));
        set["metadata"]["uid"] = json!(format!("r-{number}"));
        set["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = json!(number.to_string());
        set["spec"]["template"] = template.clone();
        set["spec"]["template"]["metadata"]["annotations"]["kubectl.kubernetes.io/restartedAt"] =
            json!(number.to_string());
        scene.service.earlier.push(set);
    }
    let run = refused(&scene.serve(), &[], "check/revision");
    let why = "the last 10 revisions are restarts of the same template; \
               revisions 1 to 2 are not kept any more (revisionHistoryLimit 10)";
    assert_eq!(report(&run)["findings"][0]["summary"], why);
}

#[test]
fn what_the_revision_needs_must_be_there() {
    type Change = fn(&mut Scene);
    let gone: Change = |scene| scene.settings = None;
    let no_key: Change = |scene| scene.secret = Some(json!({"other": ""}));
    for (change, words, instead) in [
        (gone, "ConfigMap settings does not exist", "kubectl get configmaps -n skillancer-production"),
        (no_key, "Secret tokens has no key token", "kubectl get secrets -n skillancer-production"),
    ] {
        let mut scene = Scene::new();
        change(&mut scene);
        let api = scene.serve();
        let run = refused(&api, &[], "check/references");
        let summary = format!("revision 11 needs what is not there: {words}");
        assert_eq!(report(&run)["findings"][0]["summary"], summary);
        let again = "kubectl sk-rollback api-gateway -n skillancer-production --force references";
        let raw = "kubectl rollout undo deployment/api-gateway --to-revision=11 -n skillancer-production";
        assert_eq!(next(&run), [instead, raw, again]);
        let forced = Scene::run(&api, &["--dry-run", "--force", "references", "-o", "json"]).run().code(0);
        assert_eq!(report(&forced)["outcome"], "Planned");
    }
}

#[test]
fn a_paused_deployment_says_how_to_go_on() {
    let mut scene = Scene::new();
    scene.service.deployment["spec"]["paused"] = json!(true);
    let run = refused(&scene.serve(), &["--to-revision", "8"], "check/paused");
    let command = "kubectl sk-rollback api-gateway --to-revision 8 -n skillancer-production --force paused";
    assert_eq!(
        next(&run),
        ["kubectl rollout resume deployment/api-gateway -n skillancer-production", command]
    );
}

#[test]
fn what_a_tool_owns_the_tool_rolls_back() {
    let flux = |kind: &str| json!({format!("{kind}.toolkit.fluxcd.io/name"): "apps"});
    for (labels, annotations, command) in [
        (
            json!({}),
            json!({"argocd.argoproj.io/tracking-id": "edge:apps/Deployment:x/api-gateway"}),
            "argocd app rollback edge ID",
        ),
        (flux("kustomize"), json!({}), "flux suspend kustomization apps"),
        (flux("helm"), json!({}), "flux suspend helmrelease apps"),
        (
            json!({"app.kubernetes.io/managed-by": "Helm"}),
            json!({"meta.helm.sh/release-name": "edge", "meta.helm.sh/release-namespace": "x"}),
            "helm rollback edge REVISION -n x",
        ),
    ] {
        let mut scene = Scene::new();
        scene.service.deployment["metadata"]["labels"] = labels;
        scene.service.deployment["metadata"]["annotations"] = annotations;
        let run = refused(&scene.serve(), &[], "check/gitops");
        assert!(next(&run).iter().any(|next| next == command), "{run}");
        let raw = "kubectl rollout undo deployment/api-gateway --to-revision=11 -n skillancer-production";
        assert!(next(&run).iter().any(|next| next == raw), "{run}");
    }
}

#[test]
fn a_deployment_that_is_absent() {
    let api = FakeApi::start();
    testkit::allow(&api, &json!({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}));
    let absent = testkit::Reply::refusal(404, "NotFound", "deployments.apps \"api-gateway\" not found");
    api.on("GET", "/apis/apps/v1/namespaces/skillancer-production/deployments/api-gateway", [absent]);
    let run = Scene::run(&api, &["--history", "-o", "json"]).run().code(3);
    assert_eq!(report(&run)["kind"], "HistoryReport");
    run.stderr_has("Error from server (NotFound): deployments.apps \"api-gateway\" not found");
}
