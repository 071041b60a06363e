//! Random objects into every rule: nothing panics, whatever the cluster sends.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::in_depth::in_depth;
use super::made::made;
use super::make::{Make, node, read, web};
use super::recorded::{self, RECORDED};
use crate::causes::{Answer, Claim, Need};
use crate::fact::Fact;

/// Texts that the rules look for, and what may stand around them.
fn text() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "couldn't find key ",
        " in ConfigMap ",
        "configmap \"",
        "\" not found",
        "0/3 nodes are available: ",
        "1 Insufficient ",
        ", 2 node(s)",
        ". ",
        "exec: \"",
        "volume \"",
        "\" : ",
        "statuscode: ",
        "exceeded quota: ",
        " is forbidden: ",
        "violates PodSecurity ",
        "admission webhook ",
        "denied the request",
        "failed calling webhook",
        "lookup ",
        "taint {",
        "Failed to pull image",
        "(regcred)",
        "plugin type=",
        "Readiness probe failed: ",
        "Multi-Attach error",
        "ValidatingAdmissionPolicy",
        " is invalid: ",
        "é",
        "\"",
        ":",
        "/",
        "\n",
        "\u{1b}[31m",
        "persistentvolumeclaim \"x\" not found",
    ]);
    prop::collection::vec(prop_oneof![known.prop_map(str::to_owned), any::<String>()], 0..6)
        .prop_map(|parts| parts.concat())
}

fn reason() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "ErrImagePull",
        "ImagePullBackOff",
        "InvalidImageName",
        "ErrImageNeverPull",
        "CreateContainerConfigError",
        "CrashLoopBackOff",
        "RunContainerError",
        "ContainerCreating",
        "PodInitializing",
        "OOMKilled",
        "Error",
        "Completed",
        "StartError",
        "Evicted",
        "OutOfcpu",
        "Unhealthy",
        "Killing",
        "Failed",
        "FailedMount",
        "FailedAttachVolume",
        "FailedCreatePodSandBox",
        "FailedScheduling",
        "FailedPostStartHook",
        "FailedToRetrieveImagePullSecret",
        "FailedCreate",
        "Unschedulable",
        "SchedulingGated",
        "",
    ])
    .prop_map(str::to_owned)
}

fn time() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!("1970-01-01T00:00:00Z")),
        Just(json!("9999-12-30T22:00:00Z")),
        (0..200i64).prop_map(|seconds| json!(crate::fixtures::at(seconds))),
    ]
}

fn state() -> impl Strategy<Value = Value> {
    let waiting = (reason(), text())
        .prop_map(|(reason, message)| json!({"waiting": {"reason": reason, "message": message}}));
    let ended = (any::<i32>(), reason(), text(), time(), time()).prop_map(|(code, reason, message, started, finished)| {
        json!({"terminated": {"exitCode": code, "reason": reason, "message": message, "startedAt": started, "finishedAt": finished}})
    });
    let running = time().prop_map(|started| json!({"running": {"startedAt": started}}));
    prop_oneof![Just(Value::Null), waiting, ended, running]
}

fn status() -> impl Strategy<Value = Value> {
    (any::<bool>(), any::<Option<bool>>(), any::<i32>(), state(), state(), prop::sample::select(vec!["app", "b", ""]))
        .prop_map(|(ready, started, restarts, state, last, name)| {
            json!({"name": name, "image": "", "imageID": "", "ready": ready, "started": started, "restartCount": restarts,
                "state": state, "lastState": last})
        })
}

fn probe() -> impl Strategy<Value = Value> {
    (any::<Option<i32>>(), any::<Option<i32>>(), any::<Option<i32>>(), text()).prop_map(|(delay, period, failures, path)| {
        json!({"httpGet": {"path": path, "port": "http"}, "initialDelaySeconds": delay, "periodSeconds": period,
            "failureThreshold": failures})
    })
}

fn pod() -> impl Strategy<Value = Value> {
    let condition = (
        prop::sample::select(vec!["Ready", "ContainersReady", "PodScheduled", "DisruptionTarget", "PodReadyToStartContainers"]),
        prop::sample::select(vec!["True", "False", "Unknown", ""]),
        reason(),
        text(),
        time(),
    )
        .prop_map(|(kind, status, reason, message, time)| {
            json!({"type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": time})
        });
    (
        prop::collection::vec(status(), 0..3),
        prop::collection::vec(status(), 0..2),
        prop::collection::vec(condition, 0..5),
        prop::sample::select(vec!["Pending", "Running", "Failed", "Succeeded", ""]),
        (reason(), text(), time(), any::<bool>()),
        (probe(), probe(), probe(), text()),
    )
        .prop_map(|(apps, inits, conditions, phase, (reason, message, deleted, scheduled), (ready, live, startup, image))| {
            json!({
                "metadata": {"deletionTimestamp": deleted},
                "spec": {
                    "nodeName": scheduled.then_some("node-1"),
                    "containers": [{"name": "app", "image": image, "readinessProbe": ready, "livenessProbe": live, "startupProbe": startup}],
                    "initContainers": [{"name": "b", "image": image, "restartPolicy": scheduled.then_some("Always")}],
                    "volumes": [{"name": "x", "configMap": {"name": "x"}}],
                    "readinessGates": [{"conditionType": "example.com/gate"}],
                    "schedulerName": "stork",
                },
                "status": {"phase": phase, "reason": reason, "message": message, "conditions": conditions,
                    "containerStatuses": apps, "initContainerStatuses": inits},
            })
        })
}

/// Whatever rules ask for, answered with nonsense.
fn answered(make: Make, texts: &[String; 4], seconds: i64) -> Make {
    let [one, two, three, four] = texts;
    let taints = json!([{"key": one, "value": two, "effect": "NoSchedule"}]);
    let node = node(
        "node-1",
        &json!({
            "metadata": {"labels": {"disk": one}}, "spec": {"taints": taints},
            "status": {"allocatable": {"cpu": two}, "conditions": [{"type": "Ready", "status": three, "message": four}]},
        }),
    );
    let event = json!({"metadata": {}, "involvedObject": {}, "reason": "ProvisioningFailed", "message": one});
    let claim = Claim {
        claim: Some(read(
            &json!({"metadata": {"name": "x"}, "spec": {"storageClassName": two}, "status": {"phase": three}}),
        )),
        events: Fact::Known(vec![read(&event)]),
        volume: Fact::Known(None),
        class: Fact::Known(None),
    };
    let service = json!({"metadata": {"name": "web"}, "spec": {"selector": {"app": one}, "ports": [{"port": 80, "targetPort": two}]}});
    let finalizers =
        json!({"metadata": {"deletionTimestamp": crate::fixtures::at(seconds), "finalizers": [one, two]}});
    make.pod(&finalizers)
        .nodes(std::slice::from_ref(&node))
        .on(&node)
        .answer(Need::Claim("x".to_owned()), Answer::Claim(Box::new(claim)))
        .answer(Need::Services, Answer::Services(vec![read(&service)]))
        .answer(Need::PodsOn("node-1".to_owned()), Answer::Pods(Vec::new()))
        .answers(503, three)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_rule_panics(
        pods in prop::collection::vec((pod(), prop::collection::vec((reason(), text(), any::<u32>()), 0..5)), 1..3),
        refusal in prop::option::of(text()),
        log in text(),
        texts in [text(), text(), text(), text()],
        now in 0..100_000i64,
    ) {
        let mut make = web().at(now);
        for (pod, events) in pods {
            make = make.pod(&pod).log(&log);
            for (index, (reason, message, count)) in events.into_iter().enumerate() {
                let of = if index % 2 == 0 { "app" } else { "" };
                make = make.event(of, &reason, &message, count / 2, [0, now / 2]);
            }
        }
        if let Some(refusal) = refusal {
            make = make.refused(&refusal);
        }
        make.case().found();
        make.case().without_events().found();
        make.case().diagnosis();
        let make = answered(make, &texts, now);
        make.case().diagnosis();
        make.case().without_events().diagnosis();
    }
}

/// Every fixture with one value after another taken away: absent is never assumed to be there.
#[test]
fn no_rule_misses_what_is_not_there() {
    let recorded = RECORDED.iter().map(|(name, _)| recorded::read(name));
    let made = [made(), in_depth()].concat();
    for mut case in recorded.chain(made.into_iter().map(|(_, make, _)| make.case())) {
        case.clone().without_events().found();
        case.clone().without_events().diagnosis();
        for pod in 0..case.workload.pods.len() {
            let whole = case.workload.pods[pod].clone();
            case.workload.pods[pod].status = None;
            case.found();
            case.diagnosis();
            case.workload.pods[pod].clone_from(&whole);
            case.workload.pods[pod].spec = None;
            case.found();
            case.diagnosis();
            case.workload.pods[pod].clone_from(&whole);
        }
    }
}
