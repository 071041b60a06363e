//! How an operation ends: outcome, findings, what was verified.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;

use super::run::{Body, Next, Phase, Run};
use super::{Action, Signal};
use crate::checks::Verdict;
use crate::finding::Finding;
use crate::report::{Outcome, PodView, RestartReport, Verified};
use crate::sanitize::quoted;
use crate::target::Place;
use crate::verify::{self, Endpoint, Inspected, Verification};

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

impl Ending {
    /// An ending about which nothing was verified.
    pub(crate) fn new(outcome: Outcome, findings: Vec<Finding>) -> Self {
        Self { outcome, signal: None, findings, verified: Verified::NOTHING }
    }

    /// Whether the template has been seen to serve: rolled out, no endpoint that fails, and no fall in the soak.
    pub(crate) fn is_verified(&self) -> bool {
        let Verified { rollout, health, soak, .. } = self.verified;
        rollout == Verdict::Pass && health != Verdict::Fail && soak != Verdict::Fail
    }

    /// The same, with a verdict on the rollout and its pods.
    pub(crate) fn rollout(mut self, verdict: Verdict) -> Self {
        self.verified.rollout = verdict;
        self.verified.pods = verdict;
        self
    }

    /// Takes over what logs and health endpoints showed, and returns it with its numbers. An endpoint that does not
    /// answer as it should fails the operation; errors in a log are told.
    pub(crate) fn inspected(
        &mut self,
        inspected: &[Inspected],
        endpoint: Option<&Endpoint>,
        place: Place<'_>,
    ) -> Vec<(&'static str, Verification)> {
        let (logs, log_findings) = verify::logs(inspected);
        let (health, health_findings) = verify::health(inspected, endpoint);
        self.verified.logs = logs.verdict;
        self.verified.health = health.verdict;
        self.findings
            .extend(health_findings.into_iter().chain(log_findings).map(|one| look_closer(one, place)));
        if health.verdict == Verdict::Fail {
            self.outcome = Outcome::Failed;
        }
        vec![("logs", logs), ("health", health)]
    }
}

/// What was seen of a pod says that something is wrong; what it is, a diagnosis says.
pub(crate) fn look_closer(finding: Finding, place: Place<'_>) -> Finding {
    match finding.object.strip_prefix("pod/").map(quoted) {
        Some(pod) => finding.next(place.kubectl(&format!("sk-diagnose pod {pod}"))),
        None => finding,
    }
}

impl<P, D: Clone, B> Run<P, D, B>
where
    Self: Body<Doing = D>,
{
    /// Ends it: the lock is given back, then what was done is written down. What changed nothing leaves no trace.
    pub(crate) fn end(&mut self, ending: Ending, now: Timestamp) -> Action {
        self.ending = Some(ending);
        self.release_or(now, Next::WriteDown)
    }

    /// Nothing was changed; the lock is given back.
    pub(crate) fn refused(&mut self, findings: Vec<Finding>, now: Timestamp) -> Action {
        self.step(Self::STEP, now, "refused");
        self.ending = Some(Ending::new(Outcome::Refused, findings));
        self.release_or(now, Next::Finish)
    }

    /// Nothing was changed, for this reason.
    pub(crate) fn not_started(&mut self, code: &str, message: impl Into<String>, now: Timestamp) -> Action {
        self.refused(vec![self.finding(code, message)], now)
    }

    /// The API server admits the change of a dry run.
    pub(crate) fn admitted(&mut self, now: Timestamp) -> Action {
        self.step(Self::STEP, now, "ok");
        self.ending = Some(Ending::new(Outcome::Planned, Vec::new()));
        self.finish()
    }

    /// Started, and not known how it went.
    pub(crate) fn unknown(&mut self, code: &str, summary: &str, now: Timestamp) -> Action {
        self.step("watch", now, "unknown");
        let finding = self.going_on(self.finding(code, summary));
        self.end(Ending::new(Outcome::Unknown, vec![finding]).rollout(Verdict::Unknown), now)
    }

    /// A signal: Kubernetes goes on by itself, and how to go on is said.
    pub(super) fn interrupted(&mut self, signal: Signal, now: Timestamp) -> Action {
        let (summary, started) = self.interrupted_at();
        let finding = self.finding("rollout/interrupted", summary).warning();
        let finding = if started { self.going_on(finding) } else { finding };
        self.step("watch", now, "interrupted");
        let verdict = if started { Verdict::Unknown } else { Verdict::Skipped };
        let so_far = self.ending.take();
        let so_far = so_far.unwrap_or_else(|| Ending::new(Outcome::Interrupted, Vec::new()).rollout(verdict));
        let findings = [vec![finding], so_far.findings].concat();
        self.ending = Some(Ending {
            outcome: Outcome::Interrupted,
            signal: Some(signal),
            findings,
            verified: so_far.verified,
        });
        self.release_or(now, if started { Next::WriteDown } else { Next::Finish })
    }

    pub(crate) fn finding(&self, code: &str, summary: impl Into<String>) -> Finding {
        Finding::error(code, self.object(), summary)
    }

    /// With the commands that show how it goes on.
    pub(crate) fn going_on(&self, finding: Finding) -> Finding {
        let words = self.how_to_go_on();
        words.iter().fold(finding, |finding, words| finding.next(self.place().kubectl(words)))
    }

    pub(crate) fn finish(&mut self) -> Action {
        self.phase = Phase::Ended;
        Action::Finish
    }
}

impl<P, D, B> Run<P, D, B> {
    /// The report with how it ended, if it has, what was done, and the pods as they were seen last.
    pub(crate) fn told(&self, report: RestartReport, pods: &[Pod]) -> RestartReport {
        let report = RestartReport { steps: self.steps.clone(), pods: PodView::living(pods), ..report };
        match self.ending.clone() {
            Some(Ending { outcome, verified, findings, .. }) => {
                RestartReport { outcome, verified, findings, ..report }
            }
            None => report,
        }
    }
}
