//! Failing early on the real cluster: the cause with its code, the verdict when the contract says, what serves stays.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

#[path = "support.rs"]
#[expect(dead_code, reason = "the fake API's half serves another target")]
mod support;

#[path = "service.rs"]
mod service;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use service::{Restarts, Service};
use support::report;
use testkit::{Availability, TestCluster};

/// How a restart is broken, and what has to be said of it.
struct Case {
    broken: fn(&Service),
    code: &'static str,
    /// Words that the summary must hold: the key, the image, the limit.
    names: &'static str,
    /// Longest time to the verdict.
    verdict: Duration,
}

/// Time for three restarts of a container, each after a back-off of up to 5 s, and for `--fail-after`.
const CRASHES: Duration = Duration::from_secs(90);
const STANDS: Duration = Duration::from_secs(45);
const AT_ONCE: Duration = Duration::from_secs(20);

fn fails(case: &Case) {
    let cluster = TestCluster::get();
    let service = Service::start(&cluster);
    (case.broken)(&service);
    let witness = Availability::watch(&cluster, service.namespace(), "web");
    let began = Instant::now();
    let run = service.restart(&["--soak", "0", "-o", "json"]).run().code(1);
    let took = began.elapsed();
    let available = witness.finish();

    let report = report(&run);
    assert_eq!(report["outcome"], "Failed", "{run}");
    let finding =
        report["findings"].as_array().into_iter().flatten().find(|finding| finding["code"] == case.code);
    let Some(finding) = finding else { panic!("no {}\n{run}", case.code) };
    let summary = finding["summary"].as_str().unwrap_or_default();
    assert!(summary.contains(case.names), "{summary:?} without {:?}\n{run}", case.names);
    assert!(took <= case.verdict, "the verdict took {took:?}\n{run}");
    assert!(available.iter().min() >= Some(&2), "available over time: {available:?}\n{run}");
    assert!(run.stderr.contains(case.code), "the cause was not on the screen before the verdict\n{run}");
}

#[test]
fn a_key_that_is_gone() {
    fails(&Case {
        broken: |service| service.patch("configmap/web-config", &json!({"data": {"RATE_LIMIT_RPS": null}})),
        code: "crashloop/config-error",
        names: "RATE_LIMIT_RPS",
        verdict: STANDS,
    });
}

#[test]
fn a_secret_that_is_gone() {
    fails(&Case {
        broken: |service| service.kubectl(&["delete", "secret", "web-secret"]),
        code: "crashloop/config-error",
        names: "web-secret",
        verdict: STANDS,
    });
}

#[test]
fn an_image_that_is_gone_and_never_pulled() {
    fails(&Case {
        broken: |service| {
            service.kubectl(&["set", "image", "deployment/web", "app=sk.local/stub-service:gone"]);
        },
        code: "image/never-pull",
        names: "sk.local/stub-service:gone",
        verdict: AT_ONCE,
    });
}

#[test]
fn pods_that_exit_with_7() {
    fails(&Case {
        broken: |service| service.order(&[("STUB_EXIT_CODE", "7")]),
        code: "crashloop/app-exit",
        names: "7",
        verdict: CRASHES,
    });
}

#[test]
fn pods_that_are_killed_for_memory() {
    fails(&Case {
        broken: |service| service.order(&[("STUB_EAT_MEMORY", "200")]),
        code: "crashloop/oom-killed",
        names: "32Mi",
        verdict: CRASHES,
    });
}

#[test]
fn pods_that_their_liveness_probe_kills() {
    fails(&Case {
        broken: |service| service.order(&[("STUB_NOT_LIVE", "true"), ("STUB_NOT_READY", "true")]),
        code: "crashloop/liveness-killed",
        names: "iveness",
        verdict: CRASHES,
    });
}

#[test]
fn a_quota_without_room_for_the_surge() {
    fails(&Case {
        broken: |service| {
            service
                .apply(&json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "tight"},
                "spec": {"hard": {"pods": "3"}}}));
        },
        code: "rollout/quota-surge",
        names: "tight",
        verdict: STANDS,
    });
}

#[test]
fn an_admission_that_refuses_the_template() {
    fails(&Case {
        broken: |service| {
            let enforce = "pod-security.kubernetes.io/enforce=restricted";
            service.kubectl(&["label", "namespace", service.namespace(), enforce]);
        },
        code: "pending/pod-security",
        names: "restricted",
        verdict: AT_ONCE,
    });
}

#[test]
fn what_changed_outside_is_named_and_kubectl_says_nothing() {
    let cluster = TestCluster::get();
    let service = Service::start(&cluster);
    service.patch("configmap/web-config", &json!({"data": {"RATE_LIMIT_RPS": null, "RATE_LIMIT": "5"}}));
    let run = service.restart(&["--soak", "0", "-o", "json"]).run().code(1);
    let report = report(&run);
    let changed: Vec<&Value> = report["findings"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|finding| finding["code"] == "rollout/config-changed")
        .collect();
    assert!(changed.iter().any(|finding| finding["object"] == "configmap/web-config"), "{run}");
    assert!(changed.iter().all(|finding| finding["object"] != "secret/web-secret"), "{run}");
    let status = service.try_kubectl(&["rollout", "status", "deployment/web", "--timeout=3s"]);
    assert!(!status.contains("RATE_LIMIT_RPS") && status.contains("timed out"), "{status}");
}
