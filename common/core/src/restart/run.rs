//! A restart as it runs: each observation, with the time it was made, gives the next action.

use jiff::{SignedDuration, Timestamp};

use super::ending::Ending;
use super::messages::{Action, Observation, Signal, Write};
use super::plan::{DryRun, Plan, plan};
use super::rolling::Rolling;
use super::standing::Standing;
use crate::checks::Facts;
use crate::finding::Finding;
use crate::lock::{Holder, LeaseAnswer, LeaseRequest, Lock, Step as LockStep};
use crate::report::{Outcome, Step};
use crate::soak::Soak;
use crate::verify::Verification;
use crate::workload::{self, Deployment, Workload};

/// Attempts at a patch whose answers were lost; each is followed by reading back.
pub(super) const PATCH_ATTEMPTS: u8 = 3;

/// Time between two looks at an API server that does not answer.
const READ_AGAIN: SignedDuration = SignedDuration::from_secs(1);

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
    /// Watching the rollout.
    Rolling(Rolling),
    /// Somebody else changed the template to this `restartedAt`; who holds the lock is being asked.
    Superseded(String),
    /// It has failed; what would tell more is being fetched.
    Explaining,
    /// Looking at logs and health endpoints.
    Inspecting,
    /// Giving the lock back, then doing this.
    Releasing(Next),
    /// Watching what became of it.
    Soaking(Soak),
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
    patched: Option<Timestamp>,
    pub(super) steps: Vec<Step>,
    pub(super) seen: Workload,
    pub(super) lowest_available: i32,
    pub(super) standing: Standing,
    pub(super) ending: Option<Ending>,
    pub(super) verifications: Vec<(&'static str, Verification)>,
    lock: Option<Lock>,
    unrecorded: Vec<String>,
}

impl Restart {
    /// A restart that is about to begin.
    pub fn new(plan: Plan, now: Timestamp) -> Self {
        let seen = plan.before().clone();
        let target = &plan.request.target;
        let lock = plan.request.lock(&target.namespace, &target.deployment, now);
        Self {
            phase: if lock.is_some() { Phase::Locking } else { Phase::Rechecking },
            began: now,
            patched: None,
            steps: Vec::new(),
            lowest_available: seen.deployment.available(),
            seen,
            standing: Standing::default(),
            ending: None,
            verifications: Vec::new(),
            lock,
            unrecorded: Vec::new(),
            plan,
        }
    }

    /// Takes an observation and says what to do next.
    pub fn next(&mut self, observation: Observation, now: Timestamp) -> Action {
        if let Observation::Workload(workload) = &observation {
            self.seen = (**workload).clone();
            self.lowest_available = self.lowest_available.min(workload.deployment.available());
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
            (Phase::Rechecking, _) => self.recheck(now),
            (Phase::Superseded(found), Observation::Lease(answer)) => match self.holder(answer, now) {
                Some(holder) => self.displaced(&holder, now),
                None => self.changed_by_somebody(&found, now),
            },
            (Phase::Superseded(found), _) => self.changed_by_somebody(&found, now),
            (_, Observation::Lease(answer)) => self.renewed(answer, now),
            (Phase::Patching { .. }, Observation::Patched(write)) => self.answered(write, now),
            (Phase::Patching { .. }, _) => self.patch(),
            (Phase::ReadingBack { attempt, lost }, Observation::Read(read)) => {
                self.read_back(attempt, &lost, read, now)
            }
            (Phase::ReadingBack { .. }, Observation::Workload(workload))
                if self.is_ours(&workload.deployment) =>
            {
                self.applied(&workload.deployment, now)
            }
            (Phase::ReadingBack { .. }, _) => Action::Read,
            (Phase::Rolling(_), Observation::Gone) => self.gone(now),
            (Phase::Rolling(rolling), observation) => self.rolling(rolling, observation, now),
            (Phase::Explaining, Observation::Fetched(fetched)) => self.explained(&fetched, now),
            (Phase::Inspecting, Observation::Inspected(inspected)) => self.inspected(&inspected, now),
            (Phase::Explaining | Phase::Inspecting, _) => Action::Watch { until: now + READ_AGAIN },
            (Phase::Soaking(soak), observation) => self.soaking(soak, observation, now),
        };
        self.or_renew(action, now)
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
            Phase::ReadingBack { lost, .. } => Some(lost),
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

    fn ask_for_lock(&mut self, now: Timestamp) -> Action {
        match self.lock.as_ref().map(Lock::acquire) {
            Some(LockStep::Ask(request)) => self.lease(request),
            _ => self.begin(now),
        }
    }

    fn lease(&self, request: LeaseRequest) -> Action {
        let name = self.lock.as_ref().map(|lock| lock.name().to_owned()).unwrap_or_default();
        Action::Lease { name, request }
    }

    /// Takes what the watch has seen in the meantime before the change is made.
    fn begin(&mut self, now: Timestamp) -> Action {
        self.phase = Phase::Rechecking;
        Action::Watch { until: now }
    }

    /// The checks are as old as the question: plans anew on what is seen now, and may refuse now.
    fn recheck(&mut self, now: Timestamp) -> Action {
        let facts = Facts { workload: self.seen.clone(), ..self.plan.facts.clone() };
        match plan(facts, self.plan.request.clone(), now) {
            Ok(plan) => {
                self.plan = plan;
                self.phase = Phase::Patching { attempt: 1 };
                self.patch()
            }
            Err(refusal) => {
                self.step("patch", self.began, now, "refused");
                self.ending = Some(Ending::new(Outcome::Refused, refusal.findings));
                self.release_or(now, Next::Finish)
            }
        }
    }

    fn locking(&mut self, answer: LeaseAnswer, now: Timestamp) -> Action {
        let Some(lock) = self.lock.as_mut() else { return self.begin(now) };
        match lock.next(answer, now) {
            LockStep::Ask(request) => self.lease(request),
            LockStep::Wait(until) => Action::Watch { until },
            LockStep::Held => {
                self.step("lock", self.began, now, "ok");
                self.began = now;
                self.begin(now)
            }
            LockStep::HeldBy(holder) | LockStep::Displaced(holder) => {
                self.step("lock", self.began, now, "held by another operation");
                let target = &self.plan.request.target;
                let again = self.plan.request.command();
                let finding = crate::lock::held(&holder, &target.deployment, target.place(), &again);
                self.ending = Some(Ending::new(Outcome::Locked, vec![finding]));
                self.finish()
            }
            LockStep::Unavailable(why) => {
                self.not_started("lock/unavailable", format!("the lock cannot be had: {why}"), now)
            }
        }
    }

    /// Whatever is done next, the lock is renewed first when it is time to.
    fn or_renew(&mut self, action: Action, now: Timestamp) -> Action {
        let Some(lock) = self.lock.as_ref().filter(|lock| lock.is_held()) else { return action };
        match action {
            Action::Watch { .. } if now >= lock.renewal() => self.lease(lock.renew(now)),
            Action::Watch { until } => Action::Watch { until: until.min(lock.renewal()) },
            other => other,
        }
    }

    fn renewed(&mut self, answer: LeaseAnswer, now: Timestamp) -> Action {
        let Some(lock) = self.lock.as_mut() else { return Action::Watch { until: now } };
        match lock.next(answer, now) {
            LockStep::Ask(request) => self.lease(request),
            LockStep::Displaced(holder) | LockStep::HeldBy(holder) => self.displaced(&holder, now),
            LockStep::Held | LockStep::Wait(_) | LockStep::Unavailable(_) => Action::Watch { until: now },
        }
    }

    /// Asks the Lease, if it is ours as far as we know.
    pub(super) fn ask_who_holds(&self) -> Option<Action> {
        self.lock.as_ref().filter(|lock| lock.is_held()).map(|_| self.lease(LeaseRequest::Read))
    }

    /// Who has taken the lock over, if somebody has.
    fn holder(&mut self, answer: LeaseAnswer, now: Timestamp) -> Option<Holder> {
        match self.lock.as_mut()?.next(answer, now) {
            LockStep::Displaced(holder) | LockStep::HeldBy(holder) => Some(holder),
            _ => None,
        }
    }

    /// Somebody took the target over: not one write more, not even an Event.
    fn displaced(&mut self, holder: &Holder, now: Timestamp) -> Action {
        self.lock = None;
        self.unknown("lock/displaced", &format!("another operation took over: {holder}"), now);
        self.finish()
    }

    /// Gives the lock back if it is held, then does what is next.
    pub(super) fn release_or(&mut self, now: Timestamp, next: Next) -> Action {
        match self.lock.as_ref().and_then(Lock::release) {
            Some(request) => {
                self.phase = Phase::Releasing(next);
                self.lease(request)
            }
            None => self.follow(next, now),
        }
    }

    /// Who changed the Lease since it was renewed last? Whoever took the target over has the word now.
    fn released(&mut self, next: Next, answer: LeaseAnswer, now: Timestamp) -> Action {
        let changed = matches!(answer, LeaseAnswer::Conflict | LeaseAnswer::Is(Some(_)));
        let Some(lock) = self.lock.as_mut().filter(|_| changed) else {
            self.lock = None;
            return self.follow(next, now);
        };
        match lock.next(answer, now) {
            LockStep::Ask(request) => self.lease(request),
            LockStep::Held => self.release_or(now, next),
            LockStep::Displaced(holder) if next != Next::Finish && self.signal().is_none() => {
                self.displaced(&holder, now)
            }
            _ => self.finish(),
        }
    }

    fn recorded(&mut self, unrecorded: Vec<String>, now: Timestamp) -> Action {
        let result = if unrecorded.is_empty() { "ok".to_owned() } else { unrecorded.join("; ") };
        self.step("record", self.began, now, &result);
        self.unrecorded = unrecorded;
        self.finish()
    }

    fn signal(&self) -> Option<Signal> {
        self.ending.as_ref().and_then(|ending| ending.signal)
    }

    fn follow(&mut self, next: Next, now: Timestamp) -> Action {
        match next {
            Next::Soak => self.soak_begins(now),
            Next::WriteDown => self.write_down(now),
            Next::Finish => self.finish(),
        }
    }

    fn patch(&self) -> Action {
        Action::Patch { body: self.plan.patch(), dry_run: self.plan.request.dry_run == DryRun::Server }
    }

    fn answered(&mut self, write: Write, now: Timestamp) -> Action {
        let Phase::Patching { attempt } = self.phase else { return Action::Finish };
        let dry_run = self.plan.request.dry_run == DryRun::Server;
        match write {
            Write::Applied(deployment) => self.applied(&deployment, now),
            Write::Rejected(message) if attempt == 1 => self.not_started("api/rejected", message, now),
            Write::Rejected(message) => {
                let summary = format!("it is not known whether an earlier attempt arrives: {message}");
                self.unknown("api/rejected", &summary, now)
            }
            Write::NotSent(message) if attempt == 1 => self.not_started("api/unreachable", message, now),
            Write::NotSent(lost) | Write::Ambiguous(lost) if dry_run => {
                self.not_started("api/unreachable", lost, now)
            }
            Write::NotSent(lost) | Write::Ambiguous(lost) => {
                self.phase = Phase::ReadingBack { attempt, lost };
                Action::Read
            }
        }
    }

    fn applied(&mut self, deployment: &Deployment, now: Timestamp) -> Action {
        self.step("patch", self.began, now, "ok");
        if self.plan.request.dry_run == DryRun::Server {
            self.ending = Some(Ending::new(Outcome::Planned, Vec::new()));
            return self.finish();
        }
        self.began = now;
        self.patched = Some(now);
        self.phase = Phase::Rolling(Rolling::new(deployment.generation(), now));
        Action::Watch { until: now + self.plan.request.timeout }
    }

    /// Our own value of the annotation tells whether the patch whose answer was lost has arrived.
    fn read_back(
        &mut self,
        attempt: u8,
        lost: &str,
        read: Result<Option<Box<Deployment>>, String>,
        now: Timestamp,
    ) -> Action {
        match read {
            Ok(Some(deployment)) if self.is_ours(&deployment) => self.applied(&deployment, now),
            Ok(Some(deployment)) if deployment.uid() != self.plan.before().deployment.uid() => self.gone(now),
            Ok(None) => self.gone(now),
            Ok(Some(_)) if attempt < PATCH_ATTEMPTS => {
                self.phase = Phase::Patching { attempt: attempt + 1 };
                Action::Watch { until: now + READ_AGAIN }
            }
            Err(_) if now < self.began + self.plan.request.timeout => {
                Action::Watch { until: now + READ_AGAIN }
            }
            Ok(Some(_)) | Err(_) => {
                let summary = format!("it is not known whether the restart was begun: {lost}");
                self.unknown("api/unreachable", &summary, now)
            }
        }
    }

    pub(super) fn is_ours(&self, deployment: &Deployment) -> bool {
        deployment.restarted_at() == Some(self.plan.restarted_at.as_str())
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
