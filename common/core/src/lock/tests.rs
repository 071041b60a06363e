//! The Lease, answer by answer.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::lease::{Lock, Step};
use super::*;
use crate::fixtures::at;

fn own(operation: &str) -> Holder {
    Holder {
        identity: "anna@laptop".to_owned(),
        operation: operation.to_owned(),
        command: "sk-restart".to_owned(),
        ..Holder::default()
    }
}

fn lock(take_over: bool, now: Timestamp) -> Lock {
    Lock::new("shop", "web", own("ours"), take_over, now)
}

/// A Lease of another operation, last renewed at `renewed`.
fn foreign(version: &str, renewed: Timestamp) -> Value {
    let mut other = Lock::new("shop", "web", own("theirs"), false, renewed);
    other.own.reason = "certificates".to_owned();
    let mut lease = other.body(None, renewed);
    lease["metadata"]["resourceVersion"] = json!(version);
    lease["metadata"]["uid"] = json!("l-1");
    lease
}

fn is(lease: Value) -> LeaseAnswer {
    LeaseAnswer::Is(Some(lease))
}

#[test]
fn a_free_target_is_taken_and_given_back() {
    let mut lock = lock(false, at(0));
    let LeaseRequest::Create(mut lease) = lock.acquire(at(0)) else { panic!() };
    assert_eq!(
        (&lease["metadata"]["name"], &lease["spec"]["leaseDurationSeconds"]),
        (&json!("sk-web"), &json!(15))
    );
    lease["metadata"]["uid"] = json!("l-1");
    lease["metadata"]["resourceVersion"] = json!("8");
    assert_eq!(lock.next(is(lease), at(0)), Step::Held);
    assert_eq!(lock.renewal(), at(7));
    let LeaseRequest::Replace(renewed) = lock.renew(at(7)) else { panic!() };
    assert_eq!(renewed["metadata"]["resourceVersion"], "8");
    assert!(time(&renewed, "renewTime") > time(&renewed, "acquireTime"));
    let gone = LeaseRequest::Delete { uid: "l-1".to_owned(), resource_version: "8".to_owned() };
    assert_eq!(lock.release(), Some(gone));
}

#[test]
fn a_lease_that_is_expected_to_be_there_is_read_first() {
    assert_eq!(lock(true, at(0)).acquire(at(0)), LeaseRequest::Read);
    let mut lock = lock(false, at(100));
    assert_eq!(lock.next(is(foreign("7", at(10))), at(100)), Step::Wait(at(101)));
    assert_eq!(lock.acquire(at(101)), LeaseRequest::Read);
}

#[test]
fn a_live_holder_is_named_at_once() {
    let mut lock = lock(false, at(100));
    assert_eq!(lock.next(LeaseAnswer::Conflict, at(100)), Step::Ask(LeaseRequest::Read));
    let Step::HeldBy(other) = lock.next(is(foreign("7", at(95))), at(100)) else { panic!() };
    assert_eq!((other.operation.as_str(), other.reason.as_str()), ("theirs", "certificates"));
    assert!(other.to_string().starts_with("anna@laptop since 2026-"), "{other}");
}

#[test]
fn a_dead_holders_lease_is_watched_before_it_is_taken() {
    let mut lock = lock(false, at(100));
    assert_eq!(lock.next(is(foreign("7", at(10))), at(100)), Step::Wait(at(101)));
    assert_eq!(lock.next(is(foreign("7", at(10))), at(114)), Step::Wait(at(115)));
    let taken = lock.next(is(foreign("7", at(10))), at(115));
    assert!(
        matches!(&taken, Step::Ask(LeaseRequest::Replace(lease)) if holder(lease).operation == "ours"),
        "{taken:?}"
    );
}

#[test]
fn a_holder_with_a_slow_clock_is_alive_when_it_renews() {
    let mut lock = lock(false, at(100));
    assert_eq!(lock.next(is(foreign("7", at(10))), at(100)), Step::Wait(at(101)));
    assert!(matches!(lock.next(is(foreign("8", at(14))), at(104)), Step::HeldBy(_)));
}

#[test]
fn a_dead_holder_with_a_fast_clock_is_watched_too() {
    assert_eq!(lock(false, at(100)).next(is(foreign("7", at(9_000))), at(100)), Step::Wait(at(101)));
}

#[test]
fn a_renewal_that_fails_is_tried_again_before_the_lease_runs_out() {
    for (answer, again) in
        [(LeaseAnswer::Failed("reset".to_owned()), 14), (LeaseAnswer::Denied("forbidden".to_owned()), 19)]
    {
        let mut lock = lock(false, at(0));
        let LeaseRequest::Create(lease) = lock.acquire(at(0)) else { panic!() };
        lock.next(is(lease), at(0));
        assert!(matches!(lock.next(answer, at(12)), Step::Wait(_)));
        assert_eq!(lock.renewal(), at(again));
    }
}

#[test]
fn a_take_over_waits_for_nobody() {
    let taken = lock(true, at(100)).next(is(foreign("7", at(99))), at(100));
    let Step::Ask(LeaseRequest::Replace(lease)) = taken else { panic!() };
    assert_eq!((holder(&lease).operation.as_str(), &lease["spec"]["leaseTransitions"]), ("ours", &json!(1)));
    assert_eq!(lease["metadata"]["resourceVersion"], "7");
}

#[test]
fn the_displaced_notice_it() {
    let mut lock = lock(false, at(0));
    let Step::Ask(LeaseRequest::Create(lease)) = lock.next(LeaseAnswer::Is(None), at(0)) else { panic!() };
    lock.next(is(lease), at(0));
    assert_eq!(lock.next(LeaseAnswer::Conflict, at(5)), Step::Ask(LeaseRequest::Read));
    assert!(matches!(lock.next(is(foreign("9", at(4))), at(5)), Step::Displaced(_)));
    assert_eq!(lock.release(), None, "what is not ours is not deleted");
}

#[test]
fn a_lost_answer_is_recognised_as_our_own() {
    let mut lock = lock(false, at(0));
    let Step::Ask(LeaseRequest::Create(lease)) = lock.next(LeaseAnswer::Is(None), at(0)) else { panic!() };
    assert_eq!(lock.next(LeaseAnswer::Failed("reset".to_owned()), at(1)), Step::Wait(at(2)));
    assert_eq!(lock.next(is(lease), at(2)), Step::Held);
}

#[test]
fn a_server_that_stays_away_ends_the_waiting() {
    let mut lock = lock(false, at(0));
    let why = || LeaseAnswer::Failed("refused".to_owned());
    assert_eq!(lock.next(why(), at(1)), Step::Wait(at(2)));
    assert_eq!(lock.next(why(), at(15)), Step::Unavailable("refused".to_owned()));
}

#[test]
fn whom_a_take_over_displaces_is_told_or_that_it_is_not_known() {
    let free = json!({"spec": {"holderIdentity": ""}});
    for (answer, expected) in [
        (LeaseAnswer::Is(None), None),
        (is(free), None),
        (is(foreign("7", at(99))), Some((Verdict::Warn, "displaces "))),
        (
            LeaseAnswer::Denied("forbidden".to_owned()),
            Some((Verdict::Unknown, "not known whom it displaces: forbidden")),
        ),
    ] {
        let told = displaces(&answer);
        assert_eq!(told.as_ref().map(|(verdict, _)| *verdict), expected.map(|(verdict, _)| verdict));
        assert!(
            told.unwrap_or((Verdict::Pass, String::new())).1.starts_with(expected.map_or("", |told| told.1))
        );
    }
}
