//! A restart as it runs: each observation, with the time it was made, gives the next action.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::plan::{DryRun, Plan};
use crate::checks::Verdict;
use crate::duration;
use crate::finding::Finding;
use crate::report::{Outcome, PodView, RestartReport, Step, Verified};
use crate::rollout::{self, Progress};
use crate::workload::{Deployment, Workload};

/// Attempts at a patch whose answers were lost; each is followed by reading back.
pub(super) const PATCH_ATTEMPTS: u8 = 3;

/// Time between two looks at an API server that does not answer.
const READ_AGAIN: SignedDuration = SignedDuration::from_secs(1);

/// What the driver has to do next.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Patch the Deployment with this strategic merge patch.
    Patch {
        /// The patch.
        body: Value,
        /// Whether the API server only has to admit it.
        dry_run: bool,
    },
    /// Read the Deployment: an answer was lost.
    Read,
    /// Wait for the next observation, or until this time.
    Watch {
        /// When to report [`Observation::Quiet`].
        until: Timestamp,
    },
    /// Write an Event on the Deployment.
    Record(Note),
    /// Nothing more; [`Restart::report`] has the rest.
    Finish,
}

/// What became of a write.
#[derive(Clone, Debug, PartialEq)]
pub enum Write {
    /// Done; the object as it is now.
    Applied(Box<Deployment>),
    /// The API server refused it; nothing changed.
    Rejected(String),
    /// It never left; nothing changed.
    NotSent(String),
    /// The answer was lost: it may have been done.
    Ambiguous(String),
}

/// A signal that ends the watching.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Signal {
    /// SIGHUP, 1.
    Hangup,
    /// SIGINT, 2.
    Interrupt,
    /// SIGTERM, 15.
    Terminate,
}

/// What the driver saw.
#[derive(Clone, Debug, PartialEq)]
pub enum Observation {
    /// Nothing yet.
    Begin,
    /// The answer to [`Action::Patch`].
    Patched(Write),
    /// The answer to [`Action::Read`]; `None` when the Deployment is not there.
    Read(Result<Option<Box<Deployment>>, String>),
    /// The workload, as it is watched.
    Workload(Box<Workload>),
    /// The Deployment is no longer there.
    Gone,
    /// The watch broke; it is being set up again.
    Trouble(String),
    /// Nothing happened until the time that [`Action::Watch`] gave.
    Quiet,
    /// The answer to [`Action::Record`].
    Recorded(Result<(), String>),
    /// Somebody wants it to end.
    Signal(Signal),
}

/// What is written on the Deployment as an Event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// `Event.reason`, in CamelCase.
    pub reason: &'static str,
    /// `Event.type`: Warning, or Normal.
    pub warning: bool,
    /// `Event.message`.
    pub message: String,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The outcome.
    pub outcome: Outcome,
    /// The signal, when one ended it.
    pub signal: Option<Signal>,
    /// What was found.
    pub findings: Vec<Finding>,
    /// What was verified.
    pub verified: Verified,
}

#[derive(Clone, Debug, PartialEq)]
enum Phase {
    Patching { attempt: u8 },
    ReadingBack { attempt: u8, lost: String },
    Rolling { generation: i64, best: Progress, since: Timestamp, trouble: Option<String> },
    Ended,
}

/// A restart as it runs.
#[derive(Clone, Debug)]
pub struct Restart {
    plan: Plan,
    phase: Phase,
    began: Timestamp,
    steps: Vec<Step>,
    seen: Workload,
    lowest_available: i32,
    ending: Option<Ending>,
}

impl Restart {
    /// A restart that is about to begin.
    pub fn new(plan: Plan, now: Timestamp) -> Self {
        let seen = plan.before.clone();
        let lowest_available = seen.deployment.available();
        let phase = Phase::Patching { attempt: 1 };
        Self { plan, phase, began: now, steps: Vec::new(), seen, lowest_available, ending: None }
    }

    /// Takes an observation and says what to do next.
    pub fn next(&mut self, observation: Observation, now: Timestamp) -> Action {
        if let Observation::Workload(workload) = &observation {
            self.seen = (**workload).clone();
            self.lowest_available = self.lowest_available.min(workload.deployment.available());
        }
        match (self.phase.clone(), observation) {
            (Phase::Ended, _) => Action::Finish,
            (_, Observation::Signal(signal)) => self.interrupted(signal, now),
            (Phase::Patching { .. }, Observation::Patched(write)) => self.patched(write, now),
            (Phase::Patching { .. }, _) => self.patch(),
            (Phase::ReadingBack { attempt, lost }, Observation::Read(read)) => {
                self.read_back(attempt, &lost, read, now)
            }
            (Phase::ReadingBack { .. }, _) => Action::Read,
            (Phase::Rolling { .. }, Observation::Gone) => self.gone(now),
            (Phase::Rolling { .. }, observation) => self.rolling(observation, now),
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

    /// When the restart, or its present phase of watching, began.
    pub fn began(&self) -> Timestamp {
        self.began
    }

    /// Why the workload cannot be watched at the moment.
    pub fn trouble(&self) -> Option<&str> {
        match &self.phase {
            Phase::Rolling { trouble, .. } => trouble.as_deref(),
            Phase::ReadingBack { lost, .. } => Some(lost),
            Phase::Patching { .. } | Phase::Ended => None,
        }
    }

    /// Fewest pods that were available at any time it was watched (`status.availableReplicas`).
    pub fn lowest_available(&self) -> i32 {
        self.lowest_available
    }

    /// How it ended, once it has.
    pub fn ending(&self) -> Option<&Ending> {
        self.ending.as_ref()
    }

    fn patch(&self) -> Action {
        Action::Patch { body: self.plan.patch(), dry_run: self.plan.request.dry_run == DryRun::Server }
    }

    fn patched(&mut self, write: Write, now: Timestamp) -> Action {
        let Phase::Patching { attempt } = self.phase else { return Action::Finish };
        match write {
            Write::Applied(deployment) => self.applied(&deployment, now),
            Write::Rejected(message) => self.not_started("api/rejected", message, now),
            Write::NotSent(message) if attempt == 1 => self.not_started("api/unreachable", message, now),
            Write::NotSent(lost) | Write::Ambiguous(lost) if self.plan.request.dry_run == DryRun::Server => {
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
            return self.end(Outcome::Planned, Verified::NOTHING, Vec::new(), now);
        }
        let best = Progress { old: usize::MAX, ..Progress::default() };
        self.phase = Phase::Rolling { generation: deployment.generation(), best, since: now, trouble: None };
        self.began = now;
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
            Ok(Some(deployment)) if deployment.uid() != self.plan.before.deployment.uid() => self.gone(now),
            Ok(None) => self.gone(now),
            Ok(Some(_)) if attempt < PATCH_ATTEMPTS => {
                self.phase = Phase::Patching { attempt: attempt + 1 };
                self.patch()
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

    fn is_ours(&self, deployment: &Deployment) -> bool {
        deployment.restarted_at() == Some(self.plan.restarted_at.as_str())
    }

    fn rolling(&mut self, observation: Observation, now: Timestamp) -> Action {
        let Phase::Rolling { generation, mut best, mut since, mut trouble } = self.phase.clone() else {
            return Action::Finish;
        };
        match observation {
            Observation::Workload(workload) if workload.deployment.generation() >= generation => {
                trouble = None;
                if workload.deployment.uid() != self.plan.before.deployment.uid() {
                    return self.gone(now);
                }
                if !self.is_ours(&workload.deployment) {
                    return self.superseded(&workload.deployment, now);
                }
                match rollout::judge(&workload) {
                    rollout::Verdict::Complete => return self.complete(now),
                    rollout::Verdict::DeadlineExceeded(message) => {
                        return self.deadline_exceeded(&message, now);
                    }
                    rollout::Verdict::Waiting(_) => {}
                }
                if best.advance(Progress::of(&workload)) {
                    since = now;
                }
            }
            Observation::Trouble(reason) => trouble = Some(reason),
            _ => {}
        }
        let until = since + self.plan.request.timeout;
        if now >= until {
            return self.no_progress(trouble.as_deref(), now);
        }
        self.phase = Phase::Rolling { generation, best, since, trouble };
        Action::Watch { until }
    }

    fn complete(&mut self, now: Timestamp) -> Action {
        self.step("watch", self.began, now, "ok");
        let verified = Verified { rollout: Verdict::Pass, pods: Verdict::Pass, ..Verified::NOTHING };
        self.end(Outcome::Succeeded, verified, Vec::new(), now)
    }

    fn deadline_exceeded(&mut self, message: &str, now: Timestamp) -> Action {
        self.step("watch", self.began, now, "failed");
        let target = &self.plan.request.target;
        let finding =
            Finding::error("rollout/progress-deadline", target.object(), "the new pods made no progress")
                .seen(format!("status.conditions[Progressing]: ProgressDeadlineExceeded: {message}"))
                .next(target.kubectl(&format!("describe {}", target.object())));
        let verified = Verified { rollout: Verdict::Fail, ..Verified::NOTHING };
        self.end(Outcome::Failed, verified, vec![finding], now)
    }

    fn gone(&mut self, now: Timestamp) -> Action {
        self.step("watch", self.began, now, "failed");
        let target = &self.plan.request.target;
        let summary = "the Deployment was deleted, or deleted and made anew, while it restarted";
        let finding = Finding::error("rollout/deleted", target.object(), summary)
            .seen(format!("metadata.uid was {}", self.plan.before.deployment.uid()))
            .next(target.kubectl(&format!("get {}", target.object())));
        let verified = Verified { rollout: Verdict::Fail, ..Verified::NOTHING };
        self.end(Outcome::Failed, verified, vec![finding], now)
    }

    fn superseded(&mut self, deployment: &Deployment, now: Timestamp) -> Action {
        let found = deployment.restarted_at().unwrap_or("none");
        let summary = format!(
            "somebody else changed the Deployment during the restart: restartedAt is {found}, not ours"
        );
        self.unknown("rollout/superseded", &summary, now)
    }

    fn no_progress(&mut self, trouble: Option<&str>, now: Timestamp) -> Action {
        let timeout = duration::short(self.plan.request.timeout);
        if let Some(reason) = trouble {
            let summary =
                format!("the API server could not be watched, and nothing was heard for {timeout}: {reason}");
            return self.unknown("api/unreachable", &summary, now);
        }
        let waiting = match rollout::judge(&self.seen) {
            rollout::Verdict::Waiting(what) => what,
            _ => "the rollout".to_owned(),
        };
        self.unknown("rollout/no-progress", &format!("no progress for {timeout}: {waiting}"), now)
    }

    fn unknown(&mut self, code: &str, summary: &str, now: Timestamp) -> Action {
        self.step("watch", self.began, now, "unknown");
        let finding = self.how_to_go_on(Finding::error(code, self.plan.request.target.object(), summary));
        let verified = Verified { rollout: Verdict::Unknown, pods: Verdict::Unknown, ..Verified::NOTHING };
        self.end(Outcome::Unknown, verified, vec![finding], now)
    }

    fn not_started(&mut self, code: &str, message: String, now: Timestamp) -> Action {
        self.step("patch", self.began, now, "refused");
        let finding = Finding::error(code, self.plan.request.target.object(), message);
        self.end(Outcome::Refused, Verified::NOTHING, vec![finding], now)
    }

    fn interrupted(&mut self, signal: Signal, now: Timestamp) -> Action {
        let target = &self.plan.request.target;
        let (summary, verdict) = match self.phase {
            Phase::Patching { .. } => ("interrupted before anything was changed", Verdict::Skipped),
            Phase::ReadingBack { .. } => {
                ("interrupted; it is not known whether the restart was begun", Verdict::Unknown)
            }
            _ => ("interrupted; Kubernetes goes on with the rolling restart by itself", Verdict::Unknown),
        };
        let finding =
            self.how_to_go_on(Finding::error("rollout/interrupted", target.object(), summary).warning());
        self.step("watch", self.began, now, "interrupted");
        let verified = Verified { rollout: verdict, pods: verdict, ..Verified::NOTHING };
        let action = self.end(Outcome::Interrupted, verified, vec![finding], now);
        if let Some(ending) = &mut self.ending {
            ending.signal = Some(signal);
        }
        action
    }

    fn how_to_go_on(&self, finding: Finding) -> Finding {
        let target = &self.plan.request.target;
        finding.next(target.kubectl(&format!("rollout status {}", target.object()))).next(
            target.kubectl(&format!("get pods -l {}", shell_word(&self.plan.before.deployment.selector()))),
        )
    }

    fn step(&mut self, step: &'static str, started_at: Timestamp, finished_at: Timestamp, result: &str) {
        self.steps.push(Step { step, started_at, finished_at, result: result.to_owned() });
    }

    fn end(
        &mut self,
        outcome: Outcome,
        verified: Verified,
        findings: Vec<Finding>,
        now: Timestamp,
    ) -> Action {
        let untouched = matches!(self.phase, Phase::Patching { .. });
        self.phase = Phase::Ended;
        self.ending = Some(Ending { outcome, signal: None, findings, verified });
        if untouched { Action::Finish } else { Action::Record(self.note(outcome, now)) }
    }

    fn note(&self, outcome: Outcome, now: Timestamp) -> Note {
        let request = &self.plan.request;
        let took = duration::short(now.duration_since(request.started_at));
        let why = request.reason.as_deref().map(|reason| format!(" ({reason})")).unwrap_or_default();
        let (reason, warning) = match outcome {
            Outcome::Succeeded => ("Restarted", false),
            Outcome::Failed => ("RestartFailed", true),
            Outcome::Interrupted => ("RestartInterrupted", true),
            _ => ("RestartUnknown", true),
        };
        let message = format!(
            "{} restarted it with sk-restart{why}: {outcome:?} after {took}, operation {}",
            request.user, request.operation
        );
        Note { reason, warning, message }
    }

    /// The report of what happened so far.
    pub fn report(&self, now: Timestamp) -> RestartReport {
        let mut report = self.plan.report(Outcome::Unknown, now);
        if let Some(ending) = &self.ending {
            report.outcome = ending.outcome;
            report.verified = ending.verified;
            report.findings.clone_from(&ending.findings);
        }
        report.steps.clone_from(&self.steps);
        report.pods = PodView::living(&self.seen.pods);
        report
    }
}

/// Quotes what a shell would take apart.
fn shell_word(text: &str) -> String {
    let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"=,._/-".contains(&b));
    if plain { text.to_owned() } else { format!("'{text}'") }
}
