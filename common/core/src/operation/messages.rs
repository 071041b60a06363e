//! What an operation tells its driver to do, and what the driver tells it back.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use serde_json::Value;

use super::Entry;
use crate::causes::{Fetched, Need};
use crate::fact::Fact;
use crate::lock::{LeaseAnswer, LeaseRequest};
use crate::verify::{Inspected, Inspection};
use crate::workload::{Deployment, Siblings, Workload};

/// What the driver has to do next.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Ask the API server about the lock.
    Lease {
        /// Name of the Lease.
        name: String,
        /// The request.
        request: LeaseRequest,
    },
    /// Patch the Deployment.
    Patch {
        /// The patch.
        patch: Patch,
        /// Whether the API server only has to admit it.
        dry_run: bool,
    },
    /// Evict a pod with this `policy/v1` Eviction.
    Evict {
        /// Name of the pod.
        pod: String,
        /// The Eviction, bound to the pod's UID.
        body: Value,
        /// Whether the API server only has to admit it.
        dry_run: bool,
    },
    /// Read the Deployment, or a controller's pods, as they are now.
    Read,
    /// Wait for the next observation, or until this time.
    Watch {
        /// When to report [`Observation::Quiet`].
        until: Timestamp,
    },
    /// Fetch what rules asked for.
    Fetch(Vec<Need>),
    /// Look at the new pods' logs and health endpoints.
    Inspect(Inspection),
    /// Read what the pods logged since then.
    ReadLogs {
        /// Since when.
        since: Timestamp,
    },
    /// Write down what was done: an Event on the object, a line in `sk-history`.
    Record(Record),
    /// Nothing more; the report has the rest.
    Finish,
}

/// A patch of the Deployment.
#[derive(Clone, Debug, PartialEq)]
pub enum Patch {
    /// Kubernetes' strategic merge patch.
    Strategic(Value),
    /// RFC 6902, with tests that make the rest conditional.
    Json(Value),
}

/// What the driver saw.
#[derive(Clone, Debug, PartialEq)]
pub enum Observation {
    /// Nothing yet.
    Begin,
    /// The answer to [`Action::Lease`].
    Lease(LeaseAnswer),
    /// The answer to [`Action::Patch`].
    Patched(Write),
    /// The answer to [`Action::Evict`].
    Evicted(Evicted),
    /// A controller's pods, as they are watched; also the answer to [`Action::Read`].
    Pods(Box<Siblings>),
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
    /// The answer to [`Action::Fetch`].
    Fetched(Fetched),
    /// The answer to [`Action::Inspect`].
    Inspected(Vec<Inspected>),
    /// The answer to [`Action::ReadLogs`]: each pod's log.
    Logs(Vec<Fact<String>>),
    /// The answer to [`Action::Record`]: what could not be written, and why.
    Recorded(Vec<String>),
    /// Somebody has seen enough of the soak.
    Quit,
    /// Somebody wants it to end.
    Signal(Signal),
}

/// What became of a write.
#[derive(Clone, Debug, PartialEq)]
pub enum Write {
    /// Done; the object as it is now.
    Applied(Box<Deployment>),
    /// The API server refused it; nothing changed.
    Rejected(String),
    /// The API server refused it, perhaps because a condition of the patch did not hold; nothing changed.
    Conflict(String),
    /// It never left; nothing changed.
    NotSent(String),
    /// The answer was lost: it may have been done.
    Ambiguous(String),
}

/// What became of an eviction.
#[derive(Clone, Debug, PartialEq)]
pub enum Evicted {
    /// The pod is told to end.
    Accepted,
    /// No pod of this name and UID is there: what the API server said.
    Absent(String),
    /// A `PodDisruptionBudget` does not allow it; nothing changed.
    Blocked {
        /// What the API server said.
        message: String,
        /// The namespace's budgets, read after that.
        budgets: Fact<Vec<PodDisruptionBudget>>,
    },
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

/// What is written down in the cluster about an operation.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The object that the Event is on.
    pub about: Box<ObjectReference>,
    /// `Event.reason`, in CamelCase.
    pub reason: &'static str,
    /// `Event.action`.
    pub action: &'static str,
    /// `Event.type`: Warning, or Normal.
    pub warning: bool,
    /// `Event.message`.
    pub message: String,
    /// The entry of `sk-history`, and its key, a ULID.
    pub history: (String, Box<Entry>),
}
