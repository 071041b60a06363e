//! The list itself: nothing in it without a fixture, nothing named twice.

use std::collections::BTreeSet;

use super::in_depth::in_depth;
use super::made::made;
use super::recorded::RECORDED;
use crate::causes::CAUSES;

#[test]
fn every_cause_is_yielded_by_a_fixture() {
    let recorded = RECORDED.iter().flat_map(|(_, expected)| expected.iter());
    let made = [made(), in_depth()].concat();
    let made = made.iter().flat_map(|(_, _, expected)| expected.iter());
    let yielded: BTreeSet<&str> = recorded.chain(made).map(|(code, ..)| *code).collect();
    let listed: BTreeSet<&str> = CAUSES.iter().map(|cause| cause.code).collect();
    assert_eq!(listed.len(), CAUSES.len(), "a code is listed twice");
    assert_eq!(yielded, listed);
}

#[test]
fn codes_are_a_family_and_a_cause() {
    let families = ["image", "crashloop", "readiness", "pending", "rollout", "terminating"];
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    for cause in CAUSES {
        let (family, name) = cause.code.split_once('/').unwrap();
        assert!(families.contains(&family) && plain(name) && !name.is_empty(), "{}", cause.code);
        assert!(!cause.about.ends_with('.') && !cause.about.is_empty(), "{}", cause.about);
    }
}
