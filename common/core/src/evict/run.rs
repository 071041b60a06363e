//! An eviction as it runs: each observation, with the time it was made, gives the next action.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use serde_json::json;

use super::plan::{Plan, object, selecting, watched};
use super::siblings::{Siblings, uid};
use crate::budget;
use crate::causes::{self, Fetched};
use crate::checks::Verdict;
use crate::duration;
use crate::fact::Fact;
use crate::finding::Finding;
use crate::lock::{self, LeaseAnswer, Lock, Step as LockStep};
use crate::report::{Outcome, RestartReport, Step};
use crate::restart::standing::{Course, Standing};
use crate::restart::{Action, DryRun, Ending, Evicted, Observation, Record, Signal, told};
use crate::rollout::{self, PodLine};
use crate::verify::{self, Inspected, Inspection, Verification};
use crate::workload;

/// Evictions whose answers were lost, after which it is not known what became of them.
pub(super) const ATTEMPTS: u8 = 3;

/// Time between two evictions when an answer was lost. The second is bound to the same UID, so it cannot do more.
const AGAIN: SignedDuration = SignedDuration::from_secs(1);

/// Time between two looks when nothing new is seen.
const LOOK_EVERY: SignedDuration = SignedDuration::from_secs(5);

/// Where an eviction is.
#[derive(Clone, Debug, PartialEq)]
enum Phase {
    /// Getting the Deployment's lock.
    Locking,
    /// Evicting, after this many answers were lost; what the last of them was.
    Evicting { lost: u8, trouble: Option<String> },
    /// Looking whether a lost eviction has arrived, before it is sent again.
    Doubting { lost: u8, trouble: String },
    /// Waiting for the successor.
    Waiting(Waiting),
    /// It has failed; what would tell more is being fetched.
    Explaining,
    /// Looking at the successor's logs and health endpoint.
    Inspecting,
    /// Giving the lock back, then writing down what was done, or not.
    Releasing { record: bool },
    /// Writing down what was done.
    Recording,
    /// Over.
    Ended,
}

/// A successor that is waited for.
#[derive(Clone, Debug, PartialEq)]
struct Waiting {
    reached: Reached,
    /// When the last progress was made.
    since: Timestamp,
    /// Why it cannot be watched at the moment.
    trouble: Option<String>,
}

/// What has happened at any time: falling back and coming again is no progress.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Reached {
    gone: bool,
    successor: Stage,
}

/// What is waited for.
const REPLACED: Reached = Reached { gone: true, successor: Stage::Serves };

/// How far a successor has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    #[default]
    Absent,
    Created,
    Scheduled,
    Serves,
}

/// An eviction as it runs.
#[derive(Clone, Debug)]
pub struct Eviction {
    plan: Plan,
    phase: Phase,
    began: Timestamp,
    evicted: Option<Timestamp>,
    steps: Vec<Step>,
    seen: Siblings,
    /// UIDs of the pods that were there before the eviction: no successor is among them.
    before: BTreeSet<String>,
    standing: Standing,
    ending: Option<Ending>,
    verifications: Vec<(&'static str, Verification)>,
    lock: Option<Lock>,
    unrecorded: Vec<String>,
}

impl Eviction {
    /// An eviction that is about to begin.
    pub fn new(plan: Plan, now: Timestamp) -> Self {
        let namespace = &plan.request.target.namespace;
        let deployment = plan.facts.deployment.as_ref();
        let lock = deployment.and_then(|owner| plan.request.lock(namespace, &owner.name, now));
        let seen = plan.facts.siblings.clone();
        let mut before = uids(&seen);
        before.insert(uid(&plan.facts.pod).to_owned());
        let phase = if lock.is_some() { Phase::Locking } else { Phase::Evicting { lost: 0, trouble: None } };
        Self {
            plan,
            phase,
            began: now,
            evicted: None,
            steps: Vec::new(),
            seen,
            before,
            standing: Standing::default(),
            ending: None,
            verifications: Vec::new(),
            lock,
            unrecorded: Vec::new(),
        }
    }

    /// Takes an observation and says what to do next.
    pub fn next(&mut self, observation: Observation, now: Timestamp) -> Action {
        if let Observation::Pods(siblings) = &observation {
            self.seen = (**siblings).clone();
        }
        let action = match (self.phase.clone(), observation) {
            (Phase::Ended, _) => Action::Finish,
            (Phase::Recording, Observation::Recorded(unrecorded)) => {
                self.unrecorded = unrecorded;
                self.finish()
            }
            (Phase::Recording, _) => self.finish(),
            (Phase::Releasing { record }, Observation::Lease(answer)) => self.given_back(record, answer, now),
            (Phase::Releasing { record }, _) => self.released(record, now),
            (_, Observation::Lease(answer)) => self.leased(answer, now),
            (_, Observation::Signal(signal)) => self.interrupted(signal, now),
            (Phase::Locking, _) => match self.lock.as_ref().map(Lock::acquire) {
                Some(LockStep::Ask(request)) => self.ask(request),
                _ => self.evict(0, None),
            },
            (Phase::Evicting { lost, .. }, Observation::Evicted(evicted)) => {
                self.answered(lost, evicted, now)
            }
            (Phase::Evicting { lost, trouble }, _) => self.evict(lost, trouble),
            (Phase::Doubting { .. }, Observation::Pods(_)) if self.is_ending() => self.accepted(now),
            (Phase::Doubting { lost, trouble }, Observation::Quiet) => self.evict(lost, Some(trouble)),
            (Phase::Waiting(waiting), observation) => self.waiting(waiting, observation, now),
            (Phase::Explaining, Observation::Fetched(fetched)) => self.explained(&fetched, now),
            (Phase::Inspecting, Observation::Inspected(inspected)) => self.inspected(&inspected, now),
            (Phase::Doubting { .. }, _) => Action::Watch { until: now + AGAIN },
            (Phase::Explaining, _) => Action::Fetch(Vec::new()),
            (Phase::Inspecting, _) => self.look_into(),
        };
        self.or_renew(action, now)
    }

    /// The plan it follows.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// When the pod was evicted; none before.
    pub fn evicted(&self) -> Option<Timestamp> {
        self.evicted
    }

    /// The pod that took its place, as far as there is one.
    pub fn successor(&self) -> Option<&Pod> {
        self.successors().max_by_key(|pod| (workload::is_ready(pod), pod.metadata.creation_timestamp.clone()))
    }

    /// Pods of the same controller, besides the two, that are ready.
    pub fn others_ready(&self) -> usize {
        let others = self.seen.pods.iter().filter(|pod| !self.is_new(pod) && uid(pod) != self.old());
        others.filter(|pod| workload::is_ready(pod)).count()
    }

    /// The pod and its successors, as they are shown.
    pub fn lines(&self, now: Timestamp) -> Vec<PodLine> {
        let shown = |pod: &&Pod| self.is_new(pod) || uid(pod) == self.old();
        let lines =
            self.seen.pods.iter().filter(shown).map(|pod| rollout::pod_line(pod, self.is_new(pod), now));
        let mut lines: Vec<PodLine> = lines.collect();
        lines.sort_by_key(|line| !line.new);
        lines
    }

    /// Why the pods cannot be watched, or the pod cannot be evicted, at the moment.
    pub fn trouble(&self) -> Option<&str> {
        match &self.phase {
            Phase::Waiting(waiting) => waiting.trouble.as_deref(),
            Phase::Evicting { trouble, .. } => trouble.as_deref(),
            Phase::Doubting { trouble, .. } => Some(trouble),
            _ => None,
        }
    }

    /// The causes that are seen now.
    pub fn causes(&self) -> impl Iterator<Item = &Finding> {
        self.standing.found().iter().map(|found| &found.finding)
    }

    /// How it ended, once it has.
    pub fn ending(&self) -> Option<&Ending> {
        self.ending.as_ref()
    }

    /// What was verified of the successor, with its numbers.
    pub fn verifications(&self) -> &[(&'static str, Verification)] {
        &self.verifications
    }

    /// What could not be written down, and why.
    pub fn unrecorded(&self) -> &[String] {
        &self.unrecorded
    }

    /// The report of what happened so far.
    pub fn report(&self, now: Timestamp) -> RestartReport {
        told(self.plan.report(Outcome::Unknown, now), self.ending.as_ref(), &self.steps, &self.seen.pods)
    }

    fn old(&self) -> &str {
        uid(&self.plan.facts.pod)
    }

    fn is_new(&self, pod: &Pod) -> bool {
        !self.before.contains(uid(pod))
    }

    fn successors(&self) -> impl Iterator<Item = &Pod> {
        self.seen.pods.iter().filter(|pod| self.is_new(pod) && pod.metadata.deletion_timestamp.is_none())
    }

    /// Whether the pod is on its way out, or gone.
    fn is_ending(&self) -> bool {
        self.seen.pod(self.old()).is_none_or(|pod| pod.metadata.deletion_timestamp.is_some())
    }

    fn ask(&self, request: lock::LeaseRequest) -> Action {
        let name = self.lock.as_ref().map(|lock| lock.name().to_owned()).unwrap_or_default();
        Action::Lease { name, request }
    }

    /// An answer about the lock: while it is being got, or when it was renewed.
    fn leased(&mut self, answer: LeaseAnswer, now: Timestamp) -> Action {
        let locking = self.phase == Phase::Locking;
        let Some(lock) = self.lock.as_mut() else { return Action::Watch { until: now } };
        match lock.next(answer, now) {
            LockStep::Ask(request) => self.ask(request),
            LockStep::Held if locking => {
                self.step("lock", now, "ok");
                self.evict(0, None)
            }
            LockStep::HeldBy(holder) | LockStep::Displaced(holder) if locking => {
                self.step("lock", now, "held by another operation");
                let target = &self.plan.request.target;
                let deployment = self.plan.facts.deployment.as_ref().map_or("", |owner| &owner.name);
                let finding = lock::held(&holder, deployment, target.place(), &target.command());
                self.ending = Some(Ending::new(Outcome::Locked, vec![finding]));
                self.finish()
            }
            LockStep::HeldBy(holder) | LockStep::Displaced(holder) => {
                // Not one write more, not even an Event.
                self.lock = None;
                self.unknown("lock/displaced", &format!("another operation took over: {holder}"), now);
                self.finish()
            }
            LockStep::Unavailable(why) if locking => {
                let summary = format!("the lock cannot be had: {why}");
                self.not_started(self.finding("lock/unavailable", summary), now)
            }
            LockStep::Wait(until) if locking => Action::Watch { until },
            LockStep::Held | LockStep::Wait(_) | LockStep::Unavailable(_) => Action::Watch { until: now },
        }
    }

    /// Whatever is waited for, the lock is renewed first when it is time to.
    fn or_renew(&self, action: Action, now: Timestamp) -> Action {
        match (self.lock.as_ref().filter(|lock| lock.is_held()), action) {
            (Some(lock), Action::Watch { .. }) if now >= lock.renewal() => self.ask(lock.renew(now)),
            (Some(lock), Action::Watch { until }) => Action::Watch { until: until.min(lock.renewal()) },
            (_, action) => action,
        }
    }

    fn evict(&mut self, lost: u8, trouble: Option<String>) -> Action {
        if lost == 0 && trouble.is_none() {
            // Pods that came since the plan was made are no successors either.
            self.before.extend(uids(&self.seen));
        }
        self.began = self.steps.last().map_or(self.began, |step| step.finished_at);
        self.phase = Phase::Evicting { lost, trouble };
        let request = &self.plan.request;
        let dry_run = request.dry_run == DryRun::Server;
        Action::Evict { pod: request.target.pod.clone(), body: self.plan.eviction(), dry_run }
    }

    fn answered(&mut self, lost: u8, evicted: Evicted, now: Timestamp) -> Action {
        let dry_run = self.plan.request.dry_run == DryRun::Server;
        let first = lost == 0;
        match evicted {
            Evicted::Accepted if dry_run => {
                self.step("evict", now, "ok");
                self.ending = Some(Ending::new(Outcome::Planned, Vec::new()));
                self.finish()
            }
            Evicted::Accepted => self.accepted(now),
            // The eviction whose answer was lost did arrive.
            Evicted::Absent(_) if !first => self.accepted(now),
            Evicted::Absent(message) => {
                let summary = format!("the pod went away before it could be evicted: {message}");
                let again = self.plan.request.target.place().kubectl(&watched(&self.plan.facts.pod));
                self.not_started(self.finding("target/changed", summary).next(again), now)
            }
            Evicted::Blocked { message, budgets } => {
                let finding = self.blocked(&message, &budgets);
                self.not_started(finding, now)
            }
            Evicted::Rejected(message) if first => {
                self.not_started(self.finding("api/rejected", message), now)
            }
            Evicted::NotSent(message) if first => {
                self.not_started(self.finding("api/unreachable", message), now)
            }
            Evicted::NotSent(lost) | Evicted::Ambiguous(lost) if dry_run => {
                self.not_started(self.finding("api/unreachable", lost), now)
            }
            Evicted::NotSent(trouble) if now < self.began + self.plan.request.timeout => {
                self.phase = Phase::Doubting { lost, trouble };
                Action::Watch { until: now + AGAIN }
            }
            Evicted::Ambiguous(trouble) if lost + 1 < ATTEMPTS => {
                self.phase = Phase::Doubting { lost: lost + 1, trouble };
                Action::Watch { until: now + AGAIN }
            }
            Evicted::Rejected(trouble) | Evicted::NotSent(trouble) | Evicted::Ambiguous(trouble) => {
                let summary = format!("it is not known whether the pod was evicted: {trouble}");
                self.unknown("api/unreachable", &summary, now)
            }
        }
    }

    /// Names the budget with its numbers; when to try again is the user's choice.
    fn blocked(&self, message: &str, budgets: &Fact<Vec<PodDisruptionBudget>>) -> Finding {
        let place = self.plan.request.target.place();
        let (budgets, unread) = match budgets {
            Fact::Known(budgets) => (selecting(budgets, &self.plan.facts.pod), None),
            Fact::Unavailable(reason) => (Vec::new(), Some(reason)),
        };
        let said = match budgets.as_slice() {
            [] => "a PodDisruptionBudget does not allow it".to_owned(),
            budgets => budgets.iter().map(|found| budget::words(found)).collect::<Vec<_>>().join("; "),
        };
        let summary = format!(
            "not evicted: {said}. Nothing was changed; whether and when to try again is yours to say"
        );
        let finding = self.finding("rollout/pdb-blocks-eviction", summary).seen(message);
        let finding = budgets.iter().fold(finding, |finding, found| finding.seen(budget::evidence(found)));
        let finding = match unread {
            Some(reason) => finding.seen(format!("PodDisruptionBudgets: unknown: {reason}")),
            None => finding,
        };
        let names: Vec<&str> = budgets.iter().map(|found| budget::name(found)).collect();
        let describe = format!("describe pdb {}", names.join(" "));
        finding
            .next(place.kubectl(describe.trim_end()))
            .next(place.kubectl("get pods -o wide"))
            .next(self.plan.request.target.command())
    }

    fn accepted(&mut self, now: Timestamp) -> Action {
        self.step("evict", now, "ok");
        self.began = now;
        self.evicted = Some(now);
        let waiting = Waiting { reached: Reached::default(), since: now, trouble: None };
        let seen = Observation::Pods(Box::new(self.seen.clone()));
        self.waiting(waiting, seen, now)
    }

    fn waiting(&mut self, mut waiting: Waiting, observation: Observation, now: Timestamp) -> Action {
        match observation {
            Observation::Pods(_) => waiting.trouble = None,
            Observation::Trouble(reason) => waiting.trouble = Some(reason),
            _ => {}
        }
        if waiting.reached.advance(self.reached()) {
            waiting.since = now;
        }
        if self.reached() == REPLACED {
            return self.replaced(now);
        }
        // Also when nothing new was seen: some causes are told by the time that passes.
        self.standing.observe(self.found(&Fetched::new(), now), now);
        let request = &self.plan.request;
        let timeout = request.timeout + self.grace();
        let fresh = waiting.trouble.is_none();
        match self.standing.course(waiting.since, request.fail_after, timeout, fresh, now) {
            Course::Failed => {
                let needs = self.standing.found().iter().flat_map(|found| found.needs.clone()).collect();
                self.phase = Phase::Explaining;
                Action::Fetch(needs)
            }
            Course::Stalled => self.stalled(waiting.trouble.as_deref(), now),
            Course::Until(until) => {
                self.phase = Phase::Waiting(waiting);
                Action::Watch { until: until.min(now + LOOK_EVERY) }
            }
        }
    }

    /// Time that the pod may take to end: nothing else can happen meanwhile where its successor waits for it.
    fn grace(&self) -> SignedDuration {
        let old = self.seen.pod(self.old());
        let seconds =
            old.and_then(|pod| pod.spec.as_ref()?.termination_grace_period_seconds).unwrap_or_default();
        SignedDuration::from_secs(seconds.max(0))
    }

    fn reached(&self) -> Reached {
        let stage = |pod: &Pod| match workload::node(pod) {
            _ if serves(pod) => Stage::Serves,
            Some(_) => Stage::Scheduled,
            None => Stage::Created,
        };
        let successor = self.successor().map_or(Stage::Absent, stage);
        Reached { gone: self.seen.pod(self.old()).is_none(), successor }
    }

    /// The causes seen on successors that are not ready; where there is none, why its controller creates none.
    fn found(&self, fetched: &Fetched, now: Timestamp) -> Vec<causes::Found> {
        let pods: Vec<&Pod> = self.successors().filter(|pod| !serves(pod)).collect();
        if self.successor().is_none() {
            let owner = &self.plan.owner;
            let events = self.seen.events_on(&owner.uid, self.evicted.unwrap_or(now));
            return causes::not_created(&object(owner), &events).into_iter().collect();
        }
        let events = self.seen.events.known().map_or(&[][..], Vec::as_slice);
        causes::of_pods(&pods, events, fetched, self.plan.request.target.place(), now)
    }

    fn replaced(&mut self, now: Timestamp) -> Action {
        self.step("watch", now, "ok");
        self.began = now;
        self.ending = Some(Ending::new(Outcome::Succeeded, Vec::new()).rollout(Verdict::Pass));
        self.phase = Phase::Inspecting;
        self.look_into()
    }

    /// Looks at the successor's logs and health endpoint.
    fn look_into(&self) -> Action {
        let pods =
            self.successor().map(|pod| (workload::name(pod).to_owned(), workload::container_names(pod)));
        Action::Inspect(Inspection { pods: pods.into_iter().collect(), endpoint: self.plan.facts.endpoint() })
    }

    fn inspected(&mut self, inspected: &[Inspected], now: Timestamp) -> Action {
        if let Some(ending) = &mut self.ending {
            self.verifications = ending.inspected(inspected, self.plan.facts.endpoint().as_ref());
        }
        let result = verify::in_words(&self.verifications);
        self.step("verify", now, &result);
        self.release(true, now)
    }

    fn explained(&mut self, fetched: &Fetched, now: Timestamp) -> Action {
        self.step("watch", now, "failed");
        let found = self.found(fetched, now);
        if !found.is_empty() {
            self.standing.observe(found, now);
        }
        let findings = self.standing.findings(now);
        self.ending = Some(Ending::new(Outcome::Failed, findings).rollout(Verdict::Fail));
        self.release(true, now)
    }

    fn stalled(&mut self, trouble: Option<&str>, now: Timestamp) -> Action {
        let timeout = duration::short(self.plan.request.timeout);
        if let Some(reason) = trouble {
            let summary =
                format!("the API server could not be watched, and nothing was heard for {timeout}: {reason}");
            return self.unknown("api/unreachable", &summary, now);
        }
        let (old, owner) = (self.plan.request.target.object(), object(&self.plan.owner));
        let waits = match (self.seen.pod(self.old()), self.successor()) {
            (_, Some(pod)) if !serves(pod) => format!("pod/{} is not ready", workload::name(pod)),
            (Some(_), _) => format!("{old} has not ended"),
            (None, _) => format!("{owner} has not created a successor; it may have been scaled down"),
        };
        self.unknown("rollout/no-progress", &format!("no progress for {timeout}: {waits}"), now)
    }

    /// A signal: Kubernetes goes on by itself, and how to go on is said.
    fn interrupted(&mut self, signal: Signal, now: Timestamp) -> Action {
        let (summary, started) = match &self.phase {
            Phase::Locking => ("interrupted before anything was changed", false),
            Phase::Evicting { .. } | Phase::Doubting { .. } => {
                ("interrupted; it is not known whether the pod was evicted", true)
            }
            Phase::Inspecting => ("interrupted after the pod was replaced", true),
            _ => ("interrupted; Kubernetes goes on replacing the pod by itself", true),
        };
        self.step("watch", now, "interrupted");
        let finding = self.finding("rollout/interrupted", summary).warning();
        let finding = if started { self.how_to_go_on(finding) } else { finding };
        let verified = self.ending.take().map(|ending| ending.verified);
        let mut ending = Ending::new(Outcome::Interrupted, vec![finding]);
        ending.signal = Some(signal);
        ending = if started { ending.rollout(Verdict::Unknown) } else { ending };
        ending.verified = verified.unwrap_or(ending.verified);
        self.ending = Some(ending);
        self.release(started, now)
    }

    /// Nothing was changed; the lock is given back.
    fn not_started(&mut self, finding: Finding, now: Timestamp) -> Action {
        self.step("evict", now, "refused");
        self.ending = Some(Ending::new(Outcome::Refused, vec![finding]));
        self.release(false, now)
    }

    /// Begun, and not known how it went.
    fn unknown(&mut self, code: &str, summary: &str, now: Timestamp) -> Action {
        self.step("watch", now, "unknown");
        let finding = self.how_to_go_on(self.finding(code, summary));
        self.ending = Some(Ending::new(Outcome::Unknown, vec![finding]).rollout(Verdict::Unknown));
        self.release(true, now)
    }

    fn finding(&self, code: &str, summary: impl Into<String>) -> Finding {
        Finding::error(code, self.plan.request.target.object(), summary)
    }

    fn how_to_go_on(&self, finding: Finding) -> Finding {
        finding.next(self.plan.request.target.place().kubectl(&watched(&self.plan.facts.pod)))
    }

    /// Gives the lock back if it is held, then goes on.
    fn release(&mut self, record: bool, now: Timestamp) -> Action {
        match self.lock.as_ref().and_then(Lock::release) {
            Some(request) => {
                self.phase = Phase::Releasing { record };
                self.ask(request)
            }
            None => self.released(record, now),
        }
    }

    /// A Lease that was written since it was renewed last is looked at before it is left.
    fn given_back(&mut self, record: bool, answer: LeaseAnswer, now: Timestamp) -> Action {
        let changed = matches!(answer, LeaseAnswer::Conflict | LeaseAnswer::Is(Some(_)));
        match self.lock.as_mut().filter(|_| changed).map(|lock| lock.next(answer, now)) {
            Some(LockStep::Ask(request)) => self.ask(request),
            Some(LockStep::Held) => self.release(record, now),
            _ => self.released(record, now),
        }
    }

    fn released(&mut self, record: bool, now: Timestamp) -> Action {
        self.lock = None;
        if !record {
            return self.finish();
        }
        self.phase = Phase::Recording;
        Action::Record(self.record(now))
    }

    fn finish(&mut self) -> Action {
        self.phase = Phase::Ended;
        Action::Finish
    }

    fn record(&self, now: Timestamp) -> Record {
        let Plan { request, facts, .. } = &self.plan;
        let outcome = self.ending.as_ref().map_or(Outcome::Unknown, |ending| ending.outcome);
        let (reason, warning) = match outcome {
            Outcome::Succeeded => ("PodReplaced", false),
            Outcome::Failed => ("PodReplaceFailed", true),
            Outcome::Interrupted => ("PodReplaceInterrupted", true),
            _ => ("PodReplaceUnknown", true),
        };
        let why = request.reason.as_deref().map(|reason| format!(" ({reason})")).unwrap_or_default();
        let by =
            self.successor().map(|pod| format!(", successor {}", workload::name(pod))).unwrap_or_default();
        let message = format!(
            "{} evicted {} with sk-restart{why}: {outcome:?}{by}, operation {}",
            request.user,
            request.target.object(),
            request.operation
        );
        let entry = json!({
            "command": "sk-restart",
            "pod": request.target.pod,
            "deployment": facts.deployment.as_ref().map(|owner| &owner.name),
            "user": request.user,
            "host": request.host,
            "reason": request.reason,
            "outcome": outcome,
            "startedAt": request.started_at,
            "finishedAt": now,
        });
        let about = Box::new(facts.about(&request.target.namespace));
        Record { about, reason, warning, message, history: (request.operation.clone(), entry) }
    }

    fn step(&mut self, step: &'static str, finished_at: Timestamp, result: &str) {
        self.steps.push(Step { step, started_at: self.began, finished_at, result: result.to_owned() });
    }
}

impl Reached {
    /// Takes over what has never been before; true when anything has not.
    fn advance(&mut self, seen: Self) -> bool {
        let all = Self { gone: self.gone || seen.gone, successor: self.successor.max(seen.successor) };
        let better = all != *self;
        *self = all;
        better
    }
}

fn uids(siblings: &Siblings) -> BTreeSet<String> {
    siblings.pods.iter().map(|pod| uid(pod).to_owned()).collect()
}

/// Whether the pod does what it is for: ready, or, of a Job, done with it.
fn serves(pod: &Pod) -> bool {
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    workload::is_ready(pod) || phase == Some("Succeeded")
}
