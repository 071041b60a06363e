//! The lock while something runs: got before the change, renewed while it is watched, given back at the end.

use jiff::Timestamp;

use super::Action;
use crate::lock::{Holder, LeaseAnswer, LeaseRequest, Lock, Step};

/// The lock of a running operation; it may need none.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Held(Option<Lock>);

/// What an answer means for an operation that wants the lock.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Acquired {
    /// Not decided yet: this comes next.
    NotYet(Action),
    /// It is ours.
    Ours,
    /// A live holder has it.
    HeldBy(Holder),
    /// It cannot be had: why.
    Unavailable(String),
}

impl Held {
    /// No lock: an operation that changes nothing, or one with `--no-lock`.
    pub(crate) fn none() -> Self {
        Self(None)
    }

    /// The lock of a Deployment, not held yet.
    pub(crate) fn of(
        namespace: &str,
        deployment: &str,
        own: Holder,
        take_over: bool,
        now: Timestamp,
    ) -> Self {
        Self(Some(Lock::new(namespace, deployment, own, take_over, now)))
    }

    /// Whether there is a lock to get.
    pub(crate) fn is_needed(&self) -> bool {
        self.0.is_some()
    }

    /// The first question; none where no lock is needed.
    pub(crate) fn acquire(&self, now: Timestamp) -> Option<Action> {
        self.0.as_ref().map(|lock| ask(lock, lock.acquire(now)))
    }

    /// Takes an answer while the lock is being got.
    pub(crate) fn acquired(&mut self, answer: LeaseAnswer, now: Timestamp) -> Acquired {
        let Some(lock) = self.0.as_mut() else { return Acquired::Ours };
        match lock.next(answer, now) {
            Step::Ask(request) => Acquired::NotYet(ask(lock, request)),
            Step::Wait(until) => Acquired::NotYet(Action::Watch { until }),
            Step::Held => Acquired::Ours,
            Step::HeldBy(holder) | Step::Displaced(holder) => Acquired::HeldBy(holder),
            Step::Unavailable(why) => Acquired::Unavailable(why),
        }
    }

    /// Before anything is waited for, patched or looked into, the lock is renewed when it is time to: whoever was
    /// displaced during an outage learns it before the next write. After the answer the action is asked for again.
    pub(crate) fn or_renew(&self, action: Action, now: Timestamp) -> Action {
        match (self.ours(), action) {
            (Some(lock), Action::Watch { .. } | Action::Patch { .. } | Action::Inspect(_))
                if now >= lock.renewal() =>
            {
                ask(lock, lock.renew(now))
            }
            (Some(lock), Action::Watch { until }) => Action::Watch { until: until.min(lock.renewal()) },
            (_, action) => action,
        }
    }

    /// Takes the answer to a renewal, and says what comes next.
    ///
    /// # Errors
    /// Who has taken the lock over.
    pub(crate) fn renewed(&mut self, answer: LeaseAnswer, now: Timestamp) -> Result<Action, Holder> {
        let Some(lock) = self.0.as_mut() else { return Ok(Action::Watch { until: now }) };
        match lock.next(answer, now) {
            Step::Ask(request) => Ok(ask(lock, request)),
            Step::Displaced(holder) | Step::HeldBy(holder) => Err(self.lost(holder)),
            Step::Held | Step::Wait(_) | Step::Unavailable(_) => Ok(Action::Watch { until: now }),
        }
    }

    /// Asks who holds it, where it is ours as far as we know.
    pub(crate) fn who(&self) -> Option<Action> {
        self.ours().map(|lock| ask(lock, LeaseRequest::Read))
    }

    /// Gives it back; none where there is nothing to give.
    pub(crate) fn release(&self) -> Option<Action> {
        let lock = self.0.as_ref()?;
        lock.release().map(|request| ask(lock, request))
    }

    /// Takes the answer to the giving back; some action where it is not done. A Lease that somebody wrote since it was
    /// renewed last is looked at before it is left.
    ///
    /// # Errors
    /// Who has taken the lock over: whoever has, has the word now.
    pub(crate) fn released(&mut self, answer: LeaseAnswer, now: Timestamp) -> Result<Option<Action>, Holder> {
        let changed = matches!(answer, LeaseAnswer::Conflict | LeaseAnswer::Is(Some(_)));
        match self.0.as_mut().filter(|_| changed).map(|lock| lock.next(answer, now)) {
            Some(Step::Ask(request)) => Ok(self.0.as_ref().map(|lock| ask(lock, request))),
            Some(Step::Held) => Ok(self.release()),
            Some(Step::Displaced(holder) | Step::HeldBy(holder)) => Err(self.lost(holder)),
            Some(Step::Wait(_) | Step::Unavailable(_)) | None => {
                self.0 = None;
                Ok(None)
            }
        }
    }

    fn ours(&self) -> Option<&Lock> {
        self.0.as_ref().filter(|lock| lock.is_held())
    }

    fn lost(&mut self, holder: Holder) -> Holder {
        self.0 = None;
        holder
    }
}

fn ask(lock: &Lock, request: LeaseRequest) -> Action {
    Action::Lease { name: lock.name().to_owned(), request }
}
