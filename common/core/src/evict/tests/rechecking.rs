//! What happened while the question was on the screen: it is seen before the eviction, not after.

use super::*;
use crate::lock::{LeaseAnswer, LeaseRequest};
use crate::operation::Signal;

/// An eviction of one of two pods of which one has to stay, once more about to be checked.
fn one_must_stay() -> Eviction {
    let service = crate::fixtures::target().service.map(|mut service| {
        service.min_available = Some(1);
        service
    });
    let plan = plan(Facts { service, ..facts(old()) }, request()).unwrap();
    let mut eviction = Eviction::new(plan, at(1));
    assert_eq!(eviction.next(Observation::Begin, at(1)), Action::Read);
    eviction
}

#[test]
fn the_floor_is_checked_again_on_pods_that_are_read_now() {
    let mut eviction = one_must_stay();
    let other_fell = vec![old(), pod("web-1-b", "u-b", false)];
    assert_eq!(eviction.next(sees(other_fell), at(2)), Action::Finish);
    assert_eq!(ended(&eviction), (Outcome::Refused, Some("check/floor")));
    let report = eviction.report(at(2));
    let floor = report.checks.iter().find(|check| check.check == "floor").unwrap();
    assert_eq!(floor.verdict, Verdict::Refuse, "the report has the checks that count");
    let step = report.steps.last().unwrap();
    assert_eq!((step.step, step.result.as_str()), ("evict", "refused"));

    let mut eviction = one_must_stay();
    assert!(matches!(eviction.next(sees(both()), at(2)), Action::Evict { .. }));
}

#[test]
fn a_pod_that_went_away_or_is_going_is_not_evicted() {
    for (pods, code) in [
        (vec![pod("web-1-b", "u-b", true)], "target/changed"),
        (vec![pod("web-1-a", "u-new", true)], "target/changed"),
        (vec![ending()], "check/terminating"),
    ] {
        let mut eviction = Eviction::new(planned(), at(1));
        eviction.next(Observation::Begin, at(1));
        assert_eq!(eviction.next(sees(pods), at(2)), Action::Finish);
        assert_eq!(ended(&eviction), (Outcome::Refused, Some(code)));
    }
}

#[test]
fn what_the_watch_says_is_no_answer_to_the_look() {
    let mut eviction = one_must_stay();
    let lost = || Observation::Trouble("connection reset".to_owned());
    assert_eq!(eviction.next(lost(), at(2)), Action::Watch { until: at(3) });
    assert_eq!(eviction.trouble(), Some("connection reset"));
    assert_eq!(eviction.next(sees(both()), at(3)), Action::Read, "it may be as old as the plan");
    assert_eq!(eviction.next(lost(), at(400)), Action::Finish, "--timeout has passed");
    assert_eq!(ended(&eviction), (Outcome::Refused, Some("api/unreachable")));
}

#[test]
fn what_is_refused_for_good_ends_it_at_once_and_a_signal_too() {
    let forbidden = Observation::Read(Err("pods is forbidden".to_owned()));
    let signal = Observation::Signal(Signal::Interrupt);
    for (observation, end) in [
        (forbidden, (Outcome::Refused, Some("api/rejected"))),
        (signal, (Outcome::Interrupted, Some("rollout/interrupted"))),
    ] {
        let mut eviction = one_must_stay();
        assert_eq!(eviction.next(observation, at(2)), Action::Finish, "nothing is written");
        assert_eq!(ended(&eviction), end);
    }
}

#[test]
fn a_lock_that_grew_old_meanwhile_is_renewed_before_the_eviction() {
    let plan = plan(facts(old()), Request { no_lock: false, ..request() }).unwrap();
    let mut eviction = Eviction::new(plan, at(1));
    let action = eviction.next(Observation::Begin, at(1));
    let Action::Lease { request: LeaseRequest::Create(lease), .. } = action else { panic!("{action:?}") };
    let ours = || Observation::Lease(LeaseAnswer::Is(Some(lease.clone())));
    assert_eq!(eviction.next(ours(), at(1)), Action::Read);
    assert!(matches!(eviction.next(sees(both()), at(9)), Action::Lease { .. }));
    assert_eq!(eviction.next(ours(), at(9)), Action::Watch { until: at(9) });
    assert!(matches!(eviction.next(Observation::Quiet, at(9)), Action::Evict { .. }));
}
