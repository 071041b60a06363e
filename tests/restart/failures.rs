//! Failing early on the real cluster: the cause with its code, the verdict when the contract says, what serves stays.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

#[path = "support.rs"]
#[expect(dead_code, reason = "the fake API's half serves another target")]
mod support;

#[path = "service.rs"]
mod service;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use service::{Restarts, Service, kubectl};
use support::report;
use testkit::{Availability, TestCluster, Witness};

/// How a restart is broken, and what has to be said of it.
struct Case {
    broken: fn(&Service),
    evidence: Evidence,
    code: &'static str,
    /// Words that the summary must hold: the key, the image, the limit.
    names: &'static str,
    /// Longest time to the verdict.
    verdict: Duration,
}

/// What the cluster shows of a cause: objects of a kind, and whether one of them shows it.
#[derive(Clone, Copy)]
struct Evidence {
    kind: &'static str,
    shows: fn(&Value) -> bool,
}

/// Time for three restarts of a container, each after a back-off of up to 5 s, and for `--fail-after`.
const CRASHES: Duration = Duration::from_secs(90);
const STANDS: Duration = Duration::from_secs(45);
const AT_ONCE: Duration = Duration::from_secs(20);

/// Time for a restart to get as far as its cause.
const SHOWS: Duration = Duration::from_secs(60);

/// Longest time from the evidence to the cause on the screen.
const ON_THE_SCREEN: Duration = Duration::from_secs(3);

/// States of the pod's first container, the present one and the last.
fn states(pod: &Value) -> [&Value; 2] {
    let status = &pod["status"]["containerStatuses"][0];
    [&status["state"], &status["lastState"]]
}

fn waits_for(pod: &Value, reason: &str) -> bool {
    states(pod)[0]["waiting"]["reason"] == reason
}

fn ended_with(pod: &Value, matches: fn(&Value) -> bool) -> bool {
    states(pod).iter().any(|state| matches(&state["terminated"]))
}

/// Whether pods of a ReplicaSet are refused, with these words.
fn refused(replica_set: &Value, words: &str) -> bool {
    let conditions = replica_set["status"]["conditions"].as_array().into_iter().flatten();
    let messages = conditions.filter_map(|condition| condition["message"].as_str());
    messages.into_iter().any(|message| message.contains(words))
}

const CANNOT_BE_CONFIGURED: Evidence =
    Evidence { kind: "pods", shows: |pod| waits_for(pod, "CreateContainerConfigError") };

fn fails(case: &Case) {
    let cluster = TestCluster::get();
    let service = Service::start(&cluster);
    (case.broken)(&service);
    let Evidence { kind, shows } = case.evidence;
    let available = Availability::watch(&cluster, service.namespace(), "web");
    let evidence =
        Witness::watch(&cluster, service.namespace(), &[kind], move |object| shows(object).then_some(()));
    let began = Instant::now();
    let mut running = service.restart(&["--soak", "0", "-o", "json"]).spawn();
    running.wait_for(case.code, SHOWS);
    let on_the_screen = Instant::now();
    let beside = kubectl(cluster.kubeconfig());
    let mut beside = beside.args(["rollout", "status", "deployment/web", "-n", service.namespace()]).spawn();
    let run = running.join().code(1);
    let took = began.elapsed();

    assert!(!beside.has_ended(), "kubectl rollout status has come to an end beside it\n{}", beside.stderr());
    let evidence = evidence.finish().first().map(|(at, ())| *at);
    let Some(evidence) = evidence else { panic!("the cluster showed no evidence of {}\n{run}", case.code) };
    let late = on_the_screen.saturating_duration_since(evidence);
    assert!(late <= ON_THE_SCREEN, "on the screen {late:?} after its evidence\n{run}");
    assert!(took <= case.verdict, "the verdict took {took:?}\n{run}");
    let available = available.finish();
    assert!(available.iter().min() >= Some(&2), "available over time: {available:?}\n{run}");

    let report = report(&run);
    assert_eq!(report["outcome"], "Failed", "{run}");
    let finding =
        report["findings"].as_array().into_iter().flatten().find(|finding| finding["code"] == case.code);
    let Some(finding) = finding else { panic!("no {}\n{run}", case.code) };
    let summary = finding["summary"].as_str().unwrap_or_default();
    assert!(summary.contains(case.names), "{summary:?} without {:?}\n{run}", case.names);
}

#[test]
fn a_key_that_is_gone() {
    fails(&Case {
        broken: |service| service.patch("configmap/web-config", &json!({"data": {"RATE_LIMIT_RPS": null}})),
        evidence: CANNOT_BE_CONFIGURED,
        code: "crashloop/config-error",
        names: "RATE_LIMIT_RPS",
        verdict: STANDS,
    });
}

#[test]
fn a_secret_that_is_gone() {
    fails(&Case {
        broken: |service| service.kubectl(&["delete", "secret", "web-secret"]),
        evidence: CANNOT_BE_CONFIGURED,
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
        evidence: Evidence { kind: "pods", shows: |pod| waits_for(pod, "ErrImageNeverPull") },
        code: "image/never-pull",
        names: "sk.local/stub-service:gone",
        verdict: AT_ONCE,
    });
}

#[test]
fn pods_that_exit_with_7() {
    fails(&Case {
        broken: |service| service.order(&[("STUB_EXIT_CODE", "7")]),
        evidence: Evidence { kind: "pods", shows: |pod| ended_with(pod, |end| end["exitCode"] == 7) },
        code: "crashloop/app-exit",
        names: "7",
        verdict: CRASHES,
    });
}

/// At one instant all of them may be ready: for kubectl that is a success.
#[test]
fn pods_that_are_ready_between_two_crashes() {
    let cluster = TestCluster::get();
    let service = Service::start(&cluster);
    service.order(&[("STUB_EXIT_CODE", "9"), ("STUB_EXIT_AFTER", "1.5")]);
    let run = service.restart(&["--soak", "0", "-o", "json"]).run().code(1);
    let report = report(&run);
    let told = (&report["outcome"], &report["findings"][0]["code"], &report["verified"]["rollout"]);
    assert_eq!(told, (&json!("Failed"), &json!("crashloop/app-exit"), &json!("fail")), "{run}");
}

#[test]
fn pods_that_are_killed_for_memory() {
    fails(&Case {
        broken: |service| service.order(&[("STUB_EAT_MEMORY", "200")]),
        evidence: Evidence { kind: "pods", shows: |pod| ended_with(pod, |end| end["reason"] == "OOMKilled") },
        code: "crashloop/oom-killed",
        names: "32Mi",
        verdict: CRASHES,
    });
}

#[test]
fn pods_that_their_liveness_probe_kills() {
    fails(&Case {
        broken: |service| service.order(&[("STUB_NOT_LIVE", "true"), ("STUB_NOT_READY", "true")]),
        evidence: Evidence { kind: "pods", shows: |pod| ended_with(pod, Value::is_object) },
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
        evidence: Evidence { kind: "replicasets", shows: |set| refused(set, "exceeded quota") },
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
        evidence: Evidence { kind: "replicasets", shows: |set| refused(set, "violates PodSecurity") },
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
