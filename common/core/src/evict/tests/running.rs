//! Each row of a table is what the driver saw, and how it has to end.

use k8s_openapi::api::core::v1::Event;

use super::*;
use crate::evict::evicting::ATTEMPTS;
use crate::fixtures::read_back;
use crate::lock::{LeaseAnswer, LeaseRequest};
use crate::operation::{DryRun, Signal};
use crate::verify::Inspected;

#[test]
fn a_ready_successor_of_the_same_controller_is_success() {
    let mut eviction = accepted();
    for (seconds, pods) in [
        (3, vec![ending(), pod("web-1-b", "u-b", true)]),
        (4, vec![ending(), pod("web-1-c", "u-c", false)]),
        // Ready, while the old one still ends.
        (5, vec![ending(), pod("web-1-c", "u-c", true)]),
    ] {
        let action = eviction.next(sees(pods), at(seconds));
        assert!(matches!(action, Action::Watch { .. }), "{action:?}");
    }
    let action = eviction.next(sees(vec![pod("web-1-b", "u-b", true), pod("web-1-c", "u-c", true)]), at(9));
    let Action::Inspect(inspection) = action else { panic!("{action:?}") };
    assert_eq!(inspection.pods, [("web-1-c".to_owned(), vec!["app".to_owned()])]);
    let quiet = Inspected {
        pod: "web-1-c".to_owned(),
        logs: vec![("app".to_owned(), Fact::Known("serving\n".to_owned()))],
        health: None,
    };
    let Action::Record(record) = eviction.next(Observation::Inspected(vec![quiet]), at(9)) else { panic!() };
    assert_eq!((record.reason, record.about.kind.as_deref()), ("PodReplaced", Some("Deployment")));
    assert!(record.message.contains("successor web-1-c"), "{}", record.message);
    assert_eq!(
        record.history.1.written(),
        r#"{"command":"sk-restart","pod":"web-1-a","deployment":"web","user":"anna","host":"laptop","reason":null,"#
            .to_owned()
            + r#""outcome":"Succeeded","startedAt":"2026-11-21T22:26:40Z","finishedAt":"2026-11-21T22:26:49Z"}"#
    );
    assert_eq!(read_back(&record, "web"), [*record.history.1]);
    assert_eq!(eviction.next(Observation::Recorded(Vec::new()), at(9)), Action::Finish);
    let report = eviction.report(at(9));
    let steps: Vec<_> = report.steps.iter().map(|step| (step.step, step.result.as_str())).collect();
    assert_eq!((steps[0], steps[1], steps[3]), (("evict", "ok"), ("watch", "ok"), ("record", "ok")));
    assert_eq!(
        (report.outcome, report.object.as_str(), report.service.as_str()),
        (Outcome::Succeeded, "pod/web-1-a", "web")
    );
    assert_eq!((report.verified.pods, report.verified.logs), (Verdict::Pass, Verdict::Pass));
}

#[test]
fn a_pod_without_a_deployment_is_written_down_as_that() {
    let plan = plan(Facts { deployment: None, ..facts(old()) }, request()).unwrap();
    let mut eviction = Eviction::new(plan, at(1));
    eviction.next(Observation::Begin, at(1));
    eviction.next(sees(both()), at(1));
    eviction.next(Observation::Evicted(Evicted::Accepted), at(2));
    let action = eviction.next(Observation::Signal(Signal::Interrupt), at(3));
    let Action::Record(record) = action else { panic!("{action:?}") };
    let written = record.history.1.written();
    assert!(written.contains(r#""pod":"web-1-a","deployment":null,"#), "{written}");
    assert_eq!(read_back(&record, "web"), []);
}

#[test]
fn a_successor_of_the_same_name_has_another_uid() {
    let mut eviction = accepted();
    assert!(matches!(eviction.next(sees(vec![old()]), at(3)), Action::Watch { .. }), "the watch lags");
    let action = eviction.next(sees(vec![pod("web-1-a", "u-new", true)]), at(9));
    assert!(matches!(action, Action::Inspect(_)), "{action:?}");
}

#[test]
fn a_pod_that_came_before_the_eviction_is_no_successor() {
    let mut eviction = Eviction::new(planned(), at(1));
    let scaled_up = || pod("web-1-x", "u-x", true);
    eviction.next(Observation::Begin, at(1));
    let action = eviction.next(sees([both(), vec![scaled_up()]].concat()), at(1));
    assert!(matches!(action, Action::Evict { .. }), "{action:?}");
    eviction.next(Observation::Evicted(Evicted::Accepted), at(2));
    // The watch lags: it shows the new pod only now.
    for (seconds, pods) in [(3, both()), (4, vec![old(), scaled_up()]), (5, vec![scaled_up()])] {
        let action = eviction.next(sees(pods), at(seconds));
        assert!(matches!(action, Action::Watch { .. }), "{action:?}");
    }
    assert!(eviction.successor().is_none());
}

#[test]
fn a_budget_that_blocks_is_named_with_its_numbers_and_nothing_is_written() {
    for (budgets, words) in [
        (Fact::Known(vec![budget(0)]), "PDB web-pdb: 3 of 3 pods healthy, 3 must stay, 0 may be evicted"),
        (Fact::Unavailable("forbidden".to_owned()), "a PodDisruptionBudget does not allow it"),
    ] {
        let mut eviction = asked();
        let message = "Cannot evict pod as it would violate the pod's disruption budget.".to_owned();
        let blocked = Evicted::Blocked { message: message.clone(), budgets };
        assert_eq!(eviction.next(Observation::Evicted(blocked), at(2)), Action::Finish);
        assert_eq!(ended(&eviction), (Outcome::Refused, Some("rollout/pdb-blocks-eviction")));
        let finding = &eviction.ending().unwrap().findings[0];
        assert!(finding.summary.contains(words), "{}", finding.summary);
        assert_eq!(finding.evidence[0], message);
        assert_eq!(finding.evidence.len(), 2, "{:?}", finding.evidence);
    }
}

#[test]
fn the_first_answer_decides_whether_anything_was_changed() {
    let text = || "why".to_owned();
    for (evicted, outcome, code) in [
        (Evicted::Absent(text()), Outcome::Refused, "target/changed"),
        (Evicted::Rejected(text()), Outcome::Refused, "api/rejected"),
        (Evicted::NotSent(text()), Outcome::Refused, "api/unreachable"),
    ] {
        let mut eviction = asked();
        assert_eq!(eviction.next(Observation::Evicted(evicted), at(2)), Action::Finish);
        assert_eq!(ended(&eviction), (outcome, Some(code)));
    }
}

#[test]
fn a_lost_answer_is_found_out_about() {
    let lost = || Observation::Evicted(Evicted::Ambiguous("connection reset".to_owned()));
    let mut arrived = asked();
    assert_eq!(arrived.next(lost(), at(2)), Action::Watch { until: at(3) });
    assert!(matches!(arrived.next(sees(vec![ending()]), at(3)), Action::Watch { .. }));
    assert_eq!(arrived.evicted(), Some(at(3)));

    let mut gone = asked();
    gone.next(lost(), at(2));
    assert!(matches!(gone.next(Observation::Quiet, at(3)), Action::Evict { .. }));
    gone.next(Observation::Evicted(Evicted::Absent("not found".to_owned())), at(4));
    assert_eq!(gone.evicted(), Some(at(4)), "only ours had this UID");

    let mut never = asked();
    for _ in 1..ATTEMPTS {
        assert!(matches!(never.next(lost(), at(2)), Action::Watch { .. }));
        assert!(matches!(never.next(Observation::Quiet, at(3)), Action::Evict { .. }));
    }
    assert!(matches!(never.next(lost(), at(4)), Action::Record(_)));
    assert_eq!(ended(&never), (Outcome::Unknown, Some("api/unreachable")));
}

#[test]
fn a_server_dry_run_is_admitted_and_no_more() {
    let plan = plan(facts(old()), Request { dry_run: DryRun::Server, no_lock: false, ..request() }).unwrap();
    let mut eviction = Eviction::new(plan, at(1));
    eviction.next(Observation::Begin, at(1));
    assert!(matches!(eviction.next(sees(both()), at(1)), Action::Evict { dry_run: true, .. }));
    assert_eq!(eviction.next(Observation::Evicted(Evicted::Accepted), at(2)), Action::Finish);
    assert_eq!(ended(&eviction), (Outcome::Planned, None));
}

#[test]
fn a_cause_that_stands_fails_it() {
    let broken = || {
        changed("web-1-c", "u-c", false, |pod| {
            let waiting = json!({"reason": "ErrImageNeverPull", "message": "Container image \"web:1\" is not present with pull policy of Never"});
            pod["status"]["containerStatuses"][0]["state"] = json!({"waiting": waiting});
        })
    };
    let mut eviction = accepted();
    let mut action = eviction.next(sees(vec![broken()]), at(3));
    assert!(eviction.causes().next().is_some(), "the cause is on the screen at once");
    if let Action::Watch { .. } = action {
        action = eviction.next(Observation::Quiet, at(40));
    }
    assert!(matches!(action, Action::Fetch(_)), "{action:?}");
    assert!(matches!(eviction.next(Observation::Fetched(causes()), at(41)), Action::Record(_)));
    assert_eq!(ended(&eviction), (Outcome::Failed, Some("image/never-pull")));
}

#[test]
fn a_successor_that_is_never_created_says_why() {
    let failed = |times: i32| -> Event {
        serde_json::from_value(json!({
            "metadata": {"name": "e"}, "involvedObject": {"uid": "web-1", "kind": "ReplicaSet", "name": "web-1"},
            "reason": "FailedCreate", "message": "Error creating: pods \"web-1-c\" is forbidden: exceeded quota: tight",
            "count": times, "lastTimestamp": at(4),
        }))
        .unwrap()
    };
    let mut eviction = accepted();
    let siblings = Siblings { pods: Vec::new(), events: Fact::Known(vec![failed(5)]) };
    let action = eviction.next(Observation::Pods(Box::new(siblings)), at(5));
    assert_eq!(action, Action::Watch { until: at(10) });
    assert!(matches!(eviction.next(Observation::Quiet, at(35)), Action::Fetch(_)));
    eviction.next(Observation::Fetched(causes()), at(35));
    assert_eq!(ended(&eviction), (Outcome::Failed, Some("pending/refused")));
    assert!(eviction.ending().unwrap().findings[0].summary.contains("exceeded quota: tight"));
}

#[test]
fn events_that_could_not_be_read_are_told_however_it_ends() {
    let sees = |pods| {
        let events = Fact::Unavailable("events is forbidden".to_owned());
        Observation::Pods(Box::new(Siblings { pods, events }))
    };
    let broken = changed("web-1-c", "u-c", false, |pod| {
        pod["status"]["containerStatuses"][0]["state"] = json!({"waiting": {"reason": "InvalidImageName"}});
    });
    let told = |eviction: &Eviction, outcome| {
        assert_eq!(ended(eviction).0, outcome);
        let findings = &eviction.ending().unwrap().findings;
        let unread = findings.iter().find(|finding| finding.code == "verify/events").unwrap();
        assert_eq!(
            (unread.object.as_str(), &unread.evidence[0][..]),
            ("replicaset/web-1", "events is forbidden")
        );
    };
    let mut replaced = accepted();
    replaced.next(sees(vec![pod("web-1-c", "u-c", true)]), at(3));
    replaced.next(Observation::Inspected(Vec::new()), at(3));
    told(&replaced, Outcome::Succeeded);

    let mut failed = accepted();
    assert!(matches!(failed.next(sees(vec![broken]), at(3)), Action::Fetch(_)));
    failed.next(Observation::Fetched(causes()), at(3));
    told(&failed, Outcome::Failed);

    let mut stalled = accepted();
    stalled.next(sees(Vec::new()), at(3));
    assert!(matches!(stalled.next(Observation::Quiet, at(400)), Action::Record(_)));
    told(&stalled, Outcome::Unknown);
}

#[test]
fn without_progress_the_causes_that_are_seen_are_told() {
    let gated = changed("web-1-c", "u-c", false, |pod| {
        pod["spec"] = json!({"containers": [], "schedulingGates": [{"name": "example.com/quota"}]});
        let held = json!({"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"});
        pod["status"] = json!({"phase": "Pending", "conditions": [held]});
    });
    let mut eviction = accepted();
    eviction.next(sees(vec![gated]), at(3));
    assert!(matches!(eviction.next(Observation::Quiet, at(400)), Action::Record(_)));
    let codes: Vec<_> =
        eviction.ending().unwrap().findings.iter().map(|finding| finding.code.as_str()).collect();
    assert_eq!(codes, ["rollout/no-progress", "pending/scheduling-gate"]);
}

#[test]
fn what_could_not_be_written_down_is_told_in_the_report() {
    let mut eviction = accepted();
    assert!(matches!(eviction.next(Observation::Signal(Signal::Interrupt), at(3)), Action::Record(_)));
    let unrecorded = ["events is forbidden", "configmaps is forbidden"].map(str::to_owned).to_vec();
    assert_eq!(eviction.next(Observation::Recorded(unrecorded), at(5)), Action::Finish);
    let report = eviction.report(at(5));
    let step = report.steps.last().unwrap();
    assert_eq!((step.step, step.started_at, step.finished_at), ("record", at(3), at(5)));
    assert_eq!(step.result, "events is forbidden; configmaps is forbidden");
}

#[test]
fn only_progress_moves_the_deadline() {
    let mut eviction = accepted();
    assert_eq!(eviction.next(sees(vec![ending()]), at(3)), Action::Watch { until: at(8) });
    assert_eq!(eviction.next(sees(vec![ending()]), at(200)), Action::Watch { until: at(205) });
    assert_eq!(eviction.next(sees(Vec::new()), at(250)), Action::Watch { until: at(255) });
    assert!(matches!(eviction.next(Observation::Quiet, at(550)), Action::Record(_)));
    assert_eq!(ended(&eviction), (Outcome::Unknown, Some("rollout/no-progress")));
}

#[test]
fn the_deployments_lock_is_held_around_it() {
    let plan = plan(facts(old()), Request { no_lock: false, ..request() }).unwrap();
    let mut eviction = Eviction::new(plan, at(1));
    let action = eviction.next(Observation::Begin, at(1));
    let Action::Lease { request: LeaseRequest::Create(lease), .. } = action else { panic!("{action:?}") };
    assert_eq!(eviction.next(Observation::Lease(LeaseAnswer::Is(Some(lease.clone()))), at(1)), Action::Read);
    let action = eviction.next(sees(both()), at(1));
    assert!(matches!(action, Action::Evict { .. }), "{action:?}");
    let action = eviction.next(Observation::Evicted(Evicted::Accepted), at(2));
    assert_eq!(action, Action::Watch { until: at(7) }, "it looks again before");
    assert!(matches!(eviction.next(Observation::Quiet, at(8)), Action::Lease { .. }));
    let mut theirs = lease;
    theirs["metadata"]["annotations"]["sk.skillancer.io/operation"] = json!("theirs");
    assert_eq!(eviction.next(Observation::Lease(LeaseAnswer::Is(Some(theirs))), at(9)), Action::Finish);
    assert_eq!(ended(&eviction), (Outcome::Unknown, Some("lock/displaced")));
}

#[test]
fn a_signal_says_how_to_go_on() {
    let mut eviction = accepted();
    assert!(matches!(eviction.next(Observation::Signal(Signal::Interrupt), at(3)), Action::Record(_)));
    assert_eq!(ended(&eviction), (Outcome::Interrupted, Some("rollout/interrupted")));
    let ending = eviction.ending().unwrap();
    assert_eq!(ending.findings[0].next, ["kubectl get pods -l pod-template-hash=1 -w -n shop"]);
}
