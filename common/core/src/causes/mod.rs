//! Causes: what can be wrong, one rule a file, one list of them. Rules are pure; what they need is data.

mod container;
mod crashloop;
mod event;
mod fetched;
mod image;
mod log;
mod missing;
mod pending;
mod probe;
mod readiness;
mod refusal;
mod rollout;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Event, Pod};

pub use fetched::{Answer, Asked, Claim, Fetched, Need};

use crate::finding::{Finding, Severity};
use crate::target::Place;
use crate::workload::{self, Workload};

/// Every cause, in the order in which findings are ranked: what explains most comes first.
pub const CAUSES: &[Cause] = &[
    rollout::PAUSED,
    pending::INVALID,
    pending::LIMIT_RANGE,
    pending::POD_SECURITY,
    pending::WEBHOOK,
    pending::ADMISSION_POLICY,
    pending::WEBHOOK_OUTAGE,
    pending::SERVICE_ACCOUNT,
    pending::PRIORITY_CLASS,
    pending::RUNTIME_CLASS,
    rollout::QUOTA_SURGE,
    pending::QUOTA,
    pending::REFUSED,
    image::INVALID_NAME,
    image::NEVER_PULL,
    image::PULL_SECRET,
    image::NOT_FOUND,
    image::UNAUTHORIZED,
    image::NO_PLATFORM,
    image::SIGNATURE,
    image::DISK_FULL,
    image::RATE_LIMITED,
    image::TLS,
    image::DNS,
    image::TIMEOUT,
    image::REGISTRY_UNAVAILABLE,
    image::PULL_FAILED,
    crashloop::CONFIG_ERROR,
    pending::MISSING_CONFIG_MAP,
    pending::MISSING_SECRET,
    crashloop::START_ERROR,
    crashloop::OOM_KILLED,
    crashloop::OOM_NODE_PRESSURE,
    crashloop::STARTUP_PROBE,
    crashloop::LIVENESS_KILLED,
    crashloop::POST_START_HOOK,
    crashloop::INIT_CRASH,
    crashloop::APP_EXIT,
    crashloop::EXITS_ZERO,
    crashloop::ONE_NODE_ONLY,
    crashloop::SINCE_REVISION,
    pending::PVC_NOT_FOUND,
    pending::PVC_UNBOUND,
    pending::PV_ZONE,
    pending::VOLUME_LIMIT,
    pending::INSUFFICIENT_CPU,
    pending::INSUFFICIENT_MEMORY,
    pending::INSUFFICIENT_EPHEMERAL_STORAGE,
    pending::INSUFFICIENT_EXTENDED,
    pending::TOO_MANY_PODS,
    pending::NODE_SELECTOR,
    pending::NODE_AFFINITY,
    pending::POD_AFFINITY,
    pending::POD_ANTI_AFFINITY,
    pending::TOPOLOGY_SPREAD,
    pending::HOST_PORT,
    pending::UNTOLERATED_TAINT,
    pending::CORDONED,
    pending::SCHEDULING_GATE,
    pending::UNKNOWN_SCHEDULER,
    pending::UNSCHEDULABLE,
    pending::MULTI_ATTACH,
    pending::MOUNT_FAILED,
    pending::IP_EXHAUSTED,
    pending::SANDBOX_NETWORK,
    pending::NODE_ADMISSION,
    readiness::NODE_NOT_READY,
    readiness::WRONG_PORT,
    readiness::REFUSED,
    readiness::TIMEOUT,
    readiness::HTTP_4XX,
    readiness::HTTP_5XX,
    readiness::DNS,
    readiness::TLS,
    readiness::PROBE_FAILED,
    readiness::SIDECAR_NOT_READY,
    readiness::READINESS_GATE,
    pending::EVICTED,
    pending::PREEMPTED,
    rollout::PROGRESS_DEADLINE,
    readiness::STILL_STARTING,
    readiness::MIN_READY_SECONDS,
];

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
    /// What was fetched because a rule asked for it.
    pub fetched: &'a Fetched,
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
    /// How often it was observed.
    pub observations: u32,
    /// What would tell more.
    pub needs: Vec<Need>,
}

/// The causes seen on the pods of the present template and on the workload itself, ranked.
pub fn of_rollout(workload: &Workload, fetched: &Fetched, place: Place<'_>, now: Timestamp) -> Vec<Found> {
    let facts = WorkloadFacts { workload, fetched, place, now };
    let pods = new_pods(workload);
    CAUSES.iter().flat_map(|cause| seen(cause, &facts, &pods)).collect()
}

/// The pods of the present template, each with its own events.
fn new_pods(workload: &Workload) -> Vec<(&Pod, Vec<&Event>)> {
    let new = workload.pods.iter().filter(|pod| workload.is_new(pod));
    with_events(new, workload.events.known().map_or(&[], Vec::as_slice))
}

/// The pods, each with its own events.
fn with_events<'a>(
    pods: impl Iterator<Item = &'a Pod>,
    events: &'a [Event],
) -> Vec<(&'a Pod, Vec<&'a Event>)> {
    let mut own: BTreeMap<&str, Vec<&Event>> = BTreeMap::new();
    for event in events {
        own.entry(event.involved_object.uid.as_deref().unwrap_or_default()).or_default().push(event);
    }
    pods.map(|pod| (pod, pod.metadata.uid.as_deref().and_then(|uid| own.remove(uid)).unwrap_or_default()))
        .collect()
}

/// Whether a container of the pod does not stay.
pub fn crashes(pod: &Pod, now: Timestamp) -> bool {
    container::all(pod).any(|container| crashloop::crash::of(pod, container, now).is_some())
}

/// The causes seen on a Deployment and on all its pods, of whatever template, ranked.
pub fn of_workload(workload: &Workload, fetched: &Fetched, place: Place<'_>, now: Timestamp) -> Vec<Found> {
    let facts = WorkloadFacts { workload, fetched, place, now };
    let pods = with_events(workload.pods.iter(), workload.events.known().map_or(&[], Vec::as_slice));
    CAUSES.iter().flat_map(|cause| seen(cause, &facts, &pods)).collect()
}

/// The causes seen on these pods, whoever their controller is, ranked.
pub fn of_pods(
    pods: &[&Pod],
    events: &[Event],
    fetched: &Fetched,
    place: Place<'_>,
    now: Timestamp,
) -> Vec<Found> {
    let pods = with_events(pods.iter().copied(), events);
    let seen = |cause: &'static Cause| match cause.rule {
        Rule::Pod(rule) => on_pods(cause, rule, &pods, fetched, place, now),
        Rule::Workload(_) => Vec::new(),
    };
    CAUSES.iter().flat_map(seen).collect()
}

/// The pods on which one cause is seen.
fn on_pods(
    cause: &'static Cause,
    rule: fn(&PodFacts<'_>) -> Option<Sighting>,
    pods: &[(&Pod, Vec<&Event>)],
    fetched: &Fetched,
    place: Place<'_>,
    now: Timestamp,
) -> Vec<Found> {
    let seen = pods.iter().filter_map(|(pod, events)| {
        let sighting = rule(&PodFacts { pod, events, fetched, place, now })?;
        Some(Found::new(cause, format!("pod/{}", workload::name(pod)), sighting))
    });
    seen.collect()
}

/// That the API server refuses the pods which this controller wants to create: its latest event since then says so.
pub fn not_created(controller: &str, events: &[&Event]) -> Option<Found> {
    let event = events.iter().rev().find(|event| event.reason.as_deref() == Some("FailedCreate"))?;
    let summary = format!("no pod is created: {}", container::clip(event::message(event)));
    let observations = workload::times_seen(event);
    let evidence = vec![event::evidence(event)];
    let sighting = Sighting { summary, evidence, observations, ..Sighting::default() };
    Some(Found::new(&pending::REFUSED, controller.to_owned(), sighting))
}

/// Where one cause is seen.
fn seen(cause: &'static Cause, facts: &WorkloadFacts<'_>, pods: &[(&Pod, Vec<&Event>)]) -> Vec<Found> {
    let WorkloadFacts { workload, fetched, place, now } = *facts;
    match cause.rule {
        Rule::Workload(rule) => {
            let object = format!("deployment/{}", workload.deployment.name());
            rule(facts).map(|sighting| Found::new(cause, object, sighting)).into_iter().collect()
        }
        Rule::Pod(rule) => on_pods(cause, rule, pods, fetched, place, now),
    }
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
