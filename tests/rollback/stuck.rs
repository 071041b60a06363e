//! Rollouts that hang or have failed, on the real cluster: the way back, and what serves meanwhile.

#[path = "support.rs"]
#[expect(dead_code, reason = "the fake API's half serves another target")]
mod support;

#[path = "service.rs"]
#[expect(dead_code, reason = "these releases fail in ways of their own")]
mod service;

use std::time::Duration;

use serde_json::{Value, json};
use service::Service;
use support::report;
use testkit::{Availability, TestCluster, wait_until};

/// Time for a Deployment's own progress deadline, and for the controller to notice.
const DEADLINE: Duration = Duration::from_secs(90);

/// `progressDeadlineSeconds`: short, but enough for pods that start on a busy machine.
const GIVES_UP_AFTER: i32 = 20;

/// Of three pods so many must be available: on a busy machine one may miss a probe.
const MIN_AVAILABLE: u64 = 2;

fn available(deployment: &Value) -> u64 {
    deployment["status"]["availableReplicas"].as_u64().unwrap_or_default()
}

/// Rolls an image out that no node has.
fn release_bad_image(service: &Service) {
    service.deployed.kubectl(&["set", "image", "deployment/web", "app=sk.local/stub-service:gone"]);
    service.wait_for_generation();
}

/// Once it serves: the first rollout is given all its time.
fn give_up_soon(service: &Service) {
    service.deployed.patch("deployment/web", &json!({"spec": {"progressDeadlineSeconds": GIVES_UP_AFTER}}));
}

/// Waits until the controller has given up.
fn wait_for_the_deadline(service: &Service) {
    wait_until(DEADLINE, "the progress deadline", || {
        let deployment = service.deployment();
        let mut conditions = deployment["status"]["conditions"].as_array().into_iter().flatten();
        conditions.any(|condition| condition["reason"] == "ProgressDeadlineExceeded").then_some(())
    });
}

/// Goes back, and at no moment fewer are available than must be, or than the failed rollout had left.
#[track_caller]
fn goes_back(cluster: &TestCluster, service: &Service) {
    let floor = available(&service.deployment()).min(MIN_AVAILABLE);
    let witness = Availability::watch(cluster, service.deployed.namespace(), "web");
    let run = service.rollback(&["--yes", "-o", "json"]).run().code(0);
    let over_time = witness.finish();
    let report = report(&run);
    assert_eq!((service.runs().as_str(), &report["outcome"]), ("v1", &json!("Succeeded")), "{run}");
    assert!(over_time.iter().min() >= Some(&floor), "under {floor}: {over_time:?}\n{run}");
    assert_eq!(available(&service.deployment()), 3, "{run}");
}

#[test]
fn a_rollout_that_hangs_on_an_image() {
    let cluster = TestCluster::get();
    let service = Service::start_with(&cluster, |deployment| {
        deployment["spec"]["strategy"]["rollingUpdate"] = json!({"maxSurge": 1, "maxUnavailable": 1});
    });
    release_bad_image(&service);
    wait_until(DEADLINE, "the failed rollout to take a pod away", || {
        (available(&service.deployment()) == 2).then_some(())
    });
    wait_until(DEADLINE, "the reason to go back to be shown", || {
        let run = service.rollback(&["--dry-run", "-o", "json"]).run().code(0);
        let causes = report(&run)["evidence"]["causes"].to_string();
        causes.contains("image/never-pull").then_some(())
    });
    goes_back(&cluster, &service);
}

#[test]
fn a_rollout_that_has_failed() {
    let cluster = TestCluster::get();
    let service = Service::start(&cluster);
    give_up_soon(&service);
    release_bad_image(&service);
    wait_for_the_deadline(&service);
    goes_back(&cluster, &service);
}

#[test]
fn a_service_that_is_down_altogether() {
    let cluster = TestCluster::get();
    let service = Service::start_with(&cluster, |deployment| {
        deployment["spec"]["strategy"] = json!({"type": "Recreate"});
    });
    give_up_soon(&service);
    release_bad_image(&service);
    wait_for_the_deadline(&service);
    assert_eq!(available(&service.deployment()), 0);
    goes_back(&cluster, &service);
}

#[test]
fn a_paused_one_says_so() {
    let cluster = TestCluster::get();
    let service = Service::start(&cluster);
    service.release("v2");
    service.deployed.kubectl(&["rollout", "pause", "deployment/web"]);
    let run = service.rollback(&["--yes", "-o", "json"]).run().code(3);
    let finding = report(&run)["findings"][0].clone();
    assert_eq!(finding["code"], "check/paused", "{run}");
    assert!(
        finding["next"][0]
            .as_str()
            .is_some_and(|next| next.starts_with("kubectl rollout resume deployment/web"))
    );
    assert_eq!(service.runs(), "v2");

    // Forced, the template goes back; that no pod follows while it is paused is no success.
    let forced = ["--yes", "--force", "paused", "--timeout", "5s", "-o", "json"];
    let run = service.rollback(&forced).run();
    assert_eq!((run.exit_code(), &report(&run)["outcome"]), (Some(5), &json!("Unknown")), "{run}");
    assert_eq!(service.runs(), "v1");
}
