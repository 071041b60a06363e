//! The lock of a target: the Lease `sk-DEPLOYMENT`. Expiry is judged by non-renewal that was observed here.

mod lease;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use serde_json::Value;

use crate::checks::Verdict;
use crate::finding::Finding;
use crate::target::Place;

pub(crate) use lease::{Lock, Step};

const OPERATION: &str = "sk.skillancer.io/operation";
const REASON: &str = "sk.skillancer.io/reason";
const COMMAND: &str = "sk.skillancer.io/command";

/// Who holds a target, since when, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holder {
    /// `user@host`.
    pub identity: String,
    /// ULID of the operation.
    pub operation: String,
    /// The plugin, as `sk-restart`.
    pub command: String,
    /// `--reason`, empty without one.
    pub reason: String,
    /// When it was taken; none while it is not yet.
    pub since: Option<Timestamp>,
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { identity, operation, command, reason, since } = self;
        let since = since.map(|since| format!(" since {since:.0}")).unwrap_or_default();
        let reason = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
        write!(f, "{identity}{since}: {command}{reason}, operation {operation}")
    }
}

/// That another operation holds the Deployment; `again` is the command that was typed.
pub(crate) fn held(holder: &Holder, deployment: &str, place: Place<'_>, again: &str) -> Finding {
    let lease = name(deployment);
    let summary = format!("another operation holds deployment/{deployment}: {holder}");
    Finding::error("lock/held", format!("lease/{lease}"), summary)
        .next(place.kubectl(&format!("get lease {lease} -o yaml")))
        .next(format!("{again} --take-over --reason WHY"))
}

/// What to ask of the API server.
#[derive(Clone, Debug, PartialEq)]
pub enum LeaseRequest {
    /// Read it.
    Read,
    /// Create it with this body.
    Create(Value),
    /// Replace it by this body, which carries the `resourceVersion` that was read.
    Replace(Value),
    /// Delete it, if it still is this one.
    Delete {
        /// `metadata.uid`.
        uid: String,
        /// `metadata.resourceVersion`.
        resource_version: String,
    },
}

/// What the API server answered.
#[derive(Clone, Debug, PartialEq)]
pub enum LeaseAnswer {
    /// The Lease as it is; none when there is none.
    Is(Option<Value>),
    /// Somebody else wrote first.
    Conflict,
    /// Not known: the answer was lost, or the server does not answer.
    Failed(String),
    /// The server refuses it for good.
    Denied(String),
}

/// Name of the Lease of a Deployment.
pub fn name(deployment: &str) -> String {
    format!("sk-{deployment}")
}

/// Who holds a Lease, by its own account.
pub fn holder(lease: &Value) -> Holder {
    let annotation = |key: &str| {
        let annotations = lease.pointer("/metadata/annotations");
        annotations.and_then(|all| all.get(key)?.as_str()).unwrap_or_default().to_owned()
    };
    Holder {
        identity: lease
            .pointer("/spec/holderIdentity")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        operation: annotation(OPERATION),
        command: annotation(COMMAND),
        reason: annotation(REASON),
        since: time(lease, "acquireTime"),
    }
}

/// Whom taking the lock over displaces; none where nobody holds it.
pub fn displaces(answer: &LeaseAnswer) -> Option<(Verdict, String)> {
    match answer {
        LeaseAnswer::Is(lease) => {
            let holder = lease.as_ref().map(holder).filter(|holder| !holder.identity.is_empty())?;
            Some((Verdict::Warn, format!("displaces {holder}")))
        }
        LeaseAnswer::Conflict => None,
        LeaseAnswer::Failed(reason) | LeaseAnswer::Denied(reason) => {
            Some((Verdict::Unknown, format!("not known whom it displaces: {reason}")))
        }
    }
}

fn time(lease: &Value, field: &str) -> Option<Timestamp> {
    lease.get("spec")?.get(field)?.as_str()?.parse().ok()
}
