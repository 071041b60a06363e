//! What RBAC or a broken API withholds: a partial diagnosis that says so, or none, and never "nothing wrong".

use testkit::{FakeApi, Reply};

use crate::support::{
    NAMESPACE, World, crashing, deployment, diagnose, findings, ready, replica_set, report, terminating,
    unready, unschedulable, verdicts,
};

fn forbidden(verb: &str, resource: &str) -> Reply {
    let message = format!(
        "{resource} is forbidden: User \"tester\" cannot {verb} resource {resource:?} in API group \"\""
    );
    Reply::refusal(403, "Forbidden", &message)
}

/// Runs sk-diagnose with this path answered so.
fn with(world: &World, path: &str, reply: Reply, arguments: &[&str]) -> testkit::Run {
    let api = FakeApi::start();
    world.serve(&api);
    api.on("GET", path, [reply]);
    diagnose().kubeconfig(api.kubeconfig()).args(arguments).args(["-n", NAMESPACE]).run()
}

const EVENTS: &str = "/api/v1/namespaces/shop/events";
const PODS: &str = "/api/v1/namespaces/shop/pods";

#[test]
fn without_pods_there_is_no_diagnosis() {
    let world = World::web(vec![crashing("web", "a")]);
    for (path, verb, arguments) in [
        ("/api/v1/namespaces/shop/pods/*", "get", vec!["pod", "web-6f9c7d5b8-a"]),
        (PODS, "list", vec!["crashloop"]),
        (PODS, "list", vec!["service", "web"]),
        ("/api/v1/pods", "list", vec!["pending", "-A"]),
    ] {
        let mut forms = vec![arguments.clone()];
        forms.push([arguments.as_slice(), &["-o", "json"]].concat());
        for form in forms {
            let api = FakeApi::start();
            world.serve(&api);
            api.on("GET", path, [forbidden(verb, "pods")]);
            if path.ends_with('*') {
                api.on("GET", "/api/v1/namespaces/shop/pods/web-6f9c7d5b8-a", [forbidden(verb, "pods")]);
            }
            let run =
                diagnose().kubeconfig(api.kubeconfig()).args(&form).args(["-n", NAMESPACE]).run().code(3);
            let run = run
                .stderr_has(&format!(
                    "Error from server (Forbidden): pods is forbidden: User \"tester\" cannot {verb}"
                ))
                .stderr_has(&format!("auth can-i {verb} pods"));
            if form.contains(&"json") {
                assert_eq!(report(&run)["findings"][0]["code"], "check/access");
            }
        }
    }
}

#[test]
fn without_deployments_there_is_no_service() {
    let world = World::web(vec![ready("web", "a")]);
    for path in ["/apis/apps/v1/namespaces/shop/deployments/web", "/apis/apps/v1/namespaces/shop/replicasets"]
    {
        let run = with(&world, path, forbidden("get", "deployments.apps"), &["service", "web"]);
        run.code(3).stdout("").stderr_has("Forbidden");
    }
    let deployments = "/apis/apps/v1/namespaces/shop/deployments";
    let api = FakeApi::start();
    world.serve(&api);
    for path in [deployments.to_owned(), format!("{deployments}/*")] {
        api.on("GET", &path, [forbidden("get", "deployments.apps")]);
    }
    let run = diagnose().kubeconfig(api.kubeconfig()).args(["-n", NAMESPACE]).run();
    run.code(3).stdout("").stderr_has("cannot get");
}

/// To list Deployments is not among the required verbs.
#[test]
fn where_deployments_cannot_be_listed_each_is_read() {
    let pods = vec![ready("billing-svc", "a")];
    let world = World {
        deployments: vec![deployment("billing-svc", 1, 1)],
        replica_sets: vec![replica_set("billing-svc")],
        ..World::web(pods)
    };
    let deployments = "/apis/apps/v1/namespaces/shop/deployments";
    let run = with(&world, deployments, forbidden("list", "deployments.apps"), &[]);
    run.code(1)
        .stdout_has("! billing-svc       1/1 ready")
        .stdout_has("there is no deployment/auth-svc in shop");
}

#[test]
fn without_events_nothing_that_is_not_well_is_called_so() {
    let world = World::web(vec![ready("web", "a"), unready("web", "b")]);
    let events = || forbidden("list", "events");
    for arguments in [vec!["pod", "web-6f9c7d5b8-b"], vec!["readiness"], vec!["service", "web"]] {
        let run = with(&world, EVENTS, events(), &arguments);
        let run = run.stdout_has("not seen: events: Error from server (Forbidden): events is forbidden");
        run.never_says("✓");
        let json = [arguments.as_slice(), &["-o", "json"]].concat();
        let run = with(&world, EVENTS, events(), &json);
        assert!(!verdicts(&run).iter().any(|verdict| verdict.starts_with("pass")), "{run}");
        assert!(report(&run)["unseen"].to_string().contains("events is forbidden"), "{run}");
    }
    let run = with(&world, EVENTS, events(), &["pod", "web-6f9c7d5b8-a"]);
    run.code(0).never_says("✓").stdout_has("? web-6f9c7d5b8-a: ").stdout_has("not seen: events: ");
}

#[test]
fn whatever_else_is_withheld_is_named() {
    let crashes = World::web(vec![ready("web", "b"), crashing("web", "a")]);
    let waits = World::web(vec![unschedulable("web", "a")]);
    let ends = World::web(vec![terminating("web", "a")]);
    let log = "/api/v1/namespaces/shop/pods/web-6f9c7d5b8-a/log";
    for (world, path, words, code) in [
        (&crashes, log, "pods/log", "crashloop/app-exit"),
        (&crashes, "/apis/apps/v1/namespaces/shop/deployments/web", "deployments.apps", "crashloop/app-exit"),
        (&crashes, "/apis/apps/v1/namespaces/shop/replicasets", "replicasets.apps", "crashloop/app-exit"),
        (&crashes, PODS, "pods", "crashloop/app-exit"),
        (&crashes, EVENTS, "events", "crashloop/app-exit"),
        (&waits, "/api/v1/nodes", "nodes", "pending/insufficient-cpu"),
        (&waits, EVENTS, "events", "pending/insufficient-cpu"),
        (&ends, EVENTS, "events", "terminating/finalizer"),
    ] {
        let run = with(world, path, forbidden("get", words), &["pod", "web-6f9c7d5b8-a", "-o", "json"]);
        let run = run.code(1);
        assert_eq!(findings(&run)[0], format!("{code} pod/web-6f9c7d5b8-a"), "{path}");
        let unseen = report(&run)["unseen"].to_string();
        assert!(unseen.contains(&format!("{words} is forbidden")), "{path}: {run}");
    }
}

#[test]
fn what_breaks_is_named_too() {
    let world = World::web(vec![crashing("web", "a")]);
    for (reply, words) in [
        (Reply::refusal(500, "InternalError", "etcdserver: leader changed"), "etcdserver: leader"),
        (Reply::text(200, "<html>not an API</html>"), "the answer is no JSON"),
        (Reply::close(), "EOF"),
    ] {
        let run = with(&world, EVENTS, reply, &["pod", "web-6f9c7d5b8-a"]);
        run.code(1).stdout_has("crashloop/app-exit").stdout_has("not seen: events: ").stdout_has(words);
    }
}

#[test]
fn one_namespace_of_several_may_be_withheld() {
    let world = World {
        deployments: vec![crate::support::deployment("web", 1, 1)],
        replica_sets: vec![crate::support::replica_set("web")],
        pods: vec![ready("web", "a")],
        ..World::default()
    };
    let api = FakeApi::start();
    world.serve(&api);
    let other = "/apis/apps/v1/namespaces/other/deployments/cart";
    api.on("GET", other, [forbidden("get", "deployments.apps")]);
    api.on("GET", "/apis/apps/v1/namespaces/other/*", [forbidden("list", "replicasets.apps")]);
    api.on("GET", "/api/v1/namespaces/other/*", [forbidden("list", "pods")]);
    let plugin = diagnose();
    let services = plugin.home().join("services.yaml");
    let yaml = "services:\n- {name: web, namespace: shop}\n- {name: cart, namespace: other}\n";
    std::fs::write(&services, yaml).expect("a catalogue");
    let run = plugin.kubeconfig(api.kubeconfig()).args(["--services"]).args([&services]).run().code(0);
    run.stdout_has("✓ web   1/1 ready\n")
        .stdout_has("? cart  Error from server (Forbidden)")
        .stdout_has("not seen: ");
}
