//! What is written down in the cluster about an operation.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::ObjectReference;

use super::run::{Body, Phase, Run};
use super::{Action, Entry, Left, Record};
use crate::report::Outcome;

/// What is written down about one kind of operation, besides what is about all.
#[derive(Debug)]
pub struct Noted {
    /// What the Event is on: `apiVersion`, `kind`, name and UID.
    pub(crate) about: [String; 4],
    /// `Event.action`.
    pub(crate) action: &'static str,
    /// `Event.reason` of success, failure, interruption, and of what is not known.
    pub(crate) reasons: [&'static str; 4],
    /// What was done, as the Event's message says it.
    pub(crate) done: String,
    /// What it came to, the same.
    pub(crate) result: String,
    /// [`Entry::pod`].
    pub(crate) pod: Option<String>,
    /// [`Entry::deployment`].
    pub(crate) deployment: Option<String>,
    /// [`Entry::left`].
    pub(crate) left: Option<Left>,
}

impl<P, D: Clone, B> Run<P, D, B>
where
    Self: Body<Doing = D>,
{
    /// Writes down what was done.
    pub(crate) fn write_down(&mut self, now: Timestamp) -> Action {
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

    fn record(&self, now: Timestamp) -> Record {
        let (request, noted) = (self.request(), self.noted(now));
        let outcome = self.ending.as_ref().map_or(Outcome::Unknown, |ending| ending.outcome);
        let [succeeded, failed, interrupted, unknown] = noted.reasons;
        let reason = match outcome {
            Outcome::Succeeded => succeeded,
            Outcome::Failed => failed,
            Outcome::Interrupted => interrupted,
            _ => unknown,
        };
        let why = request.reason.as_deref().map(|reason| format!(" ({reason})")).unwrap_or_default();
        let message = format!(
            "{} {} with {}{why}: {outcome:?}{}, operation {}",
            request.user, noted.done, request.plugin, noted.result, request.operation
        );
        let entry = Entry {
            command: request.plugin.to_owned(),
            pod: noted.pod,
            deployment: noted.deployment,
            user: request.user.clone(),
            host: request.host.clone(),
            reason: request.reason.clone(),
            outcome,
            left: noted.left,
            started_at: request.started_at,
            finished_at: now,
        };
        let [api_version, kind, name, uid] = noted.about.map(Some);
        let namespace = Some(self.place().namespace.to_owned());
        let about = ObjectReference { api_version, kind, namespace, name, uid, ..Default::default() };
        Record {
            about: Box::new(about),
            reason,
            action: noted.action,
            warning: outcome != Outcome::Succeeded,
            message,
            history: (request.operation.clone(), Box::new(entry)),
        }
    }
}
