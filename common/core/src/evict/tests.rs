//! The eviction: what is planned and refused; how it runs against scripted clusters.

mod any;
mod rechecking;
mod running;

use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use serde_json::{Value, json};

use super::*;
use crate::checks::{self, Check, Verdict};
use crate::fact::Fact;
use crate::fixtures::at;
use crate::operation::{Action, Evicted, Observation};
use crate::report::Outcome;
use crate::workload::Siblings;

fn target() -> PodTarget {
    PodTarget { namespace: "shop".to_owned(), pod: "web-1-a".to_owned(), connection: String::new() }
}

fn request() -> Request {
    crate::fixtures::request_for(target())
}

/// A pod of the `ReplicaSet` `web-1`.
fn pod(name: &str, uid: &str, ready: bool) -> Pod {
    changed(name, uid, ready, |_| {})
}

fn changed(name: &str, uid: &str, ready: bool, change: impl FnOnce(&mut Value)) -> Pod {
    let mut pod = serde_json::to_value(crate::fixtures::pod(name, "web-1", ready)).unwrap();
    pod["metadata"]["uid"] = json!(uid);
    pod["metadata"]["labels"] = json!({"app": "web", "pod-template-hash": "1"});
    change(&mut pod);
    serde_json::from_value(pod).unwrap()
}

fn old() -> Pod {
    pod("web-1-a", "u-a", true)
}

/// The pods before the eviction.
fn both() -> Vec<Pod> {
    vec![old(), pod("web-1-b", "u-b", true)]
}

fn ending() -> Pod {
    changed("web-1-a", "u-a", true, |pod| pod["metadata"]["deletionTimestamp"] = json!(at(30)))
}

fn seen(pods: Vec<Pod>) -> Siblings {
    Siblings { pods, events: Fact::Known(Vec::new()) }
}

fn sees(pods: Vec<Pod>) -> Observation {
    Observation::Pods(Box::new(seen(pods)))
}

fn budget(allowed: i32) -> PodDisruptionBudget {
    serde_json::from_value(json!({
        "metadata": {"name": "web-pdb"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}},
        "status": {"disruptionsAllowed": allowed, "currentHealthy": 3, "desiredHealthy": 3 - allowed, "expectedPods": 3},
    }))
    .unwrap()
}

fn facts(pod: Pod) -> Facts {
    let deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "d-1", "controller": true});
    Facts {
        siblings: seen(vec![pod.clone(), self::pod("web-1-b", "u-b", true)]),
        pod,
        deployment: serde_json::from_value(deployment).unwrap(),
        service: None,
        budgets: Fact::Known(vec![budget(1)]),
        access: crate::access::evict(true).into_iter().map(|access| (access, Fact::Known(true))).collect(),
    }
}

fn planned() -> Plan {
    plan(facts(old()), request()).unwrap()
}

/// An eviction that was asked for.
fn asked() -> Eviction {
    let mut eviction = Eviction::new(planned(), at(1));
    assert_eq!(eviction.next(Observation::Begin, at(1)), Action::Read);
    let action = eviction.next(sees(both()), at(1));
    assert!(matches!(action, Action::Evict { dry_run: false, .. }), "{action:?}");
    eviction
}

/// An eviction that was accepted.
fn accepted() -> Eviction {
    let mut eviction = asked();
    assert!(matches!(eviction.next(Observation::Evicted(Evicted::Accepted), at(2)), Action::Watch { .. }));
    eviction
}

fn ended(eviction: &Eviction) -> (Outcome, Option<&str>) {
    let ending = eviction.ending().unwrap();
    (ending.outcome, ending.findings.first().map(|finding| finding.code.as_str()))
}

#[test]
fn what_the_catalogue_wants_known_is_said_before_an_eviction_too() {
    let service = "services: [{name: web, warnBefore: [tell finance]}]";
    let catalogue = crate::catalogue::Catalogue::parse(service).unwrap();
    let known = Facts { service: catalogue.service("web").cloned(), ..facts(old()) };
    let checks = plan(known, request()).unwrap().checks;
    let warning = checks.iter().find(|check| check.name == "warning").unwrap();
    assert_eq!((warning.verdict, warning.detail.as_str()), (Verdict::Warn, "tell finance"));
}

fn causes() -> crate::causes::Fetched {
    crate::causes::Fetched::new()
}

#[test]
fn what_nobody_would_replace_is_refused() {
    type Change = fn(&mut Value);
    let bare: Change = |pod| pod["metadata"]["ownerReferences"] = Value::Null;
    let mirror: Change = |pod| {
        pod["metadata"]["annotations"] = json!({"kubernetes.io/config.mirror": "x"});
        pod["metadata"]["ownerReferences"][0]["kind"] = json!("Node");
    };
    let done: Change = |pod| pod["status"]["phase"] = json!("Succeeded");
    let deleted: Change = |pod| pod["metadata"]["deletionTimestamp"] = json!(at(0));
    for (change, code, instead) in [
        (bare, "check/no-controller", "kubectl delete pod/web-1-a -n shop"),
        (mirror, "check/static-pod", "kubectl get pod/web-1-a -o yaml -n shop"),
        (done, "check/ended", "kubectl delete pod/web-1-a -n shop"),
        (deleted, "check/terminating", "kubectl get pod/web-1-a -w -n shop"),
    ] {
        let refusal = plan(facts(changed("web-1-a", "u-a", true, change)), request()).unwrap_err();
        assert_eq!(
            (refusal.findings[0].code.as_str(), refusal.findings[0].next[0].as_str()),
            (code, instead)
        );
        assert_eq!(refusal.report(at(2)).outcome, Outcome::Refused);
    }
}

#[test]
fn only_the_floor_can_be_forced() {
    let known = Facts { service: crate::fixtures::target().service, ..facts(old()) };
    let made = plan(known, request()).unwrap_err().checks;
    let names: Vec<_> = made.iter().map(|check| check.name).collect();
    let of_pods = ["static-pod", "no-controller", "ended", "terminating", "pdb"];
    assert_eq!(names, [&["access"], &of_pods[..], &["floor", "peak-hours", "warning"]].concat());
    let known = checks::NAMES.into_iter().filter(|name| names.contains(name));
    assert_eq!(known.collect::<Vec<_>>(), names, "in the order in which they are shown");
    let refusing = names.into_iter().map(|name| Check::new(name, Verdict::Refuse, "")).collect::<Vec<_>>();
    let force = refusing.iter().map(|check| check.name.to_owned()).collect();
    let left = Request { force, ..request() }.forced(refusing);
    let refused = left.iter().filter(|check| check.verdict == Verdict::Refuse).map(|check| check.name);
    assert_eq!(refused.collect::<Vec<_>>(), [&["access"], &of_pods[..]].concat());
}

#[test]
fn what_nobody_would_replace_is_refused_whatever_is_forced() {
    let bare = changed("web-1-a", "u-a", true, |pod| pod["metadata"]["ownerReferences"] = Value::Null);
    let force = checks::NAMES.map(str::to_owned).to_vec();
    let refusal = plan(facts(bare), Request { force, ..request() }).unwrap_err();
    assert_eq!(refusal.findings[0].code, "check/no-controller");
}

#[test]
fn budgets_are_told_and_left_to_the_api_server() {
    let unknown = Fact::Unavailable("forbidden".to_owned());
    for (budgets, verdict) in [
        (Fact::Known(vec![budget(1)]), Verdict::Pass),
        (Fact::Known(vec![budget(0)]), Verdict::Warn),
        (Fact::Known(Vec::new()), Verdict::Warn),
        (unknown, Verdict::Unknown),
    ] {
        let plan = plan(Facts { budgets: budgets.clone(), ..facts(old()) }, request()).unwrap();
        let check = plan.checks.iter().find(|check| check.name == "pdb").unwrap();
        assert_eq!(check.verdict, verdict, "{budgets:?}");
    }
    let two = Fact::Known(vec![budget(1), budget(1)]);
    let refusal = plan(Facts { budgets: two, ..facts(old()) }, request()).unwrap_err();
    let finding = &refusal.findings[0];
    assert_eq!(finding.code, "check/pdb");
    assert_eq!(
        finding.next,
        ["kubectl describe pdb web-pdb web-pdb -n shop", "kubectl delete pod/web-1-a -n shop"]
    );
}

#[test]
fn the_floor_counts_the_other_ready_pods_and_can_be_forced() {
    let floor = |ready: bool, force: bool| {
        let service = crate::fixtures::target().service;
        let force = if force { vec!["floor".to_owned()] } else { Vec::new() };
        plan(Facts { service, ..facts(pod("web-1-a", "u-a", ready)) }, Request { force, ..request() })
    };
    let refusal = floor(true, false).unwrap_err();
    assert_eq!(refusal.findings[0].code, "check/floor");
    assert_eq!(
        refusal.findings[0].next,
        [
            "kubectl get pods -l pod-template-hash=1 -w -n shop",
            "kubectl sk-restart pod/web-1-a -n shop --force floor",
            "kubectl delete pod/web-1-a -n shop",
        ]
    );
    for made in [floor(true, true), floor(false, false)] {
        let plan = made.unwrap();
        let check = plan.checks.iter().find(|check| check.name == "floor").unwrap();
        assert_eq!(check.verdict, Verdict::Warn, "{}", check.detail);
    }
}

#[test]
fn the_plan_is_the_eviction_bound_to_the_uid() {
    let plan = planned();
    assert_eq!(plan.eviction()["deleteOptions"]["preconditions"]["uid"], "u-a");
    let kubectl = &plan.steps[0].kubectl;
    let raw = "kubectl create --raw /api/v1/namespaces/shop/pods/web-1-a/eviction -f - -n shop <<<'{";
    assert!(kubectl.starts_with(raw) && kubectl.contains("\"uid\":\"u-a\""), "{kubectl}");
    assert_eq!(plan.steps[1].kubectl, "kubectl get pods -l pod-template-hash=1 -w -n shop");
}

#[test]
fn names_pods_like_one_that_is_not_there() {
    let names = ["web-75d9-aaaaa", "web-75d9-bbbbb", "worker-1-c", "web-canary-1-d"];
    assert_eq!(like("web-75d9-k95rb", names), ["web-75d9-aaaaa", "web-75d9-bbbbb", "web-canary-1-d"]);
    assert_eq!(like("nothing", names), Vec::<&str>::new());
}
