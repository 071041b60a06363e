//! Diagnosis of made objects: verdicts, what is asked for next, and what could not be read.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Diagnosis, State, Subjects, diagnose};
use crate::causes::{Answer, Fetched, Need};
use crate::checks::Verdict;
use crate::fact::Fact;
use crate::fixtures::at;
use crate::target::Place;

const PLACE: Place<'_> = Place { namespace: "shop", connection: "" };

fn pod(name: &str, status: &Value) -> k8s_openapi::api::core::v1::Pod {
    serde_json::from_value(json!({
        "metadata": {"name": name, "uid": name, "creationTimestamp": at(0)},
        "spec": {"restartPolicy": "Always", "containers": [{"name": "app", "image": "web:7"}]},
        "status": status,
    }))
    .unwrap()
}

fn crashing(name: &str) -> k8s_openapi::api::core::v1::Pod {
    let ended =
        json!({"terminated": {"exitCode": 7, "reason": "Error", "startedAt": at(1), "finishedAt": at(2)}});
    pod(
        name,
        &json!({"phase": "Running", "containerStatuses": [{
        "name": "app", "image": "web:7", "imageID": "", "ready": false, "restartCount": 4,
        "state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": ended}]}),
    )
}

fn ready(name: &str) -> k8s_openapi::api::core::v1::Pod {
    pod(name, &json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}))
}

fn judge(subjects: &Subjects, fetched: &Fetched) -> Diagnosis {
    diagnose(subjects, fetched, PLACE, at(60))
}

fn of(pods: Vec<k8s_openapi::api::core::v1::Pod>) -> Subjects {
    Subjects {
        workloads: Vec::new(),
        pods,
        events: Fact::Known(Vec::new()),
        only: None,
        needed: BTreeMap::new(),
    }
}

#[test]
fn asks_for_the_log_once_and_is_final_with_it() {
    let subjects = of(vec![crashing("web-1"), ready("web-2")]);
    let first = judge(&subjects, &Fetched::new());
    let need = Need::PreviousLog { pod: "web-1".to_owned(), container: "app".to_owned() };
    assert!(first.needs.contains(&need), "{:?}", first.needs);
    let mut fetched = Fetched::new();
    for need in first.needs {
        fetched.insert(need, Fact::Unavailable("forbidden".to_owned()));
    }
    let log = "listen tcp :8080: bind: address already in use".to_owned();
    fetched.insert(need, Fact::Known(Answer::Text(log)));
    let last = judge(&subjects, &fetched);
    assert_eq!(last.needs, []);
    assert!(last.findings[0].finding.summary.contains(":8080"), "{:?}", last.findings);
    let verdicts: Vec<_> =
        last.objects.iter().map(|judged| (judged.object.as_str(), judged.verdict)).collect();
    assert_eq!(verdicts, [("pod/web-1", Verdict::Fail), ("pod/web-2", Verdict::Pass)]);
}

#[test]
fn of_many_the_first_are_looked_into_and_stand_for_all() {
    let pods = (0..9).map(|number| crashing(&format!("web-{number}"))).map(|mut pod| {
        let owner = json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "web", "uid": "s", "controller": true});
        pod.metadata.owner_references = Some(vec![serde_json::from_value(owner).unwrap()]);
        pod
    });
    let subjects = of(pods.collect());
    let mut fetched = Fetched::new();
    for round in 0..3 {
        let diagnosis = judge(&subjects, &fetched);
        let log = |need: &&Need| matches!(need, Need::PreviousLog { .. });
        let wanted = if round == 0 { 5 } else { 0 };
        assert_eq!(diagnosis.needs.iter().filter(log).count(), wanted, "round {round}");
        for need in diagnosis.needs {
            let log = "listen tcp :8080: bind: address already in use".to_owned();
            fetched.insert(need, Fact::Known(Answer::Text(log)));
        }
    }
    let groups = judge(&subjects, &fetched).groups;
    let told: Vec<_> = groups.iter().map(|group| (group.cause.code, group.objects.len())).collect();
    assert_eq!(told, [("crashloop/app-exit", 9)]);
    assert!(groups[0].finding.summary.contains(":8080"), "{groups:?}");
}

#[test]
fn without_events_nothing_passes() {
    let subjects =
        Subjects { events: Fact::Unavailable("events is forbidden".to_owned()), ..of(vec![ready("web-1")]) };
    let diagnosis = judge(&subjects, &Fetched::new());
    assert_eq!(diagnosis.objects[0].verdict, Verdict::Unknown);
    assert_eq!(diagnosis.unseen, ["events: events is forbidden"]);
}

#[test]
fn only_what_was_asked_about_is_told() {
    let subjects =
        Subjects { only: Some(["web-2".to_owned()].into()), ..of(vec![crashing("web-1"), ready("web-2")]) };
    let diagnosis = judge(&subjects, &Fetched::new());
    assert!(diagnosis.findings.is_empty(), "{:?}", diagnosis.findings);
    assert_eq!(diagnosis.objects.len(), 1);
}

#[test]
fn states_are_the_runbooks() {
    assert_eq!(State::of(&crashing("a"), at(60)), Some(State::CrashLoop));
    assert_eq!(State::of(&ready("a"), at(60)), None);
    assert_eq!(State::of(&pod("a", &json!({"phase": "Pending"})), at(60)), Some(State::Pending));
    assert_eq!(State::of(&pod("a", &json!({"phase": "Running"})), at(60)), Some(State::Readiness));
    assert_eq!(State::of(&pod("a", &json!({"phase": "Succeeded"})), at(60)), None);
}
