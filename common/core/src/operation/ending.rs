//! How an operation ended.

use k8s_openapi::api::core::v1::Pod;

use super::Signal;
use crate::checks::Verdict;
use crate::finding::Finding;
use crate::report::{Outcome, PodView, RestartReport, Step, Verified};
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

/// The report of an operation: how it ended, if it has, what was done, and the pods as they were seen last.
pub(crate) fn told(
    mut report: RestartReport,
    ending: Option<&Ending>,
    steps: &[Step],
    pods: &[Pod],
) -> RestartReport {
    if let Some(ending) = ending {
        report.outcome = ending.outcome;
        report.verified = ending.verified;
        report.findings.clone_from(&ending.findings);
    }
    report.steps = steps.to_vec();
    report.pods = PodView::living(pods);
    report
}
