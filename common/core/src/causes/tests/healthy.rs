//! What is well is not accused: made by hand, and two hundred random states of a Deployment that is as it should be.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::make::{Make, container, creating, ended, node, probed, read, ready, running, waiting, web, with};
use crate::causes::{Answer, Need};
use crate::checks::Verdict;
use crate::finding::Severity;
use crate::fixtures::at;

/// Seconds after the pods' creation at which all of these are looked at.
const NOW: i64 = 600;

/// Asserts that nothing of it is an error, and that nothing fails.
fn assert_well(name: &str, make: &Make) {
    let diagnosis = make.case().diagnosis();
    let worst = diagnosis.findings.iter().map(|found| found.finding.severity).min();
    assert_ne!(worst, Some(Severity::Error), "{name}: {:#?}", diagnosis.findings);
    assert!(
        diagnosis.objects.iter().all(|judged| judged.verdict != Verdict::Fail),
        "{name}: {:?}",
        diagnosis.objects
    );
}

/// A new pod, created so many seconds ago.
fn young(state: &Value, age: i64) -> Value {
    with(state.clone(), &json!({"metadata": {"creationTimestamp": at(NOW - age)}}))
}

fn leaving(elapsed: i64, grace: i64) -> Value {
    json!({"metadata": {"deletionTimestamp": at(NOW - elapsed + grace), "deletionGracePeriodSeconds": grace}})
}

fn old() -> Value {
    json!({"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "app", "image": "web:6"}]}})
}

fn done() -> Value {
    with(
        container(false, 0, &ended(0, "Completed", [1, 9]), &Value::Null),
        &json!({"status": {"phase": "Succeeded"},
        "metadata": {"labels": {"pod-template-hash": null}}}),
    )
}

#[test]
fn what_is_as_it_should_be_is_not_accused() {
    let progressing = json!({"type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated", "lastUpdateTime": at(NOW - 5)});
    for (name, make) in [
        (
            "slow start inside its budget",
            web().pod(&young(&probed(&running(NOW - 20), 0, &Value::Null), 21)).event(
                "app",
                "Unhealthy",
                "Readiness probe failed: HTTP probe failed with statuscode: 503",
                2,
                [NOW - 9, NOW - 4],
            ),
        ),
        (
            "slow start inside its budget, past the Deployment's deadline",
            web().pod(&young(&probed(&running(NOW - 20), 0, &Value::Null), 21)).condition(
                &json!({"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}),
            ),
        ),
        (
            "inside its grace",
            web().pod(&with(ready(), &leaving(20, 30))).event(
                "app",
                "Killing",
                "Stopping container app",
                1,
                [NOW - 20, NOW - 20],
            ),
        ),
        ("a finished Job", web().pod(&done())),
        ("a rollout in progress", web().older(&old()).condition(&progressing).pod(&young(&creating(), 3))),
        ("scaled to zero", web().deployment(&json!({"spec": {"replicas": 0}}))),
        ("nothing of it read but the pods", web().pod(&ready())),
    ] {
        assert_well(name, &make.at(NOW));
    }
}

#[test]
fn scaled_to_zero_passes_and_says_so() {
    let case = web().deployment(&json!({"spec": {"replicas": 0}})).case();
    let judged = case.diagnosis().objects;
    assert_eq!((judged[0].verdict, judged[0].detail.as_str()), (Verdict::Pass, "scaled to 0"));
}

/// A ready Deployment of a chart, beside this Service without endpoints.
fn beside(service: &str, selector: &Value, target: &str) -> Make {
    let labels = json!({"app.kubernetes.io/instance": "shop", "app.kubernetes.io/name": "web"});
    let service = json!({"metadata": {"name": service},
        "spec": {"selector": selector, "ports": [{"port": 80, "targetPort": target}]}});
    web()
        .deployment(&json!({"spec": {"template": {"metadata": {"labels": labels}}},
            "status": {"readyReplicas": 1, "availableReplicas": 1}}))
        .pod(&ready())
        .answer(Need::Services, Answer::Services(vec![read(&service)]))
        .answer(Need::Endpoints("worker".to_owned()), Answer::Endpoints(Vec::new()))
}

/// A chart gives all its parts labels in common, and an autoscaler such as KEDA scales some of them to 0.
#[test]
fn another_parts_service_is_not_held_against_a_deployment() {
    let parts = json!({"app.kubernetes.io/instance": "shop", "app.kubernetes.io/name": "worker"});
    let chart = json!({"app.kubernetes.io/instance": "shop"});
    let carriers = |make: Make, labels: &str| {
        let carriers = Answer::Carriers(vec!["d".to_owned(), "another".to_owned()]);
        make.answer(Need::Carriers(labels.to_owned()), carriers)
    };
    let one_label_more = json!({"app.kubernetes.io/instance": "shop", "queue": "mail"});
    let text = "app.kubernetes.io/instance=shop,app.kubernetes.io/name=worker";
    for (name, make) in [
        ("a worker that is scaled to 0", carriers(beside("worker", &parts, "8080"), text)),
        ("what else there is cannot be read", beside("worker", &parts, "8080")),
        ("a label that these pods do not have", beside("worker", &one_label_more, "8080")),
        (
            "a Service of all parts, to a port of another",
            carriers(beside("worker", &chart, "metrics"), "app.kubernetes.io/instance=shop"),
        ),
        ("of all parts, and what there is cannot be read", beside("worker", &chart, "metrics")),
    ] {
        assert_well(name, &make);
        let diagnosis = make.case().diagnosis();
        assert!(diagnosis.findings.is_empty(), "{name}: {:#?}", diagnosis.findings);
        assert_eq!(diagnosis.objects[0].verdict, Verdict::Pass, "{name}: {:?}", diagnosis.objects);
    }
}

/// Whether others carry its labels is asked only of a Service that leads nowhere and could be the Deployment's.
#[test]
fn a_service_that_could_be_the_deployments_is_asked_about() {
    let parts = json!({"app.kubernetes.io/instance": "shop", "app.kubernetes.io/name": "worker"});
    let text = "app.kubernetes.io/instance=shop,app.kubernetes.io/name=worker";
    for (make, wanted) in [
        (beside("worker", &parts, "8080"), vec![Need::Carriers(text.to_owned())]),
        (beside("web", &parts, "8080"), vec![Need::Endpoints("web".to_owned())]),
        (beside("worker", &json!({"app": "other"}), "8080"), vec![]),
        (beside("worker", &json!({"app": "web"}), "8080"), vec![]),
    ] {
        let needs = make.case().diagnosis().needs;
        let asked = |need: &&Need| matches!(need, Need::Carriers(_) | Need::Endpoints(_));
        assert_eq!(needs.iter().filter(asked).collect::<Vec<_>>(), wanted.iter().collect::<Vec<_>>());
    }
}

/// A pod in a state that is as it should be, with the events that it then has.
#[derive(Clone, Debug)]
struct State {
    pod: Value,
    event: Option<(&'static str, &'static str, &'static str, u32, [i64; 2])>,
}

fn state() -> impl Strategy<Value = State> {
    let of = |pod: Value| State { pod, event: None };
    let steady = (0..3i32, 1..300i64).prop_map(move |(restarts, since)| {
        let last = if restarts == 0 { Value::Null } else { ended(1, "Error", [since - 1, since]) };
        of(with(ready(), &container(true, restarts, &running(since + 1), &last)))
    });
    let starting = (1..24i64).prop_map(|age| State {
        pod: young(&probed(&running(NOW - age), 0, &Value::Null), age + 2),
        event: Some((
            "app",
            "Unhealthy",
            "Readiness probe failed: HTTP probe failed with statuscode: 503",
            2,
            [NOW - age, NOW],
        )),
    });
    let by_startup = (1..290i64).prop_map(move |age| {
        let mut pod = young(&container(false, 0, &running(NOW - age), &Value::Null), age + 2);
        pod["status"]["containerStatuses"][0]["started"] = json!(false);
        pod["spec"] = json!({"containers": [{"name": "app", "image": "web:7", "startupProbe": {
            "httpGet": {"path": "/", "port": 8080}, "failureThreshold": 30}}]});
        of(pod)
    });
    let ending = (0..120i64, 1..120i64, any::<bool>()).prop_map(|(elapsed, left, hook)| {
        let hook = json!({"preStop": {"sleep": {"seconds": 5}}}).as_object().filter(|_| hook).cloned();
        let spec = json!({"spec": {"containers": [{"name": "app", "image": "web:7", "lifecycle": hook}]}});
        let pod = with(with(ready(), &leaving(elapsed, elapsed + left)), &spec);
        State {
            pod,
            event: Some(("app", "Killing", "Stopping container app", 1, [NOW - elapsed, NOW - elapsed])),
        }
    });
    let pulling = (0..400i64).prop_map(|age| State {
        pod: young(&waiting("ContainerCreating", ""), age + 1),
        event: Some(("app", "Pulling", "Pulling image \"web:7\"", 1, [NOW - age, NOW - age])),
    });
    let fresh = (0..30i64).prop_map(move |age| of(young(&creating(), age)));
    let unplaced = (0..2i64).prop_map(move |age| {
        of(young(&json!({"spec": {"nodeName": null}, "status": {"phase": "Pending", "conditions": []}}), age))
    });
    let placed_late = (1..60i64).prop_map(|at| State {
        pod: ready(),
        event: Some((
            "",
            "FailedScheduling",
            "0/1 nodes are available: 1 Insufficient cpu. preemption: x",
            3,
            [0, at],
        )),
    });
    prop_oneof![
        steady,
        starting,
        by_startup,
        ending,
        pulling,
        fresh,
        unplaced,
        placed_late,
        Just(done()).prop_map(of)
    ]
}

/// What is read besides, and is as it should be.
fn surrounded(make: Make, replicas: i32, cordoned: bool) -> Make {
    let service = json!({"metadata": {"name": "web"}, "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]}});
    let hpa = json!({"metadata": {"name": "web"}, "spec": {"minReplicas": 1, "maxReplicas": replicas.max(1) + 1,
        "scaleTargetRef": {"kind": "Deployment", "name": "web"}}});
    let budget = json!({"metadata": {"name": "web"}, "spec": {"selector": {"matchLabels": {"app": "web"}}},
        "status": {"currentHealthy": 2, "desiredHealthy": 1, "expectedPods": 2, "disruptionsAllowed": 1}});
    let one = node("node-1", &json!({"spec": {"unschedulable": cordoned}}));
    make.answer(Need::Services, Answer::Services(vec![read(&service)]))
        .answer(Need::Autoscalers, Answer::Autoscalers(vec![read(&hpa)]))
        .answer(Need::Budgets, Answer::Budgets(vec![read(&budget)]))
        .nodes(std::slice::from_ref(&one))
        .on(&one)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_random_state_that_is_well_is_an_error(
        states in prop::collection::vec(state(), 0..6),
        (older, replicas, cordoned, read) in (any::<bool>(), 0..7i32, any::<bool>(), any::<bool>()),
    ) {
        let mut make = web().at(NOW).deployment(&json!({"spec": {"replicas": replicas}}));
        for State { pod, event } in &states {
            make = make.pod(pod);
            if let Some((of, reason, message, count, seconds)) = event {
                make = make.event(of, reason, message, *count, *seconds);
            }
        }
        let make = if older { make.older(&old()) } else { make };
        let make = if read { surrounded(make, replicas, cordoned) } else { make };
        assert_well("random", &make);
    }
}
