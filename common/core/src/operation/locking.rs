//! The lock of an operation: got before the change, given back after it, lost to a take-over.

use jiff::Timestamp;

use super::held::Acquired;
use super::run::{Body, Next, Phase, Run};
use super::{Action, Ending};
use crate::lock::{self, Holder, LeaseAnswer};
use crate::report::Outcome;

impl<P, D: Clone, B> Run<P, D, B>
where
    Self: Body<Doing = D>,
{
    pub(super) fn ask_for_lock(&mut self, now: Timestamp) -> Action {
        self.lock.acquire(now).unwrap_or_else(|| self.begin(now))
    }

    pub(super) fn locking(&mut self, answer: LeaseAnswer, now: Timestamp) -> Action {
        match self.lock.acquired(answer, now) {
            Acquired::NotYet(action) => action,
            Acquired::Ours => {
                self.step("lock", now, "ok");
                self.began = now;
                self.begin(now)
            }
            Acquired::HeldBy(holder) => {
                self.step("lock", now, "held by another operation");
                let finding = lock::held(&holder, self.deployment(), self.place(), &self.command());
                self.ending = Some(Ending::new(Outcome::Locked, vec![finding]));
                self.finish()
            }
            Acquired::Unavailable(why) => {
                self.not_started("lock/unavailable", format!("the lock cannot be had: {why}"), now)
            }
        }
    }

    pub(crate) fn renewed(&mut self, answer: LeaseAnswer, now: Timestamp) -> Action {
        self.lock.renewed(answer, now).unwrap_or_else(|holder| self.displaced(&holder, now))
    }

    /// Somebody took the target over: not one write more, not even an Event.
    pub(crate) fn displaced(&mut self, holder: &Holder, now: Timestamp) -> Action {
        let before = self.ending.take();
        self.unknown("lock/displaced", &format!("another operation took over: {holder}"), now);
        if let (Some(before), Some(ending)) = (before, &mut self.ending) {
            ending.verified = before.verified;
            ending.findings.extend(before.findings);
        }
        self.finish()
    }

    /// Gives the lock back if it is held, then does what is next.
    pub(crate) fn release_or(&mut self, now: Timestamp, next: Next<D>) -> Action {
        match self.lock.release() {
            Some(action) => {
                self.phase = Phase::Releasing(next);
                action
            }
            None => self.follow(next, now),
        }
    }

    pub(super) fn released(&mut self, next: Next<D>, answer: LeaseAnswer, now: Timestamp) -> Action {
        let interrupted = self.ending.as_ref().is_some_and(|ending| ending.signal.is_some());
        match self.lock.released(answer, now) {
            Ok(Some(action)) => action,
            Ok(None) => self.follow(next, now),
            Err(holder) if !matches!(next, Next::Finish) && !interrupted => self.displaced(&holder, now),
            Err(_) => self.finish(),
        }
    }
}
