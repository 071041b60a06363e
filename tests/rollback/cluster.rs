//! sk-rollback on the real cluster, called as users call it: where it goes, and what it keeps.

#[path = "support.rs"]
#[expect(dead_code, reason = "the fake API's half serves another target")]
mod support;

#[path = "service.rs"]
mod service;

use serde_json::{Value, json};
use service::Service;
use support::report;
use testkit::{Availability, TestCluster};

/// Goes back without asking, without a soak.
const GO: [&str; 3] = ["--yes", "-o", "json"];

#[test]
fn plain_undo_lands_on_the_bad_release_again_and_sk_rollback_does_not() {
    let cluster = TestCluster::get();
    let service = Service::start(&cluster);
    service.release("v2");
    service.restart();
    service.wait();
    service.restart();
    service.wait();
    assert_eq!((service.revision(), service.runs().as_str()), (4, "v2"));

    service.deployed.kubectl(&["rollout", "undo", "deployment/web"]);
    service.wait();
    assert_eq!(service.runs(), "v2", "kubectl went to revision 3, which is v2 too");

    let witness = Availability::watch(&cluster, service.deployed.namespace(), "web");
    let run = service.rollback(&GO).run().code(0);
    let available = witness.finish();
    let report = report(&run);
    assert_eq!((service.runs().as_str(), &report["toRevision"]), ("v1", &json!(1)), "{run}");
    assert_eq!(
        (&report["outcome"], &report["verified"]["rollout"]),
        (&json!("Succeeded"), &json!("pass")),
        "{run}"
    );
    assert!(available.iter().min() >= Some(&2), "available over time: {available:?}\n{run}");
    let passed: Vec<&Value> =
        report["passedOver"].as_array().into_iter().flatten().map(|p| &p["revision"]).collect();
    assert_eq!(passed, [&json!(4), &json!(2)], "{run}");
    let image = std::env::var("SK_TEST_STUB_IMAGE").unwrap_or_default();
    assert!(report["images"][0]["image"].as_str().is_some_and(|runs| runs.ends_with(&image)), "{run}");
}

#[test]
fn two_bad_releases_in_a_row_are_both_passed_over() {
    let cluster = TestCluster::get();
    let service = Service::start(&cluster);
    service.release_bad("v2");
    service.release_bad("v3");
    let run = service.rollback(&GO).run().code(0);
    let report = report(&run);
    assert_eq!((service.runs().as_str(), &report["toRevision"]), ("v1", &json!(1)), "{run}");
    let why = "no rollout to it was ever completed: older pods have outlived it";
    assert_eq!(report["passedOver"], json!([{"revision": 2, "why": why}]), "{run}");
}

#[test]
fn what_a_run_of_ours_verified_is_preferred_and_restarts_are_folded() {
    let cluster = TestCluster::get();
    let service = Service::start(&cluster);
    service.release("v2");
    // Back to v1, which verifies it, and on to v3 and v4, which nobody verified.
    service.rollback(&GO).run().code(0);
    service.restart();
    service.wait();
    service.release("v3");
    service.release("v4");
    let run = service.rollback(&["--history", "-o", "json"]).run().code(0);
    let history = report(&run);
    let shown: Vec<Value> = history["revisions"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|revision| {
            json!([revision["revision"], revision["folded"], revision["verified"], revision["current"]])
        })
        .collect();
    assert_eq!(
        shown,
        [
            json!([6, [], false, true]),
            json!([5, [], false, false]),
            json!([4, [3], true, false]),
            json!([2, [], false, false])
        ],
        "{run}"
    );
    assert_eq!(history["goesTo"], json!(4), "{run}");
    let run = service.rollback(&GO).run().code(0);
    assert_eq!((service.runs().as_str(), &report(&run)["toRevision"]), ("v1", &json!(4)), "{run}");
}

#[test]
fn annotations_are_kept() {
    let cluster = TestCluster::get();
    let service = Service::start(&cluster);
    let note = |key: &str, value: &str| {
        service.deployed.kubectl(&["annotate", "deployment/web", "--overwrite", &format!("{key}={value}")]);
        service.wait_for_generation();
    };
    note("kubernetes.io/change-cause", "release-1");
    service.release("v2");
    note("kubernetes.io/change-cause", "release-2");
    note("example.com/team", "edge");
    let before = service.deployment();
    let run = service.rollback(&["--dry-run=server", "-o", "json"]).run().code(0);
    assert_eq!(report(&run)["outcome"], "Planned", "{run}");
    let after = service.deployment();
    assert_eq!(
        after["metadata"]["resourceVersion"], before["metadata"]["resourceVersion"],
        "a dry run keeps nothing"
    );

    service.rollback(&GO).run().code(0);
    let annotations = service.deployment()["metadata"]["annotations"].clone();
    assert_eq!(annotations["example.com/team"], "edge");
    assert_eq!(annotations["kubernetes.io/change-cause"], "release-2");
    let applied = "kubectl.kubernetes.io/last-applied-configuration";
    assert_eq!(annotations[applied], before["metadata"]["annotations"][applied]);
    assert_eq!(annotations["deployment.kubernetes.io/revision"], "3");
}

#[test]
fn it_leaves_an_event_and_an_entry() {
    let cluster = TestCluster::get();
    let service = Service::start(&cluster);
    service.release("v2");
    let run = service.rollback(&GO).args(["--reason", "errors since v2"]).run().code(0);
    let operation = report(&run)["operation"].as_str().unwrap_or_default().to_owned();
    let namespace = service.deployed.namespace();
    let events = cluster.get_json(["events", "-n", namespace, "--field-selector", "reason=RolledBack"]);
    let message = events["items"][0]["message"].as_str().unwrap_or_default();
    assert!(
        message.contains("rolled it back to revision 1 with sk-rollback (errors since v2): Succeeded"),
        "{events}"
    );
    assert!(message.contains(&operation), "{events}");
    let history = cluster.get_json(["configmap", "sk-history", "-n", namespace]);
    let entry = history["data"][&operation].as_str().unwrap_or_default();
    assert!(
        entry.contains("\"command\":\"sk-rollback\"") && entry.contains("\"verified\":true"),
        "{history}"
    );
    assert_eq!(
        service.deployment()["metadata"]["annotations"]["kubernetes.io/change-cause"],
        "errors since v2"
    );
    let leases = cluster.get_json(["leases", "-n", namespace]);
    assert_eq!(leases["items"], json!([]));
}
