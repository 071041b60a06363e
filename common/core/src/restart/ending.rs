//! How a restart ends: outcome, findings, what was verified, and what is written down about it.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::ObjectReference;
use serde_json::json;

use super::run::{Next, Phase, Restart};
use crate::checks::Verdict;
use crate::duration;
use crate::finding::Finding;
use crate::operation::{Action, Ending, Record, Signal, told};
use crate::report::{Outcome, RestartReport};
use crate::revision;
use crate::sanitize::quoted;

impl Restart {
    /// Ends it: the lock is given back, then what was done is written down. What changed nothing leaves no trace.
    pub(super) fn end(&mut self, ending: Ending, now: Timestamp) -> Action {
        self.ending = Some(ending);
        self.release_or(now, Next::WriteDown)
    }

    /// Nothing was changed; the lock is given back.
    pub(super) fn not_started(&mut self, code: &str, message: impl Into<String>, now: Timestamp) -> Action {
        self.step("patch", self.began, now, "refused");
        let finding = Finding::error(code, self.plan.request.target.object(), message);
        self.ending = Some(Ending::new(Outcome::Refused, vec![finding]));
        self.release_or(now, Next::Finish)
    }

    /// Started, and not known how it went.
    pub(super) fn unknown(&mut self, code: &str, summary: &str, now: Timestamp) -> Action {
        self.step("watch", self.began, now, "unknown");
        let finding = self.how_to_go_on(Finding::error(code, self.plan.request.target.object(), summary));
        self.end(Ending::new(Outcome::Unknown, vec![finding]).rollout(Verdict::Unknown), now)
    }

    /// A signal: Kubernetes goes on by itself, and how to go on is said.
    pub(super) fn interrupted(&mut self, signal: Signal, now: Timestamp) -> Action {
        let name = self.plan.change.name();
        let (summary, started) = match &self.phase {
            Phase::Locking
            | Phase::Rechecking
            | Phase::Patching { attempt: 1 }
            | Phase::Conflicting { attempt: 1, .. } => {
                ("interrupted before anything was changed".to_owned(), false)
            }
            Phase::Patching { .. } | Phase::ReadingBack { .. } | Phase::Conflicting { .. } => {
                (format!("interrupted; it is not known whether the {name} was begun"), true)
            }
            Phase::Rolling(_) | Phase::Explaining => {
                (format!("interrupted; Kubernetes goes on with the {name} by itself"), true)
            }
            _ => ("interrupted after the rollout".to_owned(), true),
        };
        let finding =
            Finding::error("rollout/interrupted", self.plan.request.target.object(), summary).warning();
        let finding = if started { self.how_to_go_on(finding) } else { finding };
        let mut findings = vec![finding];
        self.step("watch", self.began, now, "interrupted");
        let so_far = self.ending.take().unwrap_or_else(|| {
            let verdict = if started { Verdict::Unknown } else { Verdict::Skipped };
            Ending::new(Outcome::Interrupted, Vec::new()).rollout(verdict)
        });
        findings.extend(so_far.findings);
        let ending = Ending {
            outcome: Outcome::Interrupted,
            signal: Some(signal),
            findings,
            verified: so_far.verified,
        };
        if started {
            return self.end(ending, now);
        }
        self.ending = Some(ending);
        self.release_or(now, Next::Finish)
    }

    fn how_to_go_on(&self, finding: Finding) -> Finding {
        let target = &self.plan.request.target;
        let selector = quoted(&self.plan.before().deployment.selector());
        finding
            .next(target.kubectl(&format!("rollout status {}", target.object())))
            .next(target.kubectl(&format!("get pods -l {selector}")))
    }

    /// Writes down what was done.
    pub(super) fn write_down(&mut self, now: Timestamp) -> Action {
        self.phase = Phase::Recording;
        self.began = now;
        Action::Record(self.record(now))
    }

    pub(super) fn finish(&mut self) -> Action {
        self.phase = Phase::Ended;
        Action::Finish
    }

    fn record(&self, now: Timestamp) -> Record {
        let request = &self.plan.request;
        let outcome = self.ending.as_ref().map_or(Outcome::Unknown, |ending| ending.outcome);
        let took = duration::short(now.duration_since(self.patched().unwrap_or(now)));
        let why = request.reason.as_deref().map(|reason| format!(" ({reason})")).unwrap_or_default();
        let (done, plugin) = (self.plan.change.done(), request.plugin);
        let message = format!(
            "{} {done} with {plugin}{why}: {outcome:?} after {took}, operation {}",
            request.user, request.operation
        );
        // Ours, whatever somebody else has put there since.
        let template = revision::hash(self.made.as_ref().unwrap_or(&self.seen.deployment).template());
        let entry = json!({
            "command": plugin,
            "deployment": request.target.deployment,
            "user": request.user,
            "host": request.host,
            "reason": request.reason,
            "outcome": outcome,
            "template": template,
            "verified": self.ending.as_ref().is_some_and(Ending::is_verified),
            "startedAt": request.started_at,
            "finishedAt": now,
        });
        let about = ObjectReference {
            api_version: Some("apps/v1".to_owned()),
            kind: Some("Deployment".to_owned()),
            namespace: Some(request.target.namespace.clone()),
            name: Some(request.target.deployment.clone()),
            uid: Some(self.seen.deployment.uid().to_owned()),
            ..ObjectReference::default()
        };
        Record {
            about: Box::new(about),
            reason: self.plan.change.event(outcome),
            action: self.plan.change.action(),
            warning: outcome != Outcome::Succeeded,
            message,
            history: (request.operation.clone(), entry),
        }
    }

    /// The report of what happened so far.
    pub fn report(&self, now: Timestamp) -> RestartReport {
        told(self.plan.report(Outcome::Unknown, now), self.ending.as_ref(), &self.steps, &self.seen.pods)
    }
}
