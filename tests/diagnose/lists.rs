//! Long lists: pages, and events only of what is not well.

use serde_json::{Value, json};
use testkit::{FakeApi, Reply, Request};

use crate::support::{
    NAMESPACE, World, crashing, diagnose, event, findings, ready, requests, unready, verdicts,
};

const PODS: &str = "/api/v1/namespaces/shop/pods";

/// Answers lists in pages of `limit`, as the API server does.
fn in_pages(items: Vec<Value>) -> Reply {
    Reply::made(move |request: &Request| {
        let of =
            |name: &str| request.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        let start: usize = of("continue").and_then(|token| token.parse().ok()).unwrap_or(0);
        let limit: usize = of("limit").and_then(|limit| limit.parse().ok()).unwrap_or(usize::MAX);
        let end = start.saturating_add(limit).min(items.len());
        let next = if end < items.len() { json!({"continue": end.to_string()}) } else { json!({}) };
        json!({"kind": "List", "apiVersion": "v1", "metadata": next, "items": items[start..end]})
    })
}

fn events_requests(api: &FakeApi) -> Vec<String> {
    requests(api).into_iter().filter(|request| request.contains("/events?")).collect()
}

#[test]
fn three_thousand_pods_are_read_in_pages_and_ten_are_found() {
    let pods: Vec<Value> = (0..3000)
        .map(|number| {
            let make = if number % 300 == 7 { crashing } else { ready };
            make("web", &format!("{number:04}"))
        })
        .collect();
    let api = FakeApi::start();
    let world = World::web(pods.clone());
    world.serve(&api);
    api.on("GET", PODS, [in_pages(pods)]);
    let plugin = diagnose().kubeconfig(api.kubeconfig());
    let run = plugin.args(["service", "web", "-n", NAMESPACE, "-o", "json"]).run().code(1);
    assert_eq!(verdicts(&run), ["fail deployment/web"]);
    let crashes = findings(&run).into_iter().filter(|finding| finding.starts_with("crashloop/app-exit"));
    let expected: Vec<String> =
        (0..10).map(|ten| format!("crashloop/app-exit pod/web-6f9c7d5b8-{:04}", ten * 300 + 7)).collect();
    assert_eq!(crashes.collect::<Vec<_>>(), expected);
    let pages = api.requests().iter().filter(|request| request.path == PODS).count();
    assert_eq!(pages, 6);
    assert_eq!(events_requests(&api).len(), 1, "one for all ten");
    let logs = api.requests().iter().filter(|request| request.path.ends_with("/log")).count();
    assert_eq!(logs, 5, "the others are told by the same state");
}

#[test]
fn the_events_of_many_are_picked_out_of_the_namespaces() {
    let sick: Vec<Value> = (0..30).map(|number| unready("web", &format!("{number:02}"))).collect();
    let bystander = ready("cart", "x");
    let mut events: Vec<Value> = sick.iter().map(crate::support::probe_failed).collect();
    for number in 0..10_000 {
        let mut one = event(&bystander, "Normal", "Pulled", "image is there");
        one["metadata"]["name"] = json!(format!("cart.{number}"));
        events.push(one);
    }
    let api = FakeApi::start();
    World::web(sick).serve(&api);
    api.on("GET", "/api/v1/namespaces/shop/events", [in_pages(events)]);
    let plugin = diagnose().kubeconfig(api.kubeconfig());
    let run = plugin.args(["readiness", "-n", NAMESPACE, "-o", "json"]).run().code(1);
    let found = findings(&run).iter().filter(|finding| finding.starts_with("readiness/http-5xx")).count();
    assert_eq!(found, 30, "{run}");
    let asked = events_requests(&api);
    assert_eq!(asked.len(), 21, "pages of 500: {asked:#?}");
    assert!(asked.iter().all(|one| one.contains("fieldSelector=involvedObject.kind=Pod")), "{asked:#?}");
}

#[test]
fn what_is_looked_into_is_bounded() {
    let apps: Vec<String> = (0..40).map(|number| format!("app-{number:02}")).collect();
    let pods = apps.iter().map(|app| crashing(app, "a")).collect();
    let world = World { pods, log: "boom\n".to_owned(), ..World::default() };
    let (run, api) = world.run(&["crashloop", "-o", "json"]);
    let run = run.code(1);
    assert_eq!(findings(&run).len(), 40, "{run}");
    let logs = api.requests().iter().filter(|request| request.path.ends_with("/log")).count();
    assert_eq!(logs, 20);
    assert!(run.stdout.contains("20 more logs of earlier runs: only the first 20 are read"), "{run}");
}
