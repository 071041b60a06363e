//! Whatever is seen in whatever order: it ends, and it never succeeds without having seen success.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::operation::Signal;

fn observation(kind: u8) -> Observation {
    let text = || "lost".to_owned();
    match kind {
        0 => Observation::Quiet,
        1 => Observation::Evicted(Evicted::Accepted),
        2 => Observation::Evicted(Evicted::Ambiguous(text())),
        3 => Observation::Evicted(Evicted::Absent(text())),
        4 => sees(vec![old()]),
        5 => sees(vec![ending(), pod("web-1-c", "u-c", false)]),
        6 => sees(vec![pod("web-1-b", "u-b", true)]),
        7 => sees(vec![pod("web-1-b", "u-b", true), pod("web-1-c", "u-c", true)]),
        8 => Observation::Trouble(text()),
        9 => Observation::Inspected(Vec::new()),
        10 => Observation::Recorded(Vec::new()),
        11 => Observation::Fetched(causes()),
        12 => Observation::Evicted(Evicted::NotSent(text())),
        13 => Observation::Read(Err(text())),
        _ => Observation::Signal(Signal::Terminate),
    }
}

proptest! {
    /// In whatever order things are seen: it evicts only the one UID, it says success only after a new pod was ready
    /// with the old one gone, and it ends when nothing more happens.
    #[test]
    fn never_a_false_success_and_always_an_end(checked in any::<bool>(), kinds in prop::collection::vec(0u8..15, 0..40)) {
        let mut eviction = Eviction::new(planned(), at(0));
        let mut now: Timestamp = at(0);
        let (mut replaced, mut answered) = (false, false);
        let mut action = eviction.next(Observation::Begin, now);
        if checked {
            action = eviction.next(sees(both()), now);
        }
        for kind in kinds {
            now += SignedDuration::from_secs(1);
            if let Action::Evict { body, .. } = &action {
                prop_assert_eq!(&body["deleteOptions"]["preconditions"]["uid"], "u-a");
                answered = true;
            }
            replaced |= kind == 7 && answered;
            action = eviction.next(observation(kind), now);
            let succeeded = eviction.ending().is_some_and(|ending| ending.outcome == Outcome::Succeeded);
            prop_assert!(!succeeded || replaced);
        }
        for _ in 0..1000 {
            let observed = match action {
                Action::Finish => break,
                Action::Watch { until } => {
                    now = now.max(until);
                    Observation::Quiet
                }
                Action::Evict { .. } => observation(2),
                Action::Read => observation(8),
                Action::Fetch(_) => observation(11),
                Action::Inspect(_) => observation(9),
                Action::Record(_) => observation(10),
                other => panic!("{other:?}"),
            };
            action = eviction.next(observed, now);
        }
        prop_assert_eq!(action, Action::Finish);
        prop_assert!(eviction.ending().is_some());
    }
}
