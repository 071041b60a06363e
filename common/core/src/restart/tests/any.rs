//! Every legal answer to every action, in any order: it ends, it never succeeds without having seen success, and it
//! never says that nothing was changed when something may have been.

use super::*;
use crate::lock::{LeaseAnswer, LeaseRequest};

/// Actions without waiting for anything that may follow one another: more is a loop that nothing can stop.
const BUSY: usize = 40;

/// What happened to a restart that was answered by chance.
#[derive(Default)]
struct Run {
    /// Whether a patch may have arrived.
    may_have_changed: bool,
    /// Whether it was ever shown a workload that was complete and its own.
    saw_success: bool,
    /// Whether it wrote down that its template was verified.
    wrote_verified: bool,
    busy: usize,
    now: i64,
}

/// The workload after the change, however it was made.
fn changed(plan: &Plan, old: &[bool], new: &[bool]) -> Make {
    let make = Make { generation: 2, observed: 2, old: old.to_vec(), new: new.to_vec(), ..Make::default() };
    match &plan.change {
        Change::Restart { .. } => after(plan, old, new),
        Change::Template(_) => Make { restarted_at: Some("before".to_owned()), ..make },
    }
}

/// The same plan to change to a template that no `ReplicaSet` of the fixtures has yet.
fn template(request: Request) -> Plan {
    let template = Make { restarted_at: Some("before".to_owned()), ..Make::default() };
    let template = template.deployment().template().clone();
    let earlier = Earlier { revision: 3, uid: "old".to_owned(), template };
    let change = Change::Template(earlier);
    crate::restart::plan::decide(Make::default().facts(), request, Vec::new(), change).unwrap()
}

impl Run {
    fn answer(&mut self, restart: &Restart, action: &Action, chance: u8) -> Observation {
        self.busy = if matches!(action, Action::Watch { .. }) { 0 } else { self.busy + 1 };
        assert!(self.busy < BUSY, "{BUSY} actions in a row, the last {action:?}");
        match action {
            Action::Lease { request, .. } => Observation::Lease(lease_answer(request, chance)),
            Action::Patch { .. } => self.patch(restart, chance),
            Action::Evict { .. } => panic!("a restart evicts no pod"),
            Action::Read => Observation::Read(match chance % 5 {
                0 => Ok(Some(Box::new(changed(restart.plan(), &[], &[true; 3]).deployment()))),
                1 => Ok(Some(Box::new(Make::default().deployment()))),
                2 => Ok(None),
                _ => Err("no answer".to_owned()),
            }),
            Action::Watch { until } => self.watch(restart, until.as_second() - at(0).as_second(), chance),
            Action::Fetch(_) => Observation::Fetched(Fetched::new()),
            Action::Inspect(_) => Observation::Inspected(inspected(if chance % 5 == 4 { 503 } else { 200 })),
            Action::ReadLogs { .. } => Observation::Logs(Vec::new()),
            Action::Record(record) => {
                self.wrote_verified |= record.history.1.has_verified();
                Observation::Recorded(Vec::new())
            }
            Action::Finish => Observation::Recorded(Vec::new()),
        }
    }

    fn patch(&mut self, restart: &Restart, chance: u8) -> Observation {
        let conditional = matches!(restart.plan().change, Change::Template(_));
        let write = match chance % 6 {
            0 | 1 => Write::Applied(Box::new(changed(restart.plan(), &[true; 3], &[]).deployment())),
            2 => Write::Rejected("denied".to_owned()),
            3 => Write::NotSent("refused".to_owned()),
            4 if conditional => Write::Conflict("invalid".to_owned()),
            _ => Write::Ambiguous("reset".to_owned()),
        };
        self.may_have_changed |= matches!(write, Write::Applied(_) | Write::Ambiguous(_));
        Observation::Patched(write)
    }

    fn watch(&mut self, restart: &Restart, until: i64, chance: u8) -> Observation {
        let plan = restart.plan();
        let (make, success) = match chance % 12 {
            0 | 1 => (changed(plan, &[], &[true; 3]), true),
            2 => (changed(plan, &[true], &[true, false]), false),
            3 => (changed(plan, &[true; 3], &[false]), false),
            4 => (Make::default(), false),
            5 => (Make { restarted_at: None, ..changed(plan, &[], &[true; 3]) }, false),
            6 => return Observation::Trouble("reset".to_owned()),
            7 => return Observation::Gone,
            8 => return Observation::Signal(Signal::Interrupt),
            9 => return Observation::Quit,
            _ => {
                self.now = self.now.max(until);
                return Observation::Quiet;
            }
        };
        self.saw_success |= success;
        sees(&make)
    }
}

fn lease_answer(request: &LeaseRequest, chance: u8) -> LeaseAnswer {
    let body = match request {
        LeaseRequest::Create(body) | LeaseRequest::Replace(body) => Some(body.clone()),
        LeaseRequest::Read | LeaseRequest::Delete { .. } => None,
    };
    match chance % 8 {
        0..4 => LeaseAnswer::Is(body),
        4 => LeaseAnswer::Conflict,
        5 => LeaseAnswer::Denied("forbidden".to_owned()),
        6 => LeaseAnswer::Failed("reset".to_owned()),
        _ => LeaseAnswer::Is(Some(serde_json::json!({
            "metadata": {"annotations": {"sk.skillancer.io/operation": "theirs"}, "resourceVersion": "9"},
            "spec": {"holderIdentity": "bo@desk", "leaseDurationSeconds": 15},
        }))),
    }
}

proptest! {
    #[test]
    fn it_ends_and_tells_the_truth(locked in any::<bool>(), soaks in any::<bool>(), back in any::<bool>(), chances in prop::collection::vec(any::<u8>(), 0..60)) {
        let mut request = request();
        request.no_lock = !locked;
        request.soak = SignedDuration::from_mins(if soaks { 10 } else { 0 });
        let plan = if back { template(request) } else { plan(Make::default().facts(), request, at(1)).unwrap() };
        let mut restart = Restart::new(plan, at(1));
        let mut run = Run { now: 1, ..Run::default() };
        let mut action = restart.next(Observation::Begin, at(1));
        // When chance is used up, nothing happens any more: time alone has to end it.
        let quiet = std::iter::repeat_n(10, 2_000);
        for chance in chances.into_iter().chain(quiet) {
            if action == Action::Finish {
                break;
            }
            let observation = run.answer(&restart, &action, chance);
            action = restart.next(observation, at(run.now));
        }
        prop_assert_eq!(&action, &Action::Finish, "it does not end");
        prop_assert!(!run.wrote_verified || (run.saw_success && outcome(&restart) != Outcome::Failed));
        match outcome(&restart) {
            Outcome::Succeeded => prop_assert!(run.saw_success),
            Outcome::Refused | Outcome::Locked => prop_assert!(!run.may_have_changed),
            Outcome::Interrupted if restart.patched().is_none() => {
                let says = restart.ending().is_some_and(|ending| {
                    ending.findings[0].summary == "interrupted before anything was changed"
                });
                prop_assert!(!says || !run.may_have_changed);
            }
            _ => {}
        }
    }
}
