//! How an eviction ends: what is said, and what is written down about it.

use jiff::Timestamp;
use serde_json::json;

use super::plan::{Plan, watched};
use super::run::{Eviction, Phase};
use crate::checks::Verdict;
use crate::finding::Finding;
use crate::operation::{Action, Ending, Record, Signal};
use crate::report::{Outcome, Step};
use crate::workload;

impl Eviction {
    /// A signal: Kubernetes goes on by itself, and how to go on is said.
    pub(super) fn interrupted(&mut self, signal: Signal, now: Timestamp) -> Action {
        let (summary, started) = match &self.phase {
            Phase::Locking | Phase::Rechecking { .. } | Phase::Unread { .. } | Phase::Checked => {
                ("interrupted before anything was changed", false)
            }
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
    pub(super) fn not_started(&mut self, finding: Finding, now: Timestamp) -> Action {
        self.step("evict", now, "refused");
        self.ending = Some(Ending::new(Outcome::Refused, vec![finding]));
        self.release(false, now)
    }

    /// Begun, and not known how it went.
    pub(super) fn unknown(&mut self, code: &str, summary: &str, now: Timestamp) -> Action {
        self.step("watch", now, "unknown");
        let finding = self.how_to_go_on(self.finding(code, summary));
        self.ending = Some(Ending::new(Outcome::Unknown, vec![finding]).rollout(Verdict::Unknown));
        self.release(true, now)
    }

    pub(super) fn finding(&self, code: &str, summary: impl Into<String>) -> Finding {
        Finding::error(code, self.plan.request.target.object(), summary)
    }

    pub(super) fn how_to_go_on(&self, finding: Finding) -> Finding {
        finding.next(self.plan.request.target.place().kubectl(&watched(&self.plan.facts.pod)))
    }

    pub(super) fn released(&mut self, record: bool, now: Timestamp) -> Action {
        if !record {
            return self.finish();
        }
        self.phase = Phase::Recording;
        self.began = now;
        Action::Record(self.record(now))
    }

    pub(super) fn recorded(&mut self, unrecorded: Vec<String>, now: Timestamp) -> Action {
        let result = if unrecorded.is_empty() { "ok".to_owned() } else { unrecorded.join("; ") };
        self.step("record", now, &result);
        self.unrecorded = unrecorded;
        self.finish()
    }

    pub(super) fn finish(&mut self) -> Action {
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
            "{} evicted {} with {}{why}: {outcome:?}{by}, operation {}",
            request.user,
            request.target.object(),
            request.plugin,
            request.operation
        );
        let entry = json!({
            "command": request.plugin,
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
        Record {
            about,
            reason,
            action: "Evict",
            warning,
            message,
            history: (request.operation.clone(), entry),
        }
    }

    pub(super) fn step(&mut self, step: &'static str, finished_at: Timestamp, result: &str) {
        self.steps.push(Step { step, started_at: self.began, finished_at, result: result.to_owned() });
    }
}
