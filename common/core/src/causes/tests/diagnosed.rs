//! Whole diagnoses: what is folded and grouped, what is asked for in which situation, and what is never proposed.

use serde_json::{Value, json};

use super::in_depth::in_depth;
use super::made::{made, nodes};
use super::make::{Make, container, crashed, node, probed, ready, running, unscheduled, waiting, web, with};
use super::recorded::{RECORDED, read};
use super::{Case, PLACE};
use crate::causes::{Answer, Need};
use crate::checks::Verdict;
use crate::diagnose::{Diagnosis, ROUNDS, Subjects, diagnose};
use crate::fact::Fact;
use crate::finding::Severity;
use crate::fixtures::at;

fn case(name: &str) -> Case {
    let all = in_depth();
    let (_, make, _) = all.into_iter().find(|(other, ..)| *other == name).unwrap();
    make.case()
}

fn codes(diagnosis: &Diagnosis) -> Vec<&'static str> {
    diagnosis.findings.iter().map(|found| found.cause.code).collect()
}

#[test]
fn a_consequence_is_folded_under_its_cause() {
    for (name, cause, follows) in [
        ("its answer says what is down", "readiness/dependency", "readiness/http-5xx"),
        ("a policy keeps the kubelet out", "readiness/network-policy", "readiness/timeout"),
        ("paused half way", "rollout/paused", "rollout/stale-revision"),
    ] {
        let diagnosis = case(name).diagnosis();
        assert_eq!(codes(&diagnosis), [cause], "{name}");
        let told: Vec<&str> =
            diagnosis.groups[0].consequences.iter().map(|told| told.code.as_str()).collect();
        assert_eq!(told, [follows], "{name}");
    }
}

/// What is worse than its cause is told by itself: an evicted pod (a warning) explains no error on another.
#[test]
fn causes_that_stand_beside_each_other_are_all_told_the_worst_first() {
    let make = web().pod(&unscheduled(&nodes("5 Insufficient memory"))).event(
        "",
        "NotTriggerScaleUp",
        "pod didn't trigger scale-up: 1 max node group size reached",
        3,
        [5, 90],
    );
    let diagnosis = make.pod(&crashed(7, "Error", 3)).case().diagnosis();
    let wanted = ["crashloop/app-exit", "pending/insufficient-memory", "pending/no-autoscaler-help"];
    assert_eq!(codes(&diagnosis), wanted);
    assert_eq!(diagnosis.objects[0].verdict, Verdict::Fail);
}

#[test]
fn the_same_cause_on_many_pods_is_one_group_and_a_finding_each() {
    let mut make = web();
    for restarts in 3..13 {
        make = make.pod(&crashed(7, "Error", restarts));
    }
    let diagnosis = make.pod(&crashed(137, "OOMKilled", 3)).case().diagnosis();
    assert_eq!(diagnosis.findings.len(), 11);
    let groups: Vec<(&str, usize, &str)> = diagnosis
        .groups
        .iter()
        .map(|group| (group.cause.code, group.objects.len(), group.owner.as_str()))
        .collect();
    let wanted =
        [("crashloop/oom-node-pressure", 1, "deployment/web"), ("crashloop/app-exit", 10, "deployment/web")];
    assert_eq!(groups, wanted);
    // The first five tell enough: three thousand pods must not cost three thousand requests.
    let logs = diagnosis.needs.iter().filter(|need| matches!(need, Need::PreviousLog { .. })).count();
    assert_eq!(logs, 5 + 1);
}

#[test]
fn what_differs_in_more_than_numbers_is_no_group() {
    let missing = |key: &str| {
        super::make::waiting(
            "CreateContainerConfigError",
            &format!("couldn't find key {key} in ConfigMap shop/web"),
        )
    };
    let diagnosis = web().pod(&missing("LIMIT")).pod(&missing("TOKEN")).case().diagnosis();
    assert_eq!(diagnosis.groups.len(), 2);
}

/// Also after the first crash: what came back a moment ago is not believed to stay.
#[test]
fn who_is_ready_between_two_crashes_is_not_called_well() {
    let back = container(true, 1, &running(5), &super::make::ended(9, "Error", [1, 3]));
    let pod = with(ready(), &back);
    let codes = |seconds| {
        let findings = web().pod(&pod).at(seconds).case().diagnosis().findings;
        findings.iter().map(|found| found.cause.code).collect::<Vec<_>>()
    };
    assert_eq!(codes(8), ["crashloop/app-exit"]);
    assert_eq!(codes(30), Vec::<&str>::new());
}

/// What is left of a pod that was replaced does not make a Deployment fail that has all its pods.
#[test]
fn a_pod_that_was_not_admitted_and_replaced_is_a_warning() {
    let refused =
        json!({"status": {"phase": "Failed", "reason": "OutOfcpu", "message": "Pod was rejected: no cpu"}});
    // Ready pods may be old ones: what counts is that as many are updated.
    for (count, updated, severity) in
        [(1, 1, Severity::Warning), (0, 0, Severity::Error), (1, 0, Severity::Error)]
    {
        let case = web().pod(&refused).pod(&ready());
        let case =
            case.deployment(&json!({"status": {"readyReplicas": count, "updatedReplicas": updated}})).case();
        let findings = case.diagnosis().findings;
        let refused = findings.iter().find(|found| found.cause.code == "pending/node-admission").unwrap();
        assert_eq!(refused.finding.severity, severity, "{count} ready, {updated} updated");
    }
}

/// The same on many pods is one cause for each container, whatever digits its name has.
#[test]
fn each_container_is_a_group_of_its_own() {
    let status = |name: &str, code: i32| {
        let last = super::make::ended(code, "Error", [90, 100]);
        json!({"name": name, "image": "", "imageID": "", "ready": false, "restartCount": 3,
            "state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": last})
    };
    let pod = json!({
        "spec": {"containers": [{"name": "a1", "image": "web:7"}, {"name": "a2", "image": "web:7"}]},
        "status": {"containerStatuses": [status("a1", 7), status("a2", 7)]},
    });
    let make = (0..7).fold(web(), |make, _| make.pod(&pod));
    let diagnosis = make.case().diagnosis();
    let groups: Vec<_> =
        diagnosis.groups.iter().map(|group| (group.container.as_deref(), group.objects.len())).collect();
    assert_eq!(groups, [(Some("a1"), 7), (Some("a2"), 7)]);
}

/// A pod that is not well and has no cause is never "nothing wrong".
#[test]
fn what_nothing_explains_is_unknown_and_says_so() {
    let unready = container(false, 0, &running(1), &Value::Null);
    let due = json!({"metadata": {"deletionTimestamp": at(60), "deletionGracePeriodSeconds": 30}});
    for (pod, words) in [
        (unready, "not ready; nothing that was read says why"),
        (with(ready(), &due), "Terminating, ready; nothing that was read says why"),
        (json!({"status": {"phase": "Failed"}}), "nothing that was read says why"),
        (json!({"metadata": {"creationTimestamp": at(110)}}), "created 10s ago, and nothing has failed yet"),
        (json!({"status": null}), "nothing that was read says why"),
    ] {
        let case = web().pod(&pod).case();
        let subjects = Subjects { only: Some(["web-6f9c7d5b8-p0".to_owned()].into()), ..case.subjects() };
        let judged = diagnose(&subjects, &case.fetched, PLACE, case.now).objects;
        assert_eq!(judged[0].verdict, Verdict::Unknown, "{pod}");
        assert!(judged[0].detail.ends_with(words), "{:?}", judged[0]);
        let whole = case.diagnosis().objects;
        assert_eq!(whole[0].verdict, Verdict::Unknown, "{pod}: {whole:?}");
    }
}

/// All that is asked for, when nothing of it can be read; `only` the pod, as the runbook's situations are about one.
fn asked(make: &Make, only: bool) -> Vec<Need> {
    let mut case = make.case();
    let names = case.workload.pods.iter().filter_map(|pod| pod.metadata.name.clone());
    let only = only.then(|| names.collect());
    let mut needs = Vec::new();
    for _ in 0..ROUNDS {
        let subjects = Subjects { only: only.clone(), ..case.subjects() };
        for need in diagnose(&subjects, &case.fetched, PLACE, case.now).needs {
            case.fetched.insert(need.clone(), Fact::Unavailable("forbidden".to_owned()));
            needs.push(need);
        }
    }
    let subjects = Subjects { only, ..case.subjects() };
    assert_eq!(
        diagnose(&subjects, &case.fetched, PLACE, case.now).needs,
        [],
        "it still asks after {ROUNDS} rounds"
    );
    needs
}

#[test]
fn little_is_asked_for_in_the_runbooks_situations() {
    let due = json!({"metadata": {"deletionTimestamp": at(60), "deletionGracePeriodSeconds": 30}});
    let full = web().pod(&unscheduled(&nodes("5 Insufficient cpu")));
    let failing = web().pod(&probed(&running(1), 0, &Value::Null)).event(
        "app",
        "Unhealthy",
        "Readiness probe failed: HTTP probe failed with statuscode: 503",
        9,
        [11, 110],
    );
    for (name, make, requests) in [
        ("terminating", web().pod(&with(ready(), &due)), 1),
        ("pending, nodes forbidden", full.clone(), 2),
        ("pending", full.nodes(&[node("node-1", &json!({})), node("node-2", &json!({}))]), 3),
        ("crashloop", web().pod(&crashed(7, "Error", 3)), 1),
        ("readiness", failing, 1),
    ] {
        let needs = asked(&make, true);
        assert_eq!(needs.len(), requests, "{name}: {needs:?}");
    }
}

#[test]
fn nothing_is_asked_for_what_is_well() {
    let mut make = web();
    for _ in 0..20 {
        make = make.pod(&ready());
    }
    assert_eq!(asked(&make, true), []);
    assert_eq!(asked(&make, false), [Need::Services, Need::Budgets, Need::Autoscalers]);
}

/// The events of a Deployment tell something only where an autoscaler may have a rival that is not known yet.
#[test]
fn how_it_was_scaled_is_asked_only_of_what_an_autoscaler_scales() {
    let hpa = |name: &str, most: i32| {
        json!({"metadata": {"name": name}, "spec": {"maxReplicas": most,
        "scaleTargetRef": {"kind": "Deployment", "name": "web"}}})
    };
    let of = |all: &[Value]| {
        let answer = Answer::Autoscalers(all.iter().map(super::make::read).collect());
        web().pod(&ready()).answer(Need::Autoscalers, answer)
    };
    let scalings = Need::Scalings("web".to_owned());
    for (name, make, wanted) in [
        ("no autoscaler", of(&[]), false),
        ("one", of(&[hpa("a", 3)]), true),
        ("two", of(&[hpa("a", 3), hpa("b", 3)]), false),
    ] {
        assert_eq!(asked(&make, false).contains(&scalings), wanted, "{name}");
    }
}

/// A force delete is named only where a node is lost, after what to look at, with what it risks.
#[test]
fn a_force_delete_is_proposed_only_where_the_node_is_lost() {
    let recorded = RECORDED.iter().map(|(name, _)| read(name));
    let made = [made(), in_depth()].concat();
    for case in recorded.chain(made.into_iter().map(|(_, make, _)| make.case())) {
        for found in case.looked().found {
            let finding = found.finding;
            let forced = finding.next.iter().position(|line| line.contains("--force"));
            assert_eq!(forced.is_some(), finding.code == "terminating/node-lost", "{finding:?}");
            let told = finding.summary.contains("may still run") && forced == Some(finding.next.len() - 1);
            assert!(forced.is_none() || told, "{finding:?}");
        }
    }
}

#[test]
fn of_a_stateful_set_it_says_that_two_of_one_identity_could_run() {
    let mut case = case("its node is silent");
    let mut pod = case.workload.pods.remove(0);
    let owner =
        json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "db", "uid": "s", "controller": true});
    pod.metadata.owner_references = serde_json::from_value(json!([owner])).unwrap();
    let subjects = Subjects { workloads: Vec::new(), pods: vec![pod], ..case.subjects() };
    let diagnosis = diagnose(&subjects, &case.fetched, PLACE, case.now);
    assert_eq!(codes(&diagnosis), ["terminating/node-lost"]);
    let summary = &diagnosis.findings[0].finding.summary;
    assert!(summary.contains("StatefulSet db") && summary.contains("twice"), "{summary}");
    assert_eq!(diagnosis.groups[0].owner, "statefulset/db");
}

/// Its controller replaces no pod that never got ready, whatever the template says by then.
#[test]
fn of_a_stateful_set_the_pod_has_to_be_deleted_once_the_template_is_mended() {
    let mut case = web().pod(&waiting("ErrImageNeverPull", "not present")).case();
    let mut pod = case.workload.pods.remove(0);
    let owner =
        json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "db", "uid": "s", "controller": true});
    pod.metadata.owner_references = serde_json::from_value(json!([owner])).unwrap();
    let subjects = Subjects { workloads: Vec::new(), pods: vec![pod], ..case.subjects() };
    let next = &diagnose(&subjects, &case.fetched, PLACE, case.now).findings[0].finding.next;
    assert!(next[0].starts_with("kubectl edit statefulset/db "), "{next:?}");
    assert!(next[1].starts_with("kubectl delete pod web-6f9c7d5b8-p0 "), "{next:?}");
}

/// The live judge of rollouts sees what it saw before there were diagnoses, and asks for logs at most.
#[test]
fn a_rollout_is_judged_without_what_only_a_diagnosis_reads() {
    for (name, make, _) in in_depth() {
        for found in make.case().found() {
            let deep = matches!(
                found.cause.rule,
                crate::causes::Rule::PodInDepth(_) | crate::causes::Rule::WorkloadInDepth(_)
            );
            assert!(!deep, "{name}: {}", found.cause.code);
            let logs = |need: &Need| matches!(need, Need::PreviousLog { .. } | Need::Log { .. });
            assert!(found.needs.iter().all(logs), "{name}: {:?}", found.needs);
        }
    }
}

/// A diagnosis names on every recording what the live judge names, and folds what follows.
#[test]
fn a_diagnosis_names_what_the_live_judge_names() {
    for (name, expected) in RECORDED {
        let case = read(name);
        let found: Vec<&str> = case.looked().found.iter().map(|found| found.cause.code).collect();
        for (code, ..) in *expected {
            assert!(found.contains(code), "{name}: {found:?}");
        }
    }
}
