//! sk-diagnose as users of whom RBAC withholds something: pods alone suffice, and what could not be seen is said.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

#[path = "real.rs"]
mod real;

use std::time::Duration;

use serde_json::{Value, json};
use testkit::{Run, TestCluster, User, Verb, wait_until};

use real::{Scene, never_in_time, orders, report};

const GET_PODS: Verb = ("get", "", "pods");
const LIST_PODS: Verb = ("list", "", "pods");
const EVENTS: Verb = ("list", "", "events");
const LOGS: Verb = ("get", "", "pods/log");
const FORWARD: [Verb; 2] = [("get", "", "pods/portforward"), ("create", "", "pods/portforward")];
const EXEC: [Verb; 2] = [("get", "", "pods/exec"), ("create", "", "pods/exec")];

fn crashing(scene: &Scene) {
    scene.start("web", |pod| {
        let last_words = "cannot connect to redis:6379: connection refused";
        pod["spec"]["containers"][0]["env"] =
            orders(&[("log-error", last_words), ("exit-code", "7"), ("exit-after", "1")]);
        pod["spec"]["containers"][0]["readinessProbe"] = never_in_time();
    });
    scene.wait("web", "it crashes again", |pod| {
        pod["status"]["containerStatuses"][0]["restartCount"].as_u64() >= Some(1)
            && pod["status"]["containerStatuses"][0]["state"]["waiting"].is_object()
    });
}

fn unready(scene: &Scene) {
    scene.start("web", |pod| {
        let app = &mut pod["spec"]["containers"][0];
        app["env"] = orders(&[("health-status", "503"), ("health-body", "database: down")]);
        app["readinessProbe"] =
            json!({"httpGet": {"path": "/health/ready", "port": 8080}, "periodSeconds": 1, "failureThreshold": 2});
    });
    wait_until(Duration::from_secs(60), "the probe's budget is used up", || {
        let run = scene.diagnose(&["readiness", "web", "-o", "json"]).run();
        (run.json()["outcome"] == "Failed").then_some(())
    });
}

#[track_caller]
fn unseen(run: &Run) -> String {
    report(run)["unseen"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn pods_alone_name_the_cause_and_the_rest_is_said_to_be_unseen() {
    let scene = Scene::new(&TestCluster::get());
    crashing(&scene);
    let user = User::new(scene.cluster(), scene.namespace());
    let run =
        |verbs: &[Verb], form: &[&str]| scene.diagnose_as(&user.may(verbs), form).args(["-o", "json"]).run();

    let blind = run(&[GET_PODS], &["crashloop", "web"]).code(1);
    assert_eq!(report(&blind)["findings"][0]["code"], "crashloop/app-exit", "{blind}");
    for withheld in ["cannot list resource \"events\"", "cannot get resource \"pods/log\""] {
        assert!(unseen(&blind).contains(withheld), "{withheld} is not said\n{blind}");
    }
    let with_log = run(&[GET_PODS, LOGS], &["crashloop", "web"]).code(1);
    assert!(with_log.stdout.contains("redis:6379") && !unseen(&with_log).contains("pods/log"), "{with_log}");
    let listed = run(&[LIST_PODS, LOGS, EVENTS], &["crashloop"]).code(1);
    assert!(listed.stdout.contains("redis:6379") && !unseen(&listed).contains("events"), "{listed}");
}

#[test]
fn without_pods_there_is_no_diagnosis_and_the_verb_is_named() {
    let scene = Scene::new(&TestCluster::get());
    scene.start("web", |_| {});
    let user = User::new(scene.cluster(), scene.namespace());
    for (verbs, form, verb) in [
        (&[EVENTS, LIST_PODS][..], &["pod", "web"][..], "get"),
        (&[EVENTS, GET_PODS], &["crashloop"], "list"),
        (&[EVENTS, LIST_PODS, GET_PODS], &["crashloop", "-A"], "list"),
    ] {
        let run = scene.diagnose_as(&user.may(verbs), form).run().code(3).stdout("");
        run.stderr_has("Error from server (Forbidden): ")
            .stderr_has(&format!("cannot {verb} resource \"pods\""));
    }
    let run = scene.diagnose_as(&user.may(&[LIST_PODS]), &["service", "web"]).run().code(3);
    run.stderr_has("cannot get resource \"deployments\"");
}

#[test]
fn without_events_a_pod_that_is_well_is_not_called_so() {
    let scene = Scene::new(&TestCluster::get());
    scene.start("web", |_| {});
    scene.wait("web", "it is ready", |pod| pod["status"]["containerStatuses"][0]["ready"] == true);
    let user = User::new(scene.cluster(), scene.namespace());
    let run = scene.diagnose_as(&user.may(&[GET_PODS]), &["pod", "web"]).run().code(0);
    run.never_says("✓").stdout_has("? web: ").stdout_has("not seen: events: ");
}

#[test]
fn the_endpoint_is_asked_through_curl_where_port_forwarding_is_withheld() {
    let scene = Scene::new(&TestCluster::get());
    unready(&scene);
    let user = User::new(scene.cluster(), scene.namespace());
    let run = |verbs: &[Verb]| {
        let all = [&[GET_PODS, EVENTS], verbs].concat();
        scene.diagnose_as(&user.may(&all), &["readiness", "web"]).args(["-o", "json"]).run().code(1)
    };
    for way in [FORWARD, EXEC] {
        let run = run(&way);
        assert!(run.stdout.contains("database: down"), "not asked with {way:?}\n{run}");
        assert!(!unseen(&run).contains("pods/portforward"), "{run}");
    }
    let run = run(&[]);
    assert!(unseen(&run).contains("pods/portforward") && unseen(&run).contains("pods/exec"), "{run}");
    assert!(
        report(&run)["findings"][0]["code"].as_str().is_some_and(|code| code.starts_with("readiness/")),
        "{run}"
    );
}
