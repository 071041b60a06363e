//! An operation as it runs: each observation, with the time it was made, gives the next action.

use jiff::{SignedDuration, Timestamp};

use super::standing::Standing;
use super::{Action, Ending, Held, Noted, Observation, Request};
use crate::catalogue::Service;
use crate::causes::{Fetched, Found, Need};
use crate::finding::Finding;
use crate::report::Step;
use crate::target::Place;
use crate::verify::Verification;

/// Time between two looks, or two attempts, when there was no answer.
pub(crate) const AGAIN: SignedDuration = SignedDuration::from_secs(1);

/// Where an operation is.
#[derive(Clone, Debug)]
pub(crate) enum Phase<D> {
    /// Getting the lock.
    Locking,
    /// Doing what is its own.
    Doing(D),
    /// It has failed; what would tell more is being fetched.
    Explaining,
    /// Giving the lock back, then doing this.
    Releasing(Next<D>),
    /// Writing down what was done.
    Recording,
    /// Over.
    Ended,
}

/// What follows when the lock is given back.
#[derive(Clone, Debug)]
pub(crate) enum Next<D> {
    /// More that is its own.
    Do(D),
    /// Write down what was done.
    WriteDown,
    /// Nothing.
    Finish,
}

/// An operation as it runs: its plan, what it does now `D`, and what it keeps besides `B`.
#[derive(Clone, Debug)]
pub struct Run<P, D, B> {
    pub(crate) plan: P,
    pub(crate) phase: Phase<D>,
    pub(crate) body: B,
    /// When the present step began.
    pub(crate) began: Timestamp,
    /// When the change was made.
    pub(crate) changed: Option<Timestamp>,
    pub(crate) steps: Vec<Step>,
    pub(crate) standing: Standing,
    pub(crate) ending: Option<Ending>,
    pub(crate) verifications: Vec<(&'static str, Verification)>,
    pub(crate) lock: Held,
    pub(super) unrecorded: Vec<String>,
}

/// What one kind of operation is about, and does between getting the lock and giving it back.
pub trait Body {
    /// What it does at a moment.
    type Doing: Clone;
    /// What it acts on.
    type Target;
    /// The step that makes the change.
    const STEP: &'static str;

    /// What was asked for.
    fn request(&self) -> &Request<Self::Target>;
    /// What it acts on, as `KIND/NAME`.
    fn object(&self) -> String;
    /// Where its kubectl commands apply.
    fn place(&self) -> Place<'_>;
    /// The command line that asks for the same again.
    fn command(&self) -> String;
    /// Name of the Deployment that is locked.
    fn deployment(&self) -> &str;
    /// What the catalogue knows about it.
    fn service(&self) -> Option<&Service>;
    /// The words of kubectl commands that show how it goes on.
    fn how_to_go_on(&self) -> Vec<String>;

    /// Takes over what is watched.
    fn see(&mut self, observation: &Observation);
    /// Begins, once the lock is had.
    fn begin(&mut self, now: Timestamp) -> Action;
    /// Goes on with what it does.
    fn go_on(&mut self, doing: Self::Doing, observation: Observation, now: Timestamp) -> Action;
    /// Where a signal finds it: in words, and whether anything may have been changed.
    fn interrupted_at(&self) -> (String, bool);

    /// The causes that are seen now.
    fn found(&self, fetched: &Fetched, now: Timestamp) -> Vec<Found>;
    /// What is fetched about a failure, besides what its causes ask for.
    fn needs(&self) -> Vec<Need> {
        Vec::new()
    }
    /// What that tells of it.
    fn changed_outside(&self, _fetched: &Fetched, _now: Timestamp) -> Vec<Finding> {
        Vec::new()
    }
    /// That the events are not known, where they are not.
    fn unread(&self) -> Option<Finding>;
    /// What is still waited for, and what is told besides when that takes too long.
    fn waits_for(&self) -> (String, Option<Finding>);
    /// What is written down about it.
    fn noted(&self, now: Timestamp) -> Noted;
}

impl<P, D: Clone, B> Run<P, D, B>
where
    Self: Body<Doing = D>,
{
    /// An operation that is about to get its lock; where it needs none, it does first what comes `first` then.
    pub(crate) fn of(plan: P, lock: Held, first: D, body: B, now: Timestamp) -> Self {
        Self {
            plan,
            phase: if lock.is_needed() { Phase::Locking } else { Phase::Doing(first) },
            body,
            began: now,
            changed: None,
            steps: Vec::new(),
            standing: Standing::default(),
            ending: None,
            verifications: Vec::new(),
            lock,
            unrecorded: Vec::new(),
        }
    }

    /// Takes an observation and says what to do next.
    pub fn next(&mut self, observation: Observation, now: Timestamp) -> Action {
        self.see(&observation);
        let action = match (self.phase.clone(), observation) {
            (Phase::Ended, _) => Action::Finish,
            (Phase::Recording, Observation::Recorded(unrecorded)) => self.recorded(unrecorded, now),
            (Phase::Recording, _) => self.finish(),
            (Phase::Releasing(next), Observation::Lease(answer)) => self.released(next, answer, now),
            (Phase::Releasing(next), _) => self.follow(next, now),
            (_, Observation::Signal(signal)) => self.interrupted(signal, now),
            (Phase::Locking, Observation::Lease(answer)) => self.locking(answer, now),
            (Phase::Locking, _) => self.ask_for_lock(now),
            (Phase::Explaining, Observation::Lease(answer)) => self.renewed(answer, now),
            (Phase::Explaining, Observation::Fetched(fetched)) => self.explained(&fetched, now),
            (Phase::Explaining, _) => Action::Fetch(Vec::new()),
            (Phase::Doing(doing), observation) => self.go_on(doing, observation, now),
        };
        self.lock.or_renew(action, now)
    }

    pub(crate) fn enter(&mut self, doing: D) {
        self.phase = Phase::Doing(doing);
    }

    pub(super) fn follow(&mut self, next: Next<D>, now: Timestamp) -> Action {
        match next {
            Next::Do(doing) => self.go_on(doing, Observation::Begin, now),
            Next::WriteDown => self.write_down(now),
            Next::Finish => self.finish(),
        }
    }

    /// That a step is done which began when the one before it was.
    pub(crate) fn step(&mut self, step: &'static str, finished_at: Timestamp, result: &str) {
        self.steps.push(Step { step, started_at: self.began, finished_at, result: result.to_owned() });
    }

    /// The change is made.
    pub(crate) fn has_changed(&mut self, now: Timestamp) {
        self.step(Self::STEP, now, "ok");
        self.began = now;
        self.changed = Some(now);
    }
}

impl<P, D, B> Run<P, D, B> {
    /// The plan it follows.
    pub fn plan(&self) -> &P {
        &self.plan
    }

    /// The causes that are seen now.
    pub fn causes(&self) -> impl Iterator<Item = &Finding> {
        self.standing.found().iter().map(|found| &found.finding)
    }

    /// How it ended, once it has; before a soak, how it ended so far.
    pub fn ending(&self) -> Option<&Ending> {
        self.ending.as_ref()
    }

    /// What was done so far.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// What was verified after the change, with its numbers.
    pub fn verifications(&self) -> &[(&'static str, Verification)] {
        &self.verifications
    }

    /// What could not be written down, and why.
    pub fn unrecorded(&self) -> &[String] {
        &self.unrecorded
    }
}
