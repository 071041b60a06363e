//! Causes: what can be wrong, one rule a file, one list of them. Rules are pure; what they need is data.

mod asks;
mod container;
mod crashloop;
mod event;
mod fetched;
mod image;
mod list;
mod log;
mod missing;
mod node;
mod pending;
mod probe;
mod readiness;
mod refusal;
mod rollout;
mod seek;
mod terminating;
#[cfg(test)]
mod tests;
mod volume;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Event, Pod};

pub use fetched::{Answer, Asked, Claim, Fetched, Need};
pub use list::CAUSES;
pub(crate) use probe::Patience;
pub use seek::{Looked, crashes, not_created, of_others, of_pods, of_rollout, of_workload};
use seek::{new_pods, seen};

use crate::finding::{Finding, Severity};
use crate::target::Place;
use crate::workload::Workload;

/// The code that says that the controller gave up.
pub(crate) const PROGRESS_DEADLINE: &str = rollout::PROGRESS_DEADLINE.code;

/// A cause that can be named.
#[derive(Debug)]
pub struct Cause {
    /// `family/cause`, stable once released.
    pub code: &'static str,
    /// What it means, in one line, for `--list-causes` and the documentation.
    pub about: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// When it makes a rollout fail.
    pub fatal: Fatal,
    /// How it is recognised.
    pub rule: Rule,
}

/// When a cause makes a rollout fail (contract: "Failing early, without crying wolf").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fatal {
    /// Waiting cannot help.
    AtOnce,
    /// When it has stood for `--fail-after`, observed at least three times, with no pod making progress.
    WhenItStands,
    /// When nothing has progressed for `--timeout`: somebody, such as an autoscaler, may still act.
    AtTimeout,
    /// Never by itself.
    Never,
}

impl Fatal {
    /// When it makes a rollout fail, in words.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::AtOnce => "at once",
            Self::WhenItStands => "when it stands",
            Self::AtTimeout => "at the timeout",
            Self::Never => "never",
        }
    }

    /// Whether waiting can help, in words.
    pub const fn waiting(self) -> &'static str {
        match self {
            Self::AtOnce => "waiting cannot help",
            Self::WhenItStands => "waiting helps only if somebody mends it",
            Self::AtTimeout => "waiting may help",
            Self::Never => "it passes by itself",
        }
    }
}

type OfPod = fn(&PodFacts<'_>) -> Option<Sighting>;
type OfWorkload = fn(&WorkloadFacts<'_>) -> Option<Sighting>;

/// How a cause is recognised: by one pod, or by the workload as a whole.
#[derive(Debug)]
pub enum Rule {
    /// Looks at one pod.
    Pod(OfPod),
    /// Looks at a Deployment and what it owns.
    Workload(OfWorkload),
    /// Looks at one pod, in a diagnosis only: it needs what is fetched besides, or is no reason for a rollout to fail.
    PodInDepth(OfPod),
    /// Looks at a Deployment and what it owns, in a diagnosis only.
    WorkloadInDepth(OfWorkload),
}

/// What a rule knows of a pod.
#[derive(Clone, Copy, Debug)]
pub struct PodFacts<'a> {
    /// The pod.
    pub pod: &'a Pod,
    /// Its events, oldest first; empty where they could not be read.
    pub events: &'a [&'a Event],
    /// What was fetched because a rule asked for it.
    pub fetched: &'a Fetched,
    /// The container that is looked at alone; none: all, and a rule tells of the first that it finds.
    pub container: Option<&'a str>,
    /// The pods that were read together with it, itself among them.
    pub siblings: &'a [Pod],
    /// Whether this is a diagnosis, which fetches what rules ask for, and not the live judge of a rollout.
    pub in_depth: bool,
    /// How commands to type next name the place.
    pub place: Place<'a>,
    /// The time now.
    pub now: Timestamp,
}

/// How many pods a service needs, where the catalogue says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needed {
    /// `minReplicas`: as many as it is meant to have.
    pub replicas: Option<i32>,
    /// `minAvailable`: as many as have to be available at any time.
    pub available: Option<i32>,
}

/// What a rule knows of a workload.
#[derive(Clone, Copy, Debug)]
pub struct WorkloadFacts<'a> {
    /// The Deployment, its `ReplicaSet`s, pods and events.
    pub workload: &'a Workload,
    /// What was fetched because a rule asked for it.
    pub fetched: &'a Fetched,
    /// What the catalogue says that the service needs.
    pub needed: Needed,
    /// How commands to type next name the place.
    pub place: Place<'a>,
    /// The time now.
    pub now: Timestamp,
}

/// A cause as a rule saw it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sighting {
    /// One sentence that names the thing: the key, the image, the probe.
    pub summary: String,
    /// Field paths with their values, as read.
    pub evidence: Vec<String>,
    /// Commands to type next.
    pub next: Vec<String>,
    /// How often it was observed, by what the cluster counts: failed pulls, restarts, events. A state that the
    /// kubelet checks anew all the time without counting is [`STATE`].
    pub observations: u32,
    /// What would tell more; it is fetched before the finding is final.
    pub needs: Vec<Need>,
}

/// Observations of a state that is checked all the time and counted by nobody.
pub const STATE: u32 = u32::MAX;

/// A cause that was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// The cause.
    pub cause: &'static Cause,
    /// As it is reported.
    pub finding: Finding,
    /// The container that it is about, where the pod has others that it is not about.
    pub container: Option<String>,
    /// How often it was observed.
    pub observations: u32,
    /// What would tell more.
    pub needs: Vec<Need>,
}

impl Found {
    pub(crate) fn new(cause: &'static Cause, object: String, sighting: Sighting) -> Self {
        let Sighting { summary, evidence, next, observations, needs } = sighting;
        let finding = Finding {
            code: cause.code.to_owned(),
            severity: cause.severity,
            object,
            summary,
            evidence,
            next,
        };
        Self { cause, finding, container: None, observations, needs }
    }
}
