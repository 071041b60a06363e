//! What people read: the verdict first, a dozen lines for one cause, 80 columns, commands that can be pasted.

use serde_json::json;
use testkit::Run;

use crate::support::{World, crashing, deployment, ready, replica_set, unschedulable};

/// Columns of a terminal.
const WIDTH: usize = 80;

/// What was printed, held to what all of it must be.
#[track_caller]
fn shown(run: &Run) -> &str {
    for line in run.stdout.lines() {
        assert!(line.chars().count() <= WIDTH, "more than {WIDTH} columns: {line}\n{run}");
        assert_eq!(line, line.trim_end(), "spaces at the end\n{run}");
    }
    assert!(!run.stdout.contains('\u{1b}'), "colours in a pipe\n{run}");
    &run.stdout
}

fn crashing_world() -> World {
    World {
        log: "cache warm-up 180000/400000\nERROR cannot connect to redis:6379: connection refused\n"
            .to_owned(),
        ..World::web(vec![ready("web", "a"), crashing("web", "b")])
    }
}

#[test]
fn one_pod_that_crashes() {
    let (run, _api) = crashing_world().run(&["crashloop", "web-6f9c7d5b8-b"]);
    let run = run.code(1).stderr("");
    assert!(shown(&run).lines().count() <= 12, "{run}");
    insta::assert_snapshot!(shown(&run));
}

#[test]
fn one_pod_with_the_end_of_its_log() {
    let (run, _api) = crashing_world().run(&["pod", "web-6f9c7d5b8-b", "--logs", "2"]);
    insta::assert_snapshot!(shown(&run.code(1)));
}

#[test]
fn one_pod_that_is_well() {
    let (run, _api) = World::web(vec![ready("web", "a")]).run(&["pod", "web-6f9c7d5b8-a"]);
    insta::assert_snapshot!(shown(&run.code(0)), @"✓ web-6f9c7d5b8-a: Running, ready");
}

#[test]
fn one_pod_that_is_not_in_the_state_it_was_asked_for() {
    let (run, _api) = World::web(vec![ready("web", "a")]).run(&["crashloop", "web-6f9c7d5b8-a"]);
    insta::assert_snapshot!(shown(&run.code(0)), @"✓ web-6f9c7d5b8-a does not crash: Running, ready");
    let (run, _api) = crashing_world().run(&["pending", "web-6f9c7d5b8-b"]);
    run.code(1).stdout_has("web-6f9c7d5b8-b is not pending: ");
}

#[test]
fn many_pods_with_one_cause_are_one_cause() {
    let pods = ["a", "b", "c", "d", "e", "f", "g"].map(|suffix| unschedulable("web", suffix)).to_vec();
    let (run, _api) = World::web(pods).run(&["pending"]);
    let run = run.code(1);
    assert_eq!(run.stdout.matches("pending/insufficient-cpu").count(), 1, "{run}");
    insta::assert_snapshot!(shown(&run));
}

#[test]
fn one_pod_matches_and_two_match() {
    for (count, words) in
        [(1, "1 pod that matches app=web is pending"), (2, "2 pods that match app=web are pending")]
    {
        let pods = ["a", "b"][..count].iter().map(|suffix| unschedulable("web", suffix)).collect();
        let (run, _api) = World::web(pods).run(&["pending", "-l", "app=web"]);
        run.code(1).stdout_has(words);
    }
}

#[test]
fn a_service_with_two_causes() {
    let world = World::web(vec![ready("web", "a"), crashing("web", "b"), unschedulable("web", "c")]);
    let (run, _api) = world.run(&["service", "web"]);
    insta::assert_snapshot!(shown(&run.code(1)));
}

#[test]
fn every_service_in_one_line_and_then_what_was_found() {
    let mut world = World::default();
    for service in
        ["api-gateway", "auth-svc", "market-svc", "billing-svc", "notification-svc", "skillpod-svc"]
    {
        let sick = service == "billing-svc";
        world.deployments.push(deployment(service, 4, if sick { 3 } else { 4 }));
        world.replica_sets.push(replica_set(service));
        world.pods.push(ready(service, "a"));
        world.pods.push(if sick { crashing(service, "b") } else { ready(service, "b") });
    }
    let (run, _api) = world.run(&[]);
    let run = run.code(1);
    assert_eq!(run.stdout.lines().nth(3), Some("✗ billing-svc       3/4 ready"), "{run}");
    insta::assert_snapshot!(shown(&run));
}

#[test]
fn a_service_that_is_scaled_under_its_minimum_is_not_well() {
    for replicas in [0, 1] {
        let pods = (0..replicas).map(|_| ready("api-gateway", "a")).collect();
        let world = World {
            deployments: vec![deployment("api-gateway", replicas, replicas)],
            replica_sets: vec![replica_set("api-gateway")],
            pods,
            ..World::default()
        };
        let (run, _api) = world.run(&["service", "api-gateway"]);
        let run = run.code(0).stderr("").never_says("maxUnavailable");
        assert!(shown(&run).starts_with("! api-gateway: "), "{run}");
        run.stdout_has(&format!("scaled to {replicas}, and the service's minimum is 3"))
            .stdout_has("kubectl scale deployment/api-gateway --replicas=3 -n shop");
    }
}

#[test]
fn a_state_with_pods_of_which_nothing_is_known() {
    let mut started = ready("web", "a");
    started["status"]["conditions"][0]["status"] = json!("False");
    let (run, _api) = World::web(vec![started]).run(&["readiness"]);
    insta::assert_snapshot!(shown(&run.code(0)));
}

#[test]
fn a_locale_without_utf8_gets_ascii() {
    let api = testkit::FakeApi::start();
    crashing_world().serve(&api);
    for (locale, sign) in [("C", "x "), ("C.UTF-8", "✗ ")] {
        let plugin = crate::support::diagnose().kubeconfig(api.kubeconfig()).env("LC_ALL", locale);
        let run = plugin.args(["pod", "web-6f9c7d5b8-b", "-n", "shop"]).run().code(1);
        assert!(run.stdout.starts_with(sign), "{run}");
        assert!(locale != "C" || run.stdout.is_ascii(), "{run}");
    }
}

#[test]
fn colour_says_what_the_words_say() {
    let api = testkit::FakeApi::start();
    crashing_world().serve(&api);
    let plain = |color: &str| {
        let plugin = crate::support::diagnose().kubeconfig(api.kubeconfig());
        plugin.args(["pod", "web-6f9c7d5b8-b", "-n", "shop", "--color", color]).run().code(1).stdout
    };
    let (colored, without) = (plain("always"), plain("never"));
    assert!(colored.contains("\u{1b}[31m"));
    let mut stripped = String::new();
    let mut rest = colored.as_str();
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        stripped.push_str(before);
        rest = after.split_once('m').map_or("", |(_, rest)| rest);
    }
    assert_eq!(stripped + rest, without);
}
