//! The restart against scripted clusters: each row of a table is what the driver saw, and how it has to end.

mod after;
mod any;
mod locked;
mod template;

use jiff::SignedDuration;
use proptest::prelude::*;

use super::patching::PATCH_ATTEMPTS;
use super::*;
use crate::causes::Fetched;
use crate::checks::Verdict;
use crate::fact::Fact;
use crate::fixtures::{Make, at, read_back, request};
use crate::operation::{Action, DryRun, Observation, Patch, Request, Signal, Write};
use crate::report::Outcome;
use crate::verify::{Health, Inspected};

fn planned() -> Plan {
    plan(Make::default().facts(), request(), at(1)).unwrap()
}

/// The workload after the patch: the new `ReplicaSet`'s pods and what is left of the old one.
fn after(plan: &Plan, old: &[bool], new: &[bool]) -> Make {
    Make {
        generation: 2,
        observed: 2,
        restarted_at: Some(restarted_at(plan)),
        old: old.to_vec(),
        new: new.to_vec(),
        ..Make::default()
    }
}

/// The value that marks a restart as its own.
fn restarted_at(plan: &Plan) -> String {
    match &plan.change {
        Change::Restart { restarted_at } => restarted_at.clone(),
        Change::Template(earlier) => panic!("{earlier:?} is no restart"),
    }
}

fn sees(make: &Make) -> Observation {
    Observation::Workload(Box::new(make.workload()))
}

fn applied(make: &Make) -> Observation {
    Observation::Patched(Write::Applied(Box::new(make.deployment())))
}

fn reads(make: &Make) -> Observation {
    Observation::Read(Ok(Some(Box::new(make.deployment()))))
}

/// A restart whose patch was answered.
fn rolling() -> (Restart, Plan) {
    let mut restart = Restart::new(planned(), at(1));
    assert!(matches!(restart.next(Observation::Begin, at(1)), Action::Patch { dry_run: false, .. }));
    let plan = restart.plan().clone();
    assert!(watches(&restart.next(applied(&after(&plan, &[true; 3], &[])), at(2))));
    (restart, plan)
}

/// What three quiet pods show whose endpoint answers this.
fn inspected(status: u16) -> Vec<Inspected> {
    let health = Health { status, millis: 4, body: String::new() };
    let pod = |name: &str| Inspected {
        pod: name.to_owned(),
        logs: vec![("app".to_owned(), Fact::Known("serving\n".to_owned()))],
        health: Some(Fact::Known(Ok(health.clone()))),
    };
    ["new-0", "new-1", "new-2"].map(pod).to_vec()
}

fn watches(action: &Action) -> bool {
    matches!(action, Action::Watch { .. })
}

fn outcome(restart: &Restart) -> Outcome {
    restart.ending().map_or(Outcome::Planned, |ending| ending.outcome)
}

#[test]
fn the_patch_is_kubectls_bound_to_the_uid() {
    let plan = planned();
    assert_eq!(
        plan.patch(),
        Patch::Strategic(serde_json::json!({
            "metadata": {"uid": "d1"},
            "spec": {"template": {"metadata": {"annotations": {
                "kubectl.kubernetes.io/restartedAt": restarted_at(&plan)}}}},
        }))
    );
    assert_eq!(plan.field_manager(), "kubectl-rollout");
    assert!(restarted_at(&plan).contains(".000000"), "microseconds: {}", restarted_at(&plan));
}

#[test]
fn a_rollout_that_completes_succeeds() {
    let (mut restart, plan) = rolling();
    for (seconds, old, new) in [(3, vec![true; 3], vec![false]), (9, vec![true; 2], vec![true, false])] {
        let action = restart.next(sees(&after(&plan, &old, &new)), at(seconds));
        assert!(matches!(action, Action::Watch { .. }), "{action:?}");
    }
    let Action::Inspect(inspection) = restart.next(sees(&after(&plan, &[], &[true; 3])), at(20)) else {
        panic!()
    };
    assert_eq!((inspection.pods.len(), inspection.pods[0].1.as_slice()), (3, ["app".to_owned()].as_slice()));
    let Action::Record(record) = restart.next(Observation::Inspected(inspected(200)), at(20)) else {
        panic!()
    };
    assert_eq!((record.reason, record.warning), ("Restarted", false));
    assert_eq!(restart.next(Observation::Recorded(Vec::new()), at(20)), Action::Finish);
    let report = restart.report(at(20));
    assert_eq!(
        (report.outcome, report.verified.rollout, report.pods.len()),
        (Outcome::Succeeded, Verdict::Pass, 3)
    );
    assert_eq!(restart.lowest_available(), 3);
}

#[test]
fn what_was_there_before_the_patch_is_not_success() {
    let (mut restart, _) = rolling();
    // The watch lags behind the answer to the patch: generation 1, all well.
    assert!(watches(&restart.next(sees(&Make::default()), at(3))));
    let lines = crate::rollout::pod_lines(restart.seen(), at(3));
    assert!(lines.iter().all(|line| !line.new), "pods of the template before are old: {lines:?}");
}

#[test]
fn a_new_pod_that_is_seen_before_the_deployment_is_new() {
    let (mut restart, plan) = rolling();
    let mut early = after(&plan, &[true; 3], &[false]).workload();
    early = early.with(Make::default().deployment());
    assert!(watches(&restart.next(Observation::Workload(Box::new(early)), at(3))));
    let lines = crate::rollout::pod_lines(restart.seen(), at(3));
    let new: Vec<_> = lines.iter().filter(|line| line.new).map(|line| line.name.as_str()).collect();
    assert_eq!(new, ["new-0"]);
}

#[test]
fn an_old_pod_that_was_not_told_to_end_is_waited_for() {
    let (mut restart, plan) = rolling();
    let done = after(&plan, &[], &[true; 3]);
    let mut lags = after(&plan, &[true], &[true; 3]).workload().with(done.deployment());
    assert!(watches(&restart.next(Observation::Workload(Box::new(lags.clone())), at(3))));
    let old = lags.pods.iter_mut().find(|pod| crate::workload::name(pod) == "old-0").unwrap();
    old.metadata.deletion_timestamp = Some(k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(at(4)));
    assert!(matches!(restart.next(Observation::Workload(Box::new(lags)), at(4)), Action::Inspect(_)));
}

#[test]
fn only_progress_moves_the_deadline() {
    let (mut restart, plan) = rolling();
    let created = after(&plan, &[true; 3], &[false]);
    let ready = after(&plan, &[true; 3], &[true]);
    for (seen, seconds) in [(&created, 10), (&created, 200), (&ready, 309), (&created, 320), (&ready, 400)] {
        assert!(watches(&restart.next(sees(seen), at(seconds))), "at {seconds} s");
    }
    // Falling back and becoming ready again is no progress: 309 s counts.
    assert!(watches(&restart.next(Observation::Quiet, at(608))));
    assert!(matches!(restart.next(Observation::Quiet, at(609)), Action::Record(_)));
    assert_eq!(outcome(&restart), Outcome::Unknown);
    let finding = &restart.ending().unwrap().findings[0];
    assert_eq!(finding.code, "rollout/no-progress");
    assert!(
        finding.next[0].starts_with("kubectl rollout status deployment/api-gateway -n skillancer-production")
    );
}

#[test]
fn what_changed_since_the_question_is_judged_anew() {
    let mut restart = Restart::new(planned(), at(1));
    let paused = Make { paused: true, ..Make::default() };
    assert_eq!(restart.next(sees(&paused), at(60)), Action::Finish);
    let ending = restart.ending().unwrap();
    assert_eq!((ending.outcome, ending.findings[0].code.as_str()), (Outcome::Refused, "check/paused"));
}

#[test]
fn a_write_whose_answer_was_lost_is_read_back() {
    let plan = planned();
    let lost = || Observation::Patched(Write::Ambiguous("connection reset".to_owned()));
    let mut arrived = Restart::new(plan.clone(), at(1));
    arrived.next(Observation::Begin, at(1));
    assert_eq!(arrived.next(lost(), at(2)), Action::Read);
    let action = arrived.next(reads(&after(&plan, &[true; 3], &[])), at(3));
    assert!(matches!(action, Action::Watch { .. }), "its own annotation says that it arrived: {action:?}");

    let mut never = Restart::new(plan, at(1));
    never.next(Observation::Begin, at(1));
    for attempt in 1..PATCH_ATTEMPTS {
        assert_eq!(never.next(lost(), at(2)), Action::Read);
        assert_eq!(never.next(reads(&Make::default()), at(3)), Action::Watch { until: at(4) });
        let action = never.next(Observation::Quiet, at(4));
        assert!(matches!(action, Action::Patch { .. }), "after attempt {attempt}: {action:?}");
    }
    assert_eq!(never.next(lost(), at(4)), Action::Read);
    assert!(matches!(never.next(reads(&Make::default()), at(5)), Action::Record(_)));
    assert_eq!(outcome(&never), Outcome::Unknown);
}

#[test]
fn a_refusal_after_a_lost_answer_is_not_nothing_changed() {
    let mut restart = Restart::new(planned(), at(1));
    restart.next(Observation::Begin, at(1));
    restart.next(Observation::Patched(Write::Ambiguous("reset".to_owned())), at(2));
    restart.next(reads(&Make::default()), at(3));
    restart.next(Observation::Quiet, at(4));
    let refused = Observation::Patched(Write::Rejected("denied".to_owned()));
    assert!(matches!(restart.next(refused, at(5)), Action::Record(_)));
    assert_eq!(outcome(&restart), Outcome::Unknown);
}

#[test]
fn a_server_that_stays_away_after_a_lost_answer_is_unknown_and_not_refused() {
    let mut restart = Restart::new(planned(), at(1));
    restart.next(Observation::Begin, at(1));
    restart.next(Observation::Patched(Write::Ambiguous("reset".to_owned())), at(2));
    let gone = || Observation::Read(Err("refused".to_owned()));
    assert_eq!(restart.next(gone(), at(3)), Action::Watch { until: at(4) });
    assert_eq!(restart.next(Observation::Quiet, at(4)), Action::Read);
    assert!(matches!(restart.next(gone(), at(302)), Action::Record(_)));
    assert_eq!(outcome(&restart), Outcome::Unknown);
}

#[test]
fn what_never_began_is_refused_and_leaves_no_event() {
    for write in [Write::Rejected("denied".to_owned()), Write::NotSent("refused".to_owned())] {
        let mut restart = Restart::new(planned(), at(1));
        restart.next(Observation::Begin, at(1));
        assert_eq!(restart.next(Observation::Patched(write), at(2)), Action::Finish);
        assert_eq!(outcome(&restart), Outcome::Refused);
    }
}

#[test]
fn others_are_noticed() {
    let (_, plan) = rolling();
    for (seen, ends, code) in [
        (Observation::Gone, Outcome::Failed, "rollout/deleted"),
        (sees(&Make { uid: "d2", ..after(&plan, &[], &[true; 3]) }), Outcome::Failed, "rollout/deleted"),
        (
            sees(&Make { restarted_at: Some("later".to_owned()), ..after(&plan, &[], &[true; 3]) }),
            Outcome::Unknown,
            "rollout/superseded",
        ),
    ] {
        let (mut restart, _) = rolling();
        restart.next(seen, at(5));
        assert_eq!((outcome(&restart), restart.ending().unwrap().findings[0].code.as_str()), (ends, code));
    }
}

#[test]
fn that_the_controller_gave_up_is_shown_at_once_and_fails_at_the_timeout() {
    let deadline =
        serde_json::json!({"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"});
    let (mut restart, plan) = rolling();
    let stuck = Make { progressing: deadline, ..after(&plan, &[true; 2], &[false]) };
    assert!(watches(&restart.next(sees(&stuck), at(5))));
    assert!(restart.causes().any(|cause| cause.code == "rollout/progress-deadline"));
    assert!(watches(&restart.next(sees(&stuck), at(304))));
    assert!(matches!(restart.next(sees(&stuck), at(306)), Action::Fetch(_)));
    restart.next(Observation::Fetched(Fetched::new()), at(306));
    let ending = restart.ending().unwrap();
    assert_eq!(
        (ending.outcome, ending.findings[0].code.as_str()),
        (Outcome::Failed, "rollout/progress-deadline")
    );
}

#[test]
fn a_broken_watch_is_named_when_the_time_is_over() {
    let (mut restart, _) = rolling();
    let trouble = Observation::Trouble("connection refused".to_owned());
    assert!(watches(&restart.next(trouble, at(10))));
    assert_eq!(restart.trouble(), Some("connection refused"));
    restart.next(Observation::Quiet, at(302));
    let ending = restart.ending().unwrap();
    assert_eq!((ending.outcome, ending.findings[0].code.as_str()), (Outcome::Unknown, "api/unreachable"));
}

#[test]
fn a_signal_says_what_is_left_behind() {
    let (mut restart, _) = rolling();
    assert!(matches!(restart.next(Observation::Signal(Signal::Terminate), at(5)), Action::Record(_)));
    let ending = restart.ending().unwrap();
    assert_eq!((ending.outcome, ending.signal), (Outcome::Interrupted, Some(Signal::Terminate)));
    assert!(ending.findings[0].summary.contains("Kubernetes goes on"), "{:?}", ending.findings);
}

#[test]
fn a_server_dry_run_ends_with_the_answer() {
    let mut request = request();
    request.dry_run = DryRun::Server;
    let plan = plan(Make::default().facts(), request, at(1)).unwrap();
    let mut restart = Restart::new(plan.clone(), at(1));
    assert!(matches!(restart.next(Observation::Begin, at(1)), Action::Patch { dry_run: true, .. }));
    assert_eq!(restart.next(applied(&after(&plan, &[true; 3], &[])), at(2)), Action::Finish);
    assert_eq!(outcome(&restart), Outcome::Planned);
}

#[test]
fn force_overrides_what_it_names_and_nothing_else() {
    let facts = || Make { paused: true, ..Make::default() }.facts();
    let refusal = plan(facts(), request(), at(1)).unwrap_err();
    assert_eq!(refusal.findings.iter().map(|f| f.code.as_str()).collect::<Vec<_>>(), ["check/paused"]);
    assert_eq!(
        refusal.findings[0].next,
        [
            "kubectl rollout resume deployment/api-gateway -n skillancer-production",
            "kubectl sk-restart api-gateway -n skillancer-production --force paused",
        ]
    );
    let mut forced = request();
    forced.force = vec!["floor".to_owned()];
    assert!(plan(facts(), forced.clone(), at(1)).is_err());
    forced.force = vec!["paused".to_owned()];
    assert!(plan(facts(), forced, at(1)).is_ok());
}

#[test]
fn a_missing_verb_cannot_be_forced() {
    let mut facts = Make::default().facts();
    facts.access[1].1 = crate::fact::Fact::Known(false);
    let mut forced = request();
    forced.force = vec!["access".to_owned()];
    assert!(plan(facts, forced, at(1)).is_err());
}

proptest! {
    /// Whatever is seen in whatever order: no success without a workload that is complete and ours, no action after
    /// the end, and an end not later than the time without progress allows.
    #[test]
    fn never_a_false_success(steps in prop::collection::vec((0..8u8, 0..4usize, 0..4usize, 1..120i64), 1..40)) {
        let (mut restart, plan) = rolling();
        let mut now = 2;
        let mut last = None;
        for (kind, old, new, pause) in steps {
            now += pause;
            let make = after(&plan, &vec![true; old], &vec![kind != 1; new]);
            let observation = match kind {
                0 | 1 => sees(&make),
                2 => sees(&Make::default()),
                3 => sees(&Make { observed: 1, ..make.clone() }),
                4 => Observation::Trouble("reset".to_owned()),
                5 => Observation::Quiet,
                6 => sees(&Make { restarted_at: None, ..make.clone() }),
                _ => applied(&make),
            };
            if restart.ending().is_none() {
                last = Some((kind, old, new));
            }
            let action = restart.next(observation, at(now));
            if let Action::Watch { until } = action {
                prop_assert!(until <= at(now) + SignedDuration::from_mins(5));
            }
        }
        if outcome(&restart) == Outcome::Succeeded {
            prop_assert_eq!(last, Some((0, 0, 3)));
        }
    }
}
