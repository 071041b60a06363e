//! Causes that stand, and what comes after the rollout: verification and soak.

use super::*;

/// A pod of the new template whose container waits for a key that is not there.
fn missing_key(plan: &Plan) -> Observation {
    let mut workload = after(plan, &[true; 2], &[false]).workload();
    let waiting = serde_json::json!([{"name": "app", "image": "", "imageID": "", "ready": false, "restartCount": 0,
        "state": {"waiting": {"reason": "CreateContainerConfigError",
            "message": "couldn't find key RATE_LIMIT_RPS in ConfigMap skillancer-production/api-gateway-config"}}}]);
    let new = workload.pods.iter_mut().find(|pod| crate::workload::name(pod).starts_with("new")).unwrap();
    new.status.as_mut().unwrap().container_statuses = serde_json::from_value(waiting).unwrap();
    Observation::Workload(Box::new(workload))
}

/// Ready between two crashes is no success; to have run longer than before is.
#[test]
fn a_pod_that_came_back_from_a_crash_has_to_prove_itself() {
    let (mut restart, plan) = rolling();
    let mut workload = after(&plan, &[], &[true; 3]).workload();
    let back = serde_json::json!([{"name": "app", "image": "", "imageID": "", "ready": true, "restartCount": 1,
        "state": {"running": {"startedAt": at(20)}},
        "lastState": {"terminated": {"exitCode": 9, "startedAt": at(10), "finishedAt": at(12)}}}]);
    workload.pods[0].status.as_mut().unwrap().container_statuses = serde_json::from_value(back).unwrap();
    assert!(watches(&restart.next(Observation::Workload(Box::new(workload)), at(21))));
    assert!(watches(&restart.next(Observation::Quiet, at(32))));
    assert!(matches!(restart.next(Observation::Quiet, at(33)), Action::Inspect(_)));
}

#[test]
fn a_cause_shows_at_once_and_fails_when_it_has_stood() {
    let (mut restart, plan) = rolling();
    assert!(watches(&restart.next(missing_key(&plan), at(5))));
    assert!(watches(&restart.next(Observation::Quiet, at(34))));
    assert!(restart.causes().any(|cause| cause.summary.contains("RATE_LIMIT_RPS")));
    let Action::Fetch(needs) = restart.next(Observation::Quiet, at(35)) else { panic!() };
    assert!(needs.is_empty(), "the template refers to nothing: {needs:?}");
    assert!(matches!(restart.next(Observation::Fetched(Fetched::new()), at(36)), Action::Record(_)));
    let ending = restart.ending().unwrap();
    assert_eq!(
        (ending.outcome, ending.findings[0].code.as_str()),
        (Outcome::Failed, "crashloop/config-error")
    );
    assert_eq!(ending.verified.rollout, Verdict::Fail);
}

#[test]
fn no_verdict_on_stale_facts() {
    let (mut restart, plan) = rolling();
    restart.next(missing_key(&plan), at(5));
    restart.next(Observation::Trouble("connection refused".to_owned()), at(10));
    assert!(matches!(restart.next(Observation::Quiet, at(40)), Action::Watch { .. }));
    assert!(matches!(restart.next(Observation::Quiet, at(305)), Action::Record(_)));
    let ending = restart.ending().unwrap();
    assert_eq!((ending.outcome, ending.findings[0].code.as_str()), (Outcome::Unknown, "api/unreachable"));
}

#[test]
fn a_key_that_comes_late_is_no_failure() {
    let (mut restart, plan) = rolling();
    restart.next(missing_key(&plan), at(5));
    restart.next(sees(&after(&plan, &[true; 2], &[true])), at(20));
    assert!(watches(&restart.next(Observation::Quiet, at(36))));
    assert!(matches!(restart.next(sees(&after(&plan, &[], &[true; 3])), at(40)), Action::Inspect(_)));
}

#[test]
fn an_endpoint_that_fails_is_a_failed_restart() {
    let (mut restart, plan) = rolling();
    restart.next(sees(&after(&plan, &[], &[true; 3])), at(20));
    assert!(matches!(restart.next(Observation::Inspected(inspected(503)), at(21)), Action::Record(_)));
    let ending = restart.ending().unwrap();
    assert_eq!((ending.outcome, ending.verified.health), (Outcome::Failed, Verdict::Fail));
    assert_eq!(ending.verified.rollout, Verdict::Pass);
}

/// A restart whose rollout is done and that soaks for ten minutes from 21 s on.
fn soaking() -> (Restart, Plan) {
    let mut request = request();
    request.soak = SignedDuration::from_mins(10);
    let plan = plan(Make::default().facts(), request, at(1)).unwrap();
    let mut restart = Restart::new(plan.clone(), at(1));
    restart.next(Observation::Begin, at(1));
    restart.next(applied(&after(&plan, &[true; 3], &[])), at(2));
    restart.next(sees(&after(&plan, &[], &[true; 3])), at(20));
    let action = restart.next(Observation::Inspected(inspected(200)), at(21));
    assert_eq!(action, Action::Watch { until: at(81) });
    (restart, plan)
}

#[test]
fn a_soak_reads_the_logs_every_minute_and_ends() {
    let (mut restart, plan) = soaking();
    assert_eq!(restart.next(Observation::Quiet, at(81)), Action::ReadLogs { since: at(21) });
    let logs = Observation::Logs(vec![Fact::Known("serving\n".to_owned())]);
    assert_eq!(restart.next(logs, at(81)), Action::Watch { until: at(141) });
    restart.next(sees(&after(&plan, &[], &[true; 3])), at(90));
    assert_eq!(
        restart.next(Observation::Quiet, at(621)),
        Action::ReadLogs { since: at(81) },
        "the last lines too"
    );
    assert!(matches!(restart.next(Observation::Logs(Vec::new()), at(622)), Action::Record(_)));
    let ending = restart.ending().unwrap();
    assert_eq!((ending.outcome, ending.verified.soak), (Outcome::Succeeded, Verdict::Pass));
}

#[test]
fn a_pod_that_falls_over_during_the_soak_fails_it() {
    let (mut restart, plan) = soaking();
    restart.next(sees(&after(&plan, &[], &[true, true, false])), at(90));
    restart.next(Observation::Quiet, at(621));
    assert!(matches!(restart.next(Observation::Logs(Vec::new()), at(622)), Action::Record(_)));
    assert_eq!(restart.ending().unwrap().outcome, Outcome::Failed);
}

/// The entry of `sk-history` that a restart ends with, as it is written.
fn recorded(action: Action) -> serde_json::Value {
    let Action::Record(record) = action else { panic!("{action:?}") };
    serde_json::from_str(&record.history.1.written()).unwrap()
}

#[test]
fn what_a_restart_writes_down_is_read_back() {
    let (mut restart, _) = soaking();
    let action = restart.next(Observation::Signal(Signal::Interrupt), at(60));
    let Action::Record(record) = action else { panic!("{action:?}") };
    assert_eq!(
        record.history.1.written(),
        r#"{"command":"sk-restart","deployment":"api-gateway","user":"anna","host":"laptop","reason":null,"#
            .to_owned()
            + r#""outcome":"Interrupted","template":"d393bfcb89dd92af","verified":true,"#
            + r#""startedAt":"2026-11-21T22:26:40Z","finishedAt":"2026-11-21T22:27:40Z"}"#
    );
    assert_eq!(read_back(&record, "api-gateway"), [*record.history.1]);
}

#[test]
fn what_failed_its_soak_is_not_verified() {
    let (mut restart, plan) = soaking();
    restart.next(sees(&after(&plan, &[], &[true, true, false])), at(90));
    restart.next(Observation::Quiet, at(621));
    let entry = recorded(restart.next(Observation::Logs(Vec::new()), at(622)));
    assert_eq!((&entry["outcome"], &entry["verified"]), (&"Failed".into(), &false.into()));
}

#[test]
fn a_template_of_somebody_else_ends_the_soak_and_is_not_written_down_as_ours() {
    let (mut restart, plan) = soaking();
    let ours = crate::revision::hash(restart.body.made.as_ref().unwrap().template());
    let mut theirs = after(&plan, &[true; 3], &[false]).workload();
    let mut template = theirs.deployment.template().clone();
    template["spec"]["containers"][0]["image"] = "web:bad".into();
    theirs = theirs.clone().with(theirs.deployment.with_template(template));
    let entry = recorded(restart.next(Observation::Workload(Box::new(theirs)), at(90)));
    assert_eq!((&entry["template"], &entry["verified"]), (&ours.into(), &true.into()));
    let ending = restart.ending().unwrap();
    assert_eq!((ending.outcome, ending.verified.soak), (Outcome::Succeeded, Verdict::Unknown));
    assert_eq!(ending.findings[0].code, "soak/unseen");
    assert_eq!(restart.steps().last().unwrap().step, "soak");
}

#[test]
fn a_pod_that_was_evicted_before_does_not_fail_the_soak() {
    let (mut restart, plan) = soaking();
    let mut workload = after(&plan, &[false], &[true; 3]).workload();
    let old = workload.pods.iter_mut().find(|pod| !crate::workload::is_ready(pod)).unwrap();
    old.status.as_mut().unwrap().phase = Some("Failed".to_owned());
    restart.next(Observation::Workload(Box::new(workload)), at(90));
    restart.next(Observation::Quiet, at(621));
    restart.next(Observation::Logs(Vec::new()), at(622));
    let ending = restart.ending().unwrap();
    assert_eq!((ending.outcome, ending.verified.soak), (Outcome::Succeeded, Verdict::Pass));
}

#[test]
fn q_ends_the_watching_with_what_was_seen() {
    let (mut restart, _) = soaking();
    assert_eq!(
        restart.next(Observation::Quit, at(60)),
        Action::ReadLogs { since: at(21) },
        "the last lines too"
    );
    let logs = Observation::Logs(vec![Fact::Known("serving\n".to_owned())]);
    assert!(matches!(restart.next(logs, at(60)), Action::Record(_)));
    let report = restart.report(at(60));
    assert_eq!((report.outcome, report.verified.soak), (Outcome::Succeeded, Verdict::Pass));
    assert_eq!(report.steps.last().unwrap().result, "ended by q after 39s: 0 restarts, 0 warnings");
}

#[test]
fn ctrl_c_during_the_soak_keeps_the_verdict_on_the_rollout() {
    let (mut restart, _) = soaking();
    restart.next(Observation::Signal(Signal::Interrupt), at(60));
    let ending = restart.ending().unwrap();
    assert_eq!((ending.outcome, ending.verified.rollout), (Outcome::Interrupted, Verdict::Pass));
}

#[test]
fn a_reason_becomes_the_change_cause_and_the_plan_has_every_write() {
    let mut request = request();
    request.reason = Some("rotate certificates".to_owned());
    request.no_lock = false;
    let plan = plan(Make::default().facts(), request, at(1)).unwrap();
    let Patch::Strategic(patch) = plan.patch() else { panic!() };
    assert_eq!(patch["metadata"]["annotations"]["kubernetes.io/change-cause"], "rotate certificates");
    let steps: Vec<_> = plan.steps.iter().map(|step| (step.step, step.object.as_str())).collect();
    let object = "deployment/api-gateway";
    assert_eq!(
        steps,
        [
            ("lock", "lease/sk-api-gateway"),
            ("patch", object),
            ("patch", object),
            ("watch", object),
            ("verify", object),
            ("record", "configmap/sk-history"),
        ]
    );
    assert_eq!(
        plan.steps[2].kubectl,
        "kubectl annotate deployment/api-gateway 'kubernetes.io/change-cause=rotate certificates' --overwrite \
         -n skillancer-production"
    );
}

#[test]
fn many_pods_are_looked_into_a_few_at_a_time() {
    let make = |plan: &Plan, new: &[bool]| Make { replicas: 20, ..after(plan, &[], new) };
    let (mut restart, plan) = rolling();
    let mut sizes = Vec::new();
    let mut action = restart.next(sees(&make(&plan, &[true; 20])), at(5));
    while let Action::Inspect(inspection) = action {
        sizes.push(inspection.pods.len());
        action = restart.next(Observation::Inspected(inspected(200)), at(6));
    }
    assert_eq!(sizes, [8, 8, 4]);
    assert!(matches!(action, Action::Record(_)), "{action:?}");
}
