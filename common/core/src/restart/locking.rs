//! The lock of a restart: got before the change, given back after it, lost to a take-over.

use jiff::Timestamp;

use super::run::{Next, Phase, Restart};
use crate::lock::{self, Acquired, Holder, LeaseAnswer};
use crate::operation::{Action, Ending};
use crate::report::Outcome;

impl Restart {
    pub(super) fn ask_for_lock(&mut self, now: Timestamp) -> Action {
        self.lock.acquire(now).unwrap_or_else(|| self.begin(now))
    }

    fn begin(&mut self, now: Timestamp) -> Action {
        self.phase = Phase::Rechecking;
        if self.is_stale(now) { Action::Read } else { Action::Watch { until: now } }
    }

    pub(super) fn locking(&mut self, answer: LeaseAnswer, now: Timestamp) -> Action {
        match self.lock.acquired(answer, now) {
            Acquired::NotYet(action) => action,
            Acquired::Ours => {
                self.step("lock", self.began, now, "ok");
                self.began = now;
                self.begin(now)
            }
            Acquired::HeldBy(holder) => {
                self.step("lock", self.began, now, "held by another operation");
                let target = &self.plan.request.target;
                let again = self.plan.request.command();
                let finding = lock::held(&holder, &target.deployment, target.place(), &again);
                self.ending = Some(Ending::new(Outcome::Locked, vec![finding]));
                self.finish()
            }
            Acquired::Unavailable(why) => {
                self.not_started("lock/unavailable", format!("the lock cannot be had: {why}"), now)
            }
        }
    }

    pub(super) fn renewed(&mut self, answer: LeaseAnswer, now: Timestamp) -> Action {
        self.lock.renewed(answer, now).unwrap_or_else(|holder| self.displaced(&holder, now))
    }

    /// Somebody else changed the template: another operation of ours, if it has the lock now.
    pub(super) fn superseded_by(&mut self, found: &str, answer: LeaseAnswer, now: Timestamp) -> Action {
        match self.lock.renewed(answer, now) {
            Err(holder) => self.displaced(&holder, now),
            Ok(_) => self.changed_by_somebody(found, now),
        }
    }

    /// Somebody took the target over: not one write more, not even an Event. What was verified before stays told.
    fn displaced(&mut self, holder: &Holder, now: Timestamp) -> Action {
        let before = self.ending.take();
        self.unknown("lock/displaced", &format!("another operation took over: {holder}"), now);
        if let (Some(before), Some(ending)) = (before, &mut self.ending) {
            ending.verified = before.verified;
            ending.findings.extend(before.findings);
        }
        self.finish()
    }

    /// Gives the lock back if it is held, then does what is next.
    pub(super) fn release_or(&mut self, now: Timestamp, next: Next) -> Action {
        match self.lock.release() {
            Some(action) => {
                self.phase = Phase::Releasing(next);
                action
            }
            None => self.follow(next, now),
        }
    }

    pub(super) fn released(&mut self, next: Next, answer: LeaseAnswer, now: Timestamp) -> Action {
        match self.lock.released(answer, now) {
            Ok(Some(action)) => action,
            Ok(None) => self.follow(next, now),
            Err(holder) if next != Next::Finish && self.signal().is_none() => self.displaced(&holder, now),
            Err(_) => self.finish(),
        }
    }
}
