//! What each form asks the API server for, and what comes of it.

use serde_json::{Value, json};
use testkit::{FakeApi, Reply};

use crate::support::{
    World, crashing, diagnose, findings, pod, probe_failed, ready, replica_set, requests, terminating,
    unready, unschedulable, verdicts,
};

const PODS: &str = "GET /api/v1/namespaces/shop/pods";
const NAMESPACE_ITSELF: &str = "GET /api/v1/namespaces/shop";
const EVENTS: &str = "GET /api/v1/namespaces/shop/events";
const DEPLOYMENTS: &str = "GET /apis/apps/v1/namespaces/shop/deployments";
const SERVICES: &str = "GET /api/v1/namespaces/shop/services";
const AUTOSCALERS: &str = "GET /apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers";
const BUDGETS: &str = "GET /apis/policy/v1/namespaces/shop/poddisruptionbudgets";
const REPLICA_SETS: &str = "GET /apis/apps/v1/namespaces/shop/replicasets";

/// The request for the events of one pod.
fn events_of(pod: &str) -> String {
    format!("{EVENTS}?fieldSelector=involvedObject.kind=Pod,involvedObject.name={pod}")
}

#[test]
fn a_pod_that_is_well_takes_two_requests() {
    let (run, api) = World::web(vec![ready("web", "a")]).run(&["pod", "web-6f9c7d5b8-a", "-o", "json"]);
    let run = run.code(0);
    assert_eq!(verdicts(&run), ["pass pod/web-6f9c7d5b8-a"]);
    assert_eq!(findings(&run), Vec::<String>::new());
    assert_eq!(requests(&api), [events_of("web-6f9c7d5b8-a"), format!("{PODS}/web-6f9c7d5b8-a")]);
}

#[test]
fn a_pod_that_crashes_is_compared_with_those_beside_it() {
    let mut world = World::web(vec![crashing("web", "a"), ready("web", "b")]);
    world.log = "started\nlisten tcp :8080: bind: address already in use\n".to_owned();
    let (run, api) = world.run(&["crashloop", "web-6f9c7d5b8-a", "-o", "json"]);
    let run = run.code(1);
    assert_eq!(findings(&run)[0], "crashloop/app-exit pod/web-6f9c7d5b8-a");
    assert!(run.stdout.contains("address already in use"), "{run}");
    let asked = requests(&api);
    for request in [
        events_of("web-6f9c7d5b8-a"),
        format!("{PODS}/web-6f9c7d5b8-a"),
        format!("{DEPLOYMENTS}/web"),
        format!("{REPLICA_SETS}?labelSelector=app=web"),
        format!("{PODS}?labelSelector=app=web"),
    ] {
        assert!(asked.contains(&request), "{request} is missing in {asked:#?}");
    }
    assert!(asked.iter().any(|one| one.contains("/log?") && one.contains("previous=true")), "{asked:#?}");
    assert!(asked.len() <= 8, "{asked:#?}");
}

#[test]
fn a_pod_that_is_not_ready_is_compared_with_those_of_the_template_before() {
    let unready = unready("web", "b");
    let mut world = World::web(vec![unready.clone()]);
    world.events = vec![probe_failed(&unready)];
    let mut set = replica_set("web");
    set["metadata"]["name"] = json!("web-old");
    set["metadata"]["uid"] = json!("r-old");
    set["spec"]["template"]["spec"]["containers"][0]["image"] = json!("example.com/web:1");
    world.replica_sets.push(set);
    let mut old = ready("web", "a");
    old["metadata"]["name"] = json!("web-old-a");
    old["metadata"]["ownerReferences"][0]["uid"] = json!("r-old");
    world.pods.push(old);
    for form in [["pod", "web-6f9c7d5b8-b"], ["service", "web"]] {
        let (run, _api) = world.run(&form);
        run.code(1).stdout_has("readiness/http-5xx").stdout_has("kubectl sk-rollback deployment/web -n shop");
    }
}

#[test]
fn a_pod_of_any_controller_is_diagnosed() {
    for (kind, name) in [("StatefulSet", "db"), ("DaemonSet", "agent"), ("Job", "import"), ("", "")] {
        let mut pod = crashing("db", "0");
        pod["metadata"]["labels"] = json!({"app": "db"});
        pod["metadata"]["ownerReferences"] = match kind {
            "" => json!(null),
            kind => json!([{"apiVersion": "v1", "kind": kind, "name": name, "uid": "o", "controller": true}]),
        };
        let world = World { pods: vec![pod], ..World::default() };
        let (run, api) = world.run(&["pod", "db-6f9c7d5b8-0", "-o", "json"]);
        assert_eq!(findings(&run.code(1))[0], "crashloop/app-exit pod/db-6f9c7d5b8-0", "{kind}");
        let asked = requests(&api);
        assert!(!asked.iter().any(|one| one.contains("deployments")), "{asked:#?}");
    }
}

#[test]
fn a_service_takes_what_it_owns_and_what_is_around_it() {
    let (run, api) =
        World::web(vec![ready("web", "a"), ready("web", "b")]).run(&["service", "web", "-o", "json"]);
    assert_eq!(verdicts(&run.code(0)), ["pass deployment/web"]);
    assert_eq!(
        requests(&api),
        [
            format!("{PODS}?labelSelector=app=web"),
            SERVICES.to_owned(),
            format!("{DEPLOYMENTS}/web"),
            format!("{REPLICA_SETS}?labelSelector=app=web"),
            AUTOSCALERS.to_owned(),
            BUDGETS.to_owned(),
        ]
    );
}

#[test]
fn a_service_says_what_is_wrong_with_its_pods() {
    for target in ["web", "deployment/web"] {
        let (run, _api) =
            World::web(vec![ready("web", "a"), crashing("web", "b")]).run(&["service", target, "-o", "json"]);
        let run = run.code(1);
        assert_eq!(verdicts(&run), ["fail deployment/web"]);
        assert_eq!(findings(&run)[0], "crashloop/app-exit pod/web-6f9c7d5b8-b");
    }
}

#[test]
fn all_services_take_six_requests_a_namespace() {
    let mut world = World::default();
    let services =
        ["api-gateway", "auth-svc", "market-svc", "billing-svc", "notification-svc", "skillpod-svc"];
    for service in services {
        world.deployments.push(crate::support::deployment(service, 4, 4));
        world.replica_sets.push(crate::support::replica_set(service));
        world.pods.push(ready(service, "a"));
    }
    let (run, api) = world.run(&["-o", "json"]);
    let run = run.code(1);
    let mut expected: Vec<String> = services.iter().map(|name| format!("pass deployment/{name}")).collect();
    expected.push("fail deployment/cockpit-svc".to_owned());
    assert_eq!(verdicts(&run), expected);
    assert_eq!(findings(&run), ["target/not-found deployment/cockpit-svc"]);
    let all =
        "app in (api-gateway,auth-svc,market-svc,billing-svc,notification-svc,skillpod-svc,cockpit-svc)";
    assert_eq!(
        requests(&api),
        [
            format!("{PODS}?labelSelector={all}"),
            SERVICES.to_owned(),
            DEPLOYMENTS.to_owned(),
            format!("{REPLICA_SETS}?labelSelector={all}"),
            AUTOSCALERS.to_owned(),
            BUDGETS.to_owned(),
        ]
    );
}

#[test]
fn a_deployment_with_another_selector_than_the_catalogues_is_read_by_its_own() {
    let mut deployment = crate::support::deployment("auth-svc", 1, 1);
    deployment["spec"]["selector"]["matchLabels"] = json!({"app": "auth-svc", "tier": "web"});
    let world = World {
        deployments: vec![deployment],
        replica_sets: vec![crate::support::replica_set("auth-svc")],
        pods: vec![crashing("auth-svc", "a")],
        ..World::default()
    };
    let (run, api) = world.run(&["service", "auth-svc", "-o", "json"]);
    assert_eq!(findings(&run.code(1))[0], "crashloop/app-exit pod/auth-svc-6f9c7d5b8-a");
    assert!(
        requests(&api).contains(&format!("{PODS}?labelSelector=app=auth-svc,tier=web")),
        "{:#?}",
        requests(&api)
    );
}

#[test]
fn each_state_lists_its_own_pods() {
    let unready = unready("web", "d");
    let world = World {
        events: vec![probe_failed(&unready)],
        ..World::web(vec![
            ready("web", "a"),
            crashing("web", "b"),
            unschedulable("web", "c"),
            unready,
            terminating("web", "e"),
        ])
    };
    for (form, code, finding, selector) in [
        ("terminating", 1, "terminating/finalizer pod/web-6f9c7d5b8-e", ""),
        (
            "pending",
            1,
            "pending/insufficient-cpu pod/web-6f9c7d5b8-c",
            "?fieldSelector=status.phase!=Running,status.phase!=Succeeded,status.phase!=Failed",
        ),
        ("crashloop", 1, "crashloop/app-exit pod/web-6f9c7d5b8-b", "?fieldSelector=status.phase!=Succeeded"),
        ("readiness", 1, "readiness/http-5xx pod/web-6f9c7d5b8-d", "?fieldSelector=status.phase=Running"),
    ] {
        let (run, api) = world.run(&[form, "-o", "json"]);
        let run = run.code(code);
        assert_eq!(verdicts(&run).len(), 1, "{form}: {run}");
        assert_eq!(findings(&run)[0], finding, "{form}: {run}");
        let asked = requests(&api);
        assert!(asked.contains(&format!("{PODS}{selector}")), "{form}: {asked:#?}");
        let pod = finding.rsplit('/').next().unwrap_or_default();
        assert!(asked.contains(&events_of(pod)), "{form}: {asked:#?}");
    }
}

#[test]
fn a_namespace_without_such_pods_is_told_so() {
    for form in ["terminating", "pending", "crashloop", "readiness"] {
        let (run, api) = World::web(vec![ready("web", "a")]).run(&[form]);
        run.code(0).stderr("").stdout_has("✓ shop: no pod ");
        // That the phase leaves all pods out is told from that there is none.
        assert_eq!(requests(&api).len(), if form == "pending" { 2 } else { 1 }, "{form}");
    }
}

#[test]
fn where_there_is_no_pod_nothing_is_called_well() {
    for form in ["terminating", "pending", "crashloop", "readiness"] {
        let (run, api) = World::web(vec![]).run(&[form]);
        run.code(0).stderr("").stdout("? shop: there is no pod\n");
        assert!(requests(&api).contains(&NAMESPACE_ITSELF.to_owned()), "{form}");
        let (run, _api) = World::web(vec![ready("web", "a")]).run(&[form, "-l", "app=nope"]);
        run.code(0).stderr("").stdout("? shop: no pod matches app=nope\n");
        let (run, api) = World::web(vec![ready("web", "a")]).run(&[form, "-A", "-l", "app=nope"]);
        run.code(0).stderr("").stdout("? all namespaces: no pod matches app=nope\n");
        assert!(!requests(&api).contains(&NAMESPACE_ITSELF.to_owned()), "{form}");
    }
}

#[test]
fn a_namespace_that_is_not_there_is_told_in_kubectls_words() {
    for (status, code, words) in [
        (404, 3, "Error from server (NotFound): namespaces \"shop\" not found"),
        (403, 0, "not seen: whether namespace shop is there: Error from server (Forbidden)"),
    ] {
        let api = FakeApi::start();
        World::default().serve(&api);
        let reason = if status == 404 { "NotFound" } else { "Forbidden" };
        let message =
            if status == 404 { "namespaces \"shop\" not found" } else { "namespaces \"shop\" is forbidden" };
        let answer = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "code": status, "message": message});
        api.on("GET", "/api/v1/namespaces/shop", [Reply::json(&answer).status(status)]);
        let run = diagnose().kubeconfig(api.kubeconfig()).args(["crashloop", "-n", "shop"]).run().code(code);
        let said = format!("{}{}", run.stdout, run.stderr);
        let said: Vec<&str> = said.split_whitespace().collect();
        assert!(said.join(" ").contains(words), "{run}");
        run.never_says("✓");
    }
}

#[test]
fn all_namespaces_and_a_selector_are_the_api_servers_to_narrow() {
    let world = World::web(vec![ready("web", "a"), unschedulable("web", "c")]);
    let (run, api) = world.run(&["pending", "-A", "-l", "app=web", "-o", "json"]);
    assert_eq!(findings(&run.code(1)), ["pending/insufficient-cpu pod/web-6f9c7d5b8-c"]);
    let asked = requests(&api);
    let all = "GET /api/v1/pods?labelSelector=app=web&fieldSelector=status.phase!=Running,status.phase!=Succeeded,status.phase!=Failed";
    assert!(asked.contains(&all.to_owned()), "{asked:#?}");
}

#[test]
fn what_namespaces_share_is_read_once() {
    let pods = ["shop", "tools", "lab"].map(|namespace| {
        let mut pod = unschedulable("web", namespace);
        pod["metadata"]["namespace"] = json!(namespace);
        pod["metadata"]["ownerReferences"] = Value::Null;
        pod
    });
    let (run, api) = World { pods: pods.to_vec(), ..World::default() }.run(&["pending", "-A", "-o", "json"]);
    let found = findings(&run.code(1));
    assert_eq!(
        found.iter().filter(|one| one.starts_with("pending/insufficient-cpu")).count(),
        3,
        "{found:#?}"
    );
    let asked = requests(&api);
    for path in ["GET /api/v1/nodes", "GET /api/v1/pods?fieldSelector=spec.nodeName=node-1"] {
        assert_eq!(asked.iter().filter(|request| request.starts_with(path)).count(), 1, "{path}: {asked:#?}");
    }
}

#[test]
fn of_few_pods_only_their_own_deployments_are_read() {
    let (run, api) =
        World::web(vec![ready("web", "a"), crashing("web", "b")]).run(&["crashloop", "-o", "json"]);
    assert_eq!(findings(&run.code(1)).len(), 1);
    let asked = requests(&api);
    let apps: Vec<&String> = asked.iter().filter(|request| request.contains("/apis/apps/")).collect();
    assert_eq!(
        apps,
        [
            "GET /apis/apps/v1/namespaces/shop/deployments/web",
            "GET /apis/apps/v1/namespaces/shop/replicasets?labelSelector=app=web"
        ]
    );
}

#[test]
fn a_try_that_failed_is_no_error_of_a_job_that_is_complete() {
    for (condition, code) in [("Complete", 0), ("Failed", 1)] {
        let mut pod = pod(
            "migrate",
            "1",
            &json!({"phase": "Failed", "containerStatuses": [{"name": "app", "image": "",
            "imageID": "", "ready": false, "restartCount": 0,
            "state": {"terminated": {"exitCode": 3, "reason": "Error"}}}]}),
        );
        pod["metadata"]["ownerReferences"][0]["kind"] = json!("Job");
        pod["metadata"]["ownerReferences"][0]["name"] = json!("migrate");
        pod["spec"]["restartPolicy"] = json!("Never");
        let api = FakeApi::start();
        World { pods: vec![pod], log: "boom\n".to_owned(), ..World::default() }.serve(&api);
        let job = json!({"metadata": {"name": "migrate"}, "status": {"conditions": [{"type": condition, "status": "True"}]}});
        api.on("GET", "/apis/batch/v1/namespaces/shop/jobs/migrate", [Reply::json(&job)]);
        let plugin = diagnose().kubeconfig(api.kubeconfig());
        let run = plugin.args(["crashloop", "-n", "shop", "-o", "json"]).run().code(code);
        assert_eq!(findings(&run), ["crashloop/app-exit pod/migrate-6f9c7d5b8-1"], "{condition}");
    }
}
