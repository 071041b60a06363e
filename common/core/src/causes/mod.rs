//! Causes: what can be wrong, one rule a file, one list of them. Rules are pure; what they need is data.

mod crashloop;
mod image;

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Event, Pod};

use crate::fact::Fact;
use crate::finding::{Finding, Severity};
use crate::target::Place;
use crate::workload::{self, Workload};

/// Every cause, in the order in which findings are ranked: what explains most comes first.
pub const CAUSES: &[Cause] = &[image::NEVER_PULL, crashloop::CONFIG_ERROR];

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

/// How a cause is recognised: by one pod, or by the workload as a whole.
#[derive(Debug)]
pub enum Rule {
    /// Looks at one pod.
    Pod(fn(&PodFacts<'_>) -> Option<Sighting>),
    /// Looks at a Deployment and what it owns.
    Workload(fn(&WorkloadFacts<'_>) -> Option<Sighting>),
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
    /// How commands to type next name the place.
    pub place: Place<'a>,
    /// The time now.
    pub now: Timestamp,
}

/// What a rule knows of a workload.
#[derive(Clone, Copy, Debug)]
pub struct WorkloadFacts<'a> {
    /// The Deployment, its `ReplicaSet`s, pods and events.
    pub workload: &'a Workload,
    /// How commands to type next name the place.
    pub place: Place<'a>,
    /// The time now.
    pub now: Timestamp,
}

/// What rules asked for and a second round of reading brought.
pub type Fetched = BTreeMap<Need, Fact<String>>;

/// What a rule needs beyond the objects: data, so that no rule holds a client.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Need {
    /// The last lines of the container's previous run.
    PreviousLog {
        /// Name of the pod.
        pod: String,
        /// Name of the container.
        container: String,
    },
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
    /// How often it was observed.
    pub observations: u32,
    /// What would tell more.
    pub needs: Vec<Need>,
}

/// The causes seen on the pods of the present template and on the workload itself, ranked.
pub fn of_rollout(workload: &Workload, fetched: &Fetched, place: Place<'_>, now: Timestamp) -> Vec<Found> {
    let events: &[Event] = workload.events.known().map_or(&[], Vec::as_slice);
    let mut found = Vec::new();
    for cause in CAUSES {
        match cause.rule {
            Rule::Workload(rule) => {
                let object = format!("deployment/{}", workload.deployment.name());
                let facts = WorkloadFacts { workload, place, now };
                found.extend(rule(&facts).map(|sighting| Found::new(cause, object, sighting)));
            }
            Rule::Pod(rule) => {
                for pod in workload.pods.iter().filter(|pod| workload.is_new(pod)) {
                    found.extend(of_pod(cause, rule, pod, events, fetched, place, now));
                }
            }
        }
    }
    found
}

fn of_pod(
    cause: &'static Cause,
    rule: fn(&PodFacts<'_>) -> Option<Sighting>,
    pod: &Pod,
    events: &[Event],
    fetched: &Fetched,
    place: Place<'_>,
    now: Timestamp,
) -> Option<Found> {
    let own: Vec<&Event> =
        events.iter().filter(|event| event.involved_object.uid == pod.metadata.uid).collect();
    let facts = PodFacts { pod, events: &own, fetched, place, now };
    rule(&facts).map(|sighting| Found::new(cause, format!("pod/{}", workload::name(pod)), sighting))
}

impl Found {
    fn new(cause: &'static Cause, object: String, sighting: Sighting) -> Self {
        let Sighting { summary, evidence, next, observations, needs } = sighting;
        let finding = Finding {
            code: cause.code.to_owned(),
            severity: cause.severity,
            object,
            summary,
            evidence,
            next,
        };
        Self { cause, finding, observations, needs }
    }
}
