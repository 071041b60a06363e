//! A restart as it runs: each observation, with the time it was made, gives the next action.

use jiff::{SignedDuration, Timestamp};

use super::plan::Plan;
use super::rolling::Rolling;
use crate::finding::Finding;
use crate::lock::Held;
use crate::operation::standing::Standing;
use crate::operation::{Action, Ending, Observation, Signal};
use crate::report::Step;
use crate::revision;
use crate::soak::Soak;
use crate::verify::{Inspected, Verification};
use crate::workload::{self, Deployment, Workload};

/// Time between two looks at an API server that does not answer.
pub(super) const READ_AGAIN: SignedDuration = SignedDuration::from_secs(1);

/// Where a restart is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Phase {
    /// Getting the lock.
    Locking,
    /// Looking once more at what was checked before the question and the lock.
    Rechecking,
    /// Patching the Deployment.
    Patching { attempt: u8 },
    /// Finding out whether a patch has arrived.
    ReadingBack { attempt: u8, lost: String },
    /// Finding out what stood against a conditional patch.
    Conflicting { attempt: u8, refused: String },
    /// Watching the rollout.
    Rolling(Rolling),
    /// Somebody else changed the template to this; who holds the lock is being asked.
    Superseded(String),
    /// It has failed; what would tell more is being fetched.
    Explaining,
    /// Looking at logs and health endpoints: of these pods still, after what was seen of others.
    Inspecting { left: Vec<(String, Vec<String>)>, seen: Vec<Inspected> },
    /// Giving the lock back, then doing this.
    Releasing(Next),
    /// Watching what became of it.
    Soaking(Box<Soak>),
    /// Writing down what was done.
    Recording,
    /// Over.
    Ended,
}

/// What follows when the lock is given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Watch what becomes of it.
    Soak,
    /// Write down what was done.
    WriteDown,
    /// Nothing.
    Finish,
}

/// A restart as it runs.
#[derive(Clone, Debug)]
pub struct Restart {
    pub(super) plan: Plan,
    pub(super) phase: Phase,
    pub(super) began: Timestamp,
    pub(super) patched: Option<Timestamp>,
    pub(super) steps: Vec<Step>,
    pub(super) seen: Workload,
    /// The Deployment as the change left it.
    pub(super) made: Option<Deployment>,
    /// Whether the watch does not show that yet.
    pub(super) is_behind: bool,
    pub(super) lowest_available: i32,
    pub(super) standing: Standing,
    pub(super) ending: Option<Ending>,
    pub(super) verifications: Vec<(&'static str, Verification)>,
    pub(super) lock: Held,
    /// Conditional patches that somebody else's writes stood against.
    pub(super) conflicts: u8,
    unrecorded: Vec<String>,
}

impl Restart {
    /// A restart that is about to begin.
    pub fn new(plan: Plan, now: Timestamp) -> Self {
        let seen = plan.before().clone();
        let target = &plan.request.target;
        let lock = plan.request.lock(&target.namespace, &target.deployment, now);
        Self {
            phase: if lock.is_needed() { Phase::Locking } else { Phase::Rechecking },
            began: now,
            patched: None,
            steps: Vec::new(),
            lowest_available: seen.deployment.available(),
            seen,
            made: None,
            is_behind: false,
            standing: Standing::default(),
            ending: None,
            verifications: Vec::new(),
            lock,
            conflicts: 0,
            unrecorded: Vec::new(),
            plan,
        }
    }

    /// Takes an observation and says what to do next.
    pub fn next(&mut self, observation: Observation, now: Timestamp) -> Action {
        if let Observation::Workload(workload) = &observation {
            self.lowest_available = self.lowest_available.min(workload.deployment.available());
            self.see((**workload).clone());
        }
        let action = match (self.phase.clone(), observation) {
            (Phase::Ended, _) => Action::Finish,
            (Phase::Recording, Observation::Recorded(unrecorded)) => self.recorded(unrecorded, now),
            (Phase::Recording, _) => self.finish(),
            (Phase::Releasing(next), Observation::Lease(answer)) => self.released(next, answer, now),
            (Phase::Releasing(next), _) => self.follow(next, now),
            (_, Observation::Signal(signal)) => self.interrupted(signal, now),
            (Phase::Locking, Observation::Lease(answer)) => self.locking(answer, now),
            (Phase::Locking, _) => self.ask_for_lock(now),
            (Phase::Rechecking, Observation::Begin) if self.is_stale(now) => Action::Read,
            (Phase::Rechecking, observation) => self.recheck(observation, now),
            (Phase::Superseded(found), Observation::Lease(answer)) => self.superseded_by(&found, answer, now),
            (Phase::Superseded(found), _) => self.changed_by_somebody(&found, now),
            (_, Observation::Lease(answer)) => self.renewed(answer, now),
            (Phase::Patching { .. }, Observation::Patched(write)) => self.answered(write, now),
            (Phase::Patching { .. }, _) => self.patch(),
            (Phase::ReadingBack { attempt, lost }, Observation::Read(read)) => {
                self.read_back(attempt, &lost, read, now)
            }
            (Phase::ReadingBack { .. }, Observation::Workload(workload))
                if self.plan.change.is_in(&workload.deployment) =>
            {
                self.applied(&workload.deployment, now)
            }
            (Phase::Conflicting { attempt, refused }, Observation::Read(read)) => {
                self.conflicted(attempt, &refused, read, now)
            }
            (Phase::ReadingBack { .. } | Phase::Conflicting { .. }, _) => Action::Read,
            (Phase::Rolling(_), Observation::Gone) => self.gone(now),
            (Phase::Rolling(rolling), observation) => self.rolling(rolling, observation, now),
            (Phase::Explaining, Observation::Fetched(fetched)) => self.explained(&fetched, now),
            (Phase::Explaining, _) => Action::Watch { until: now + READ_AGAIN },
            (Phase::Inspecting { left, seen }, Observation::Inspected(inspected)) => {
                self.inspected(left, seen, inspected, now)
            }
            (Phase::Inspecting { left, .. }, _) => self.look_into(&left),
            (Phase::Soaking(soak), observation) => self.soaking(soak, observation, now),
        };
        self.lock.or_renew(action, now)
    }

    /// Takes over what is seen. While the watch does not show the change yet, with the Deployment as the change left
    /// it: by the template of before, the pods of the new one would be old.
    pub(super) fn see(&mut self, workload: Workload) {
        let behind = |made: &&Deployment| {
            made.uid() == workload.deployment.uid() && made.generation() > workload.deployment.generation()
        };
        let made = self.made.as_ref().filter(behind).cloned();
        self.is_behind = made.is_some();
        self.seen = match made {
            Some(made) => workload.with(made),
            None => workload,
        };
    }

    /// Whether the Deployment still has the template that the change left: as the API server answered, since a webhook
    /// may have had a hand in it.
    pub(super) fn is_as_made(&self, deployment: &Deployment) -> bool {
        match &self.made {
            Some(made) => revision::is_current(made.template(), deployment.template()),
            None => self.plan.change.is_in(deployment),
        }
    }

    /// The workload as it was last seen.
    pub fn seen(&self) -> &Workload {
        &self.seen
    }

    /// The plan it follows.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// When the change was made; none before.
    pub fn patched(&self) -> Option<Timestamp> {
        self.patched
    }

    /// The soak, while it runs.
    pub fn soak(&self) -> Option<&Soak> {
        match &self.phase {
            Phase::Soaking(soak) => Some(soak),
            _ => None,
        }
    }

    /// Why the workload cannot be watched at the moment.
    pub fn trouble(&self) -> Option<&str> {
        match &self.phase {
            Phase::Rolling(rolling) => rolling.trouble.as_deref(),
            Phase::ReadingBack { lost: why, .. } | Phase::Conflicting { refused: why, .. } => Some(why),
            _ => None,
        }
    }

    /// The causes that are seen now.
    pub fn causes(&self) -> impl Iterator<Item = &Finding> {
        self.standing.found().iter().map(|found| &found.finding)
    }

    /// Fewest pods that were available at any time it was watched (`status.availableReplicas`).
    pub fn lowest_available(&self) -> i32 {
        self.lowest_available
    }

    /// How it ended, once it has; before a soak, how it ended so far.
    pub fn ending(&self) -> Option<&Ending> {
        self.ending.as_ref()
    }

    /// What was done so far.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// What was verified after the rollout, with its numbers.
    pub fn verifications(&self) -> &[(&'static str, Verification)] {
        &self.verifications
    }

    /// The new pods, each with its containers.
    pub fn containers(&self) -> Vec<(String, Vec<String>)> {
        let new = self.seen.pods.iter().filter(|pod| self.seen.is_new(pod));
        new.map(|pod| (workload::name(pod).to_owned(), workload::container_names(pod))).collect()
    }

    /// What could not be written down, and why.
    pub fn unrecorded(&self) -> &[String] {
        &self.unrecorded
    }

    fn recorded(&mut self, unrecorded: Vec<String>, now: Timestamp) -> Action {
        let result = if unrecorded.is_empty() { "ok".to_owned() } else { unrecorded.join("; ") };
        self.step("record", self.began, now, &result);
        self.unrecorded = unrecorded;
        self.finish()
    }

    pub(super) fn signal(&self) -> Option<Signal> {
        self.ending.as_ref().and_then(|ending| ending.signal)
    }

    pub(super) fn follow(&mut self, next: Next, now: Timestamp) -> Action {
        match next {
            Next::Soak => self.soak_begins(now),
            Next::WriteDown => self.write_down(now),
            Next::Finish => self.finish(),
        }
    }

    pub(super) fn step(
        &mut self,
        step: &'static str,
        started_at: Timestamp,
        finished_at: Timestamp,
        result: &str,
    ) {
        self.steps.push(Step { step, started_at, finished_at, result: result.to_owned() });
    }
}
