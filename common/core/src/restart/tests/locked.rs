//! The lock of a restart: taken, renewed, given back, taken over.

use super::*;
use crate::lock::{LeaseAnswer, LeaseRequest};

/// A restart that needs the lock.
fn locked() -> Restart {
    let mut request = request();
    request.no_lock = false;
    Restart::new(plan(Make::default().facts(), request, at(1)).unwrap(), at(1))
}

/// The body of the request that the action asks for.
fn lease(action: &Action) -> serde_json::Value {
    match action {
        Action::Lease { request: LeaseRequest::Create(body) | LeaseRequest::Replace(body), .. } => {
            body.clone()
        }
        other => panic!("no Lease is written: {other:?}"),
    }
}

fn is(lease: serde_json::Value) -> Observation {
    Observation::Lease(LeaseAnswer::Is(Some(lease)))
}

/// A restart that holds the lock and whose patch was answered, with the Lease it holds.
fn holding() -> (Restart, serde_json::Value) {
    let mut restart = locked();
    let created = restart.next(Observation::Begin, at(1));
    assert!(matches!(&created, Action::Lease { name, .. } if name == "sk-api-gateway"), "{created:?}");
    let created = lease(&created);
    assert_eq!(restart.next(is(created.clone()), at(1)), Action::Watch { until: at(1) }, "looks once more");
    assert!(matches!(restart.next(Observation::Quiet, at(1)), Action::Patch { .. }));
    let plan = restart.plan().clone();
    let action = restart.next(applied(&after(&plan, &[true; 3], &[])), at(2));
    assert_eq!(action, Action::Watch { until: at(8) }, "the renewal comes first");
    (restart, created)
}

#[test]
fn the_lock_is_renewed_while_it_is_watched_and_given_back_at_the_end() {
    let (mut restart, held) = holding();
    let renewed = lease(&restart.next(Observation::Quiet, at(8)));
    assert_eq!(restart.next(is(renewed), at(8)), Action::Watch { until: at(8) });
    assert_eq!(restart.next(Observation::Quiet, at(8)), Action::Watch { until: at(13) }, "a look every 5 s");
    assert_eq!(
        restart.next(Observation::Quiet, at(13)),
        Action::Watch { until: at(15) },
        "a renewal every 7 s"
    );
    let plan = restart.plan().clone();
    let done = after(&plan, &[], &[true; 3]);
    assert!(matches!(restart.next(sees(&done), at(9)), Action::Inspect(_)));
    let action = restart.next(Observation::Inspected(inspected(200)), at(9));
    assert!(
        matches!(action, Action::Lease { request: LeaseRequest::Delete { .. }, .. }),
        "{action:?} of {held}"
    );
    assert!(matches!(restart.next(Observation::Lease(LeaseAnswer::Is(None)), at(9)), Action::Record(_)));
    assert_eq!(outcome(&restart), Outcome::Succeeded);
}

#[test]
fn a_target_that_is_held_is_not_touched() {
    let mut restart = locked();
    restart.next(Observation::Begin, at(1));
    let mut other = holding().1;
    other["metadata"]["annotations"]["sk.skillancer.io/operation"] = "theirs".into();
    assert_eq!(restart.next(is(other), at(1)), Action::Finish);
    let ending = restart.ending().unwrap();
    assert_eq!((ending.outcome, ending.findings[0].code.as_str()), (Outcome::Locked, "lock/held"));
    assert!(ending.findings[0].summary.contains("anna@laptop since "), "{:?}", ending.findings);
}

#[test]
fn what_was_looked_at_before_a_long_question_is_looked_at_again() {
    let asked = |make: &Make| {
        let mut restart = locked();
        let created = lease(&restart.next(Observation::Begin, at(60)));
        assert_eq!(restart.next(is(created), at(60)), Action::Read);
        let action = restart.next(reads(make), at(60));
        (restart, action)
    };
    assert!(matches!(asked(&Make::default()).1, Action::Patch { .. }));
    let (refused, action) = asked(&Make { paused: true, ..Make::default() });
    assert!(matches!(action, Action::Lease { request: LeaseRequest::Delete { .. }, .. }), "{action:?}");
    let ending = refused.ending().unwrap();
    assert_eq!((ending.outcome, ending.findings[0].code.as_str()), (Outcome::Refused, "check/paused"));
    let report = refused.report(at(60));
    let paused = report.checks.iter().find(|check| check.check == "paused").unwrap();
    assert_eq!(paused.verdict, Verdict::Refuse, "the report has the checks that count");
    let mut unread = locked();
    let created = lease(&unread.next(Observation::Begin, at(60)));
    unread.next(is(created), at(60));
    unread.next(Observation::Read(Err("no route to host".to_owned())), at(60));
    assert_eq!(outcome(&unread), Outcome::Refused);
}

#[test]
fn nobody_writes_again_after_an_outage_without_the_lock() {
    let mut restart = locked();
    let held = lease(&restart.next(Observation::Begin, at(1)));
    restart.next(is(held.clone()), at(1));
    restart.next(Observation::Quiet, at(1));
    let lost = Observation::Patched(Write::Ambiguous("reset".to_owned()));
    assert_eq!(restart.next(lost, at(2)), Action::Read);
    restart.next(reads(&Make::default()), at(40));
    let renewal = restart.next(Observation::Quiet, at(41));
    assert!(matches!(&renewal, Action::Lease { request: LeaseRequest::Replace(_), .. }), "{renewal:?}");
    let mut other = held;
    other["metadata"]["annotations"]["sk.skillancer.io/operation"] = "theirs".into();
    assert_eq!(restart.next(is(other), at(41)), Action::Finish, "no second patch");
}

#[test]
fn the_displaced_write_nothing_more() {
    let (mut restart, held) = holding();
    lease(&restart.next(Observation::Quiet, at(8)));
    let read = restart.next(Observation::Lease(LeaseAnswer::Conflict), at(8));
    assert!(matches!(read, Action::Lease { request: LeaseRequest::Read, .. }));
    let mut other = held;
    other["metadata"]["annotations"]["sk.skillancer.io/operation"] = "theirs".into();
    assert_eq!(restart.next(is(other), at(8)), Action::Finish, "no Event, no history, no release");
    let ending = restart.ending().unwrap();
    assert_eq!((ending.outcome, ending.findings[0].code.as_str()), (Outcome::Unknown, "lock/displaced"));
}

/// A restart that is done and gives its lock back, with the Lease it holds.
fn releasing() -> (Restart, serde_json::Value) {
    let (mut restart, held) = holding();
    let done = after(&restart.plan().clone(), &[], &[true; 3]);
    assert!(matches!(restart.next(sees(&done), at(3)), Action::Inspect(_)));
    let action = restart.next(Observation::Inspected(inspected(200)), at(3));
    assert!(matches!(action, Action::Lease { request: LeaseRequest::Delete { .. }, .. }), "{action:?}");
    let read = restart.next(Observation::Lease(LeaseAnswer::Conflict), at(3));
    assert!(matches!(read, Action::Lease { request: LeaseRequest::Read, .. }), "{read:?}");
    (restart, held)
}

#[test]
fn a_take_over_that_is_noticed_at_the_end_keeps_from_writing_too() {
    let (mut restart, mut other) = releasing();
    other["metadata"]["annotations"]["sk.skillancer.io/operation"] = "theirs".into();
    assert_eq!(restart.next(is(other), at(3)), Action::Finish, "no Event, no history");
    let ending = restart.ending().unwrap();
    assert_eq!((ending.outcome, ending.findings[0].code.as_str()), (Outcome::Unknown, "lock/displaced"));
    assert_eq!(
        (ending.verified.rollout, ending.verified.health),
        (Verdict::Pass, Verdict::Pass),
        "still told"
    );
}

#[test]
fn a_renewal_whose_answer_was_lost_is_given_back_as_well() {
    let (mut restart, held) = releasing();
    let action = restart.next(is(held), at(3));
    assert!(matches!(action, Action::Lease { request: LeaseRequest::Delete { .. }, .. }), "{action:?}");
    assert!(matches!(restart.next(Observation::Lease(LeaseAnswer::Is(None)), at(3)), Action::Record(_)));
    assert_eq!(outcome(&restart), Outcome::Succeeded);
}
