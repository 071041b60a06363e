//! The Deployment's lock while one of its pods is evicted.

use jiff::Timestamp;

use super::run::{Eviction, Phase};
use crate::lock::{self, Acquired, Holder, LeaseAnswer};
use crate::operation::{Action, Ending};
use crate::report::Outcome;

impl Eviction {
    pub(super) fn ask_for_lock(&mut self, now: Timestamp) -> Action {
        self.lock.acquire(now).unwrap_or_else(|| self.look_again(None))
    }

    pub(super) fn locking(&mut self, answer: LeaseAnswer, now: Timestamp) -> Action {
        match self.lock.acquired(answer, now) {
            Acquired::NotYet(action) => action,
            Acquired::Ours => {
                self.step("lock", now, "ok");
                self.look_again(None)
            }
            Acquired::HeldBy(holder) => {
                self.step("lock", now, "held by another operation");
                let target = &self.plan.request.target;
                let deployment = self.plan.facts.deployment.as_ref().map_or("", |owner| &owner.name);
                let finding = lock::held(&holder, deployment, target.place(), &target.command());
                self.ending = Some(Ending::new(Outcome::Locked, vec![finding]));
                self.finish()
            }
            Acquired::Unavailable(why) => {
                let summary = format!("the lock cannot be had: {why}");
                self.not_started(self.finding("lock/unavailable", summary), now)
            }
        }
    }

    pub(super) fn renewed(&mut self, answer: LeaseAnswer, now: Timestamp) -> Action {
        self.lock.renewed(answer, now).unwrap_or_else(|holder| self.displaced(&holder, now))
    }

    /// Somebody took the Deployment over: not one write more, not even an Event.
    fn displaced(&mut self, holder: &Holder, now: Timestamp) -> Action {
        self.unknown("lock/displaced", &format!("another operation took over: {holder}"), now);
        self.finish()
    }

    /// Gives the lock back if it is held, then goes on.
    pub(super) fn release(&mut self, record: bool, now: Timestamp) -> Action {
        match self.lock.release() {
            Some(action) => {
                self.phase = Phase::Releasing { record };
                action
            }
            None => self.released(record, now),
        }
    }

    pub(super) fn given_back(&mut self, record: bool, answer: LeaseAnswer, now: Timestamp) -> Action {
        let interrupted = self.ending.as_ref().is_some_and(|ending| ending.signal.is_some());
        match self.lock.released(answer, now) {
            Ok(Some(action)) => action,
            Ok(None) => self.released(record, now),
            Err(holder) if record && !interrupted => self.displaced(&holder, now),
            Err(_) => self.finish(),
        }
    }
}
