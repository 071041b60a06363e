//! Pods that have a node and whose containers are not created yet: what the kubelet last tripped over.

use jiff::SignedDuration;
use k8s_openapi::api::core::v1::Event;

use crate::causes::container::Seen;
use crate::causes::event;
use crate::causes::missing::{Kind, Missing};
use crate::causes::{PodFacts, Sighting};
use crate::workload;

/// Steps before the first container, with the events that say that one failed.
const STEPS: &[(Step, &[&str])] = &[
    (Step::Attach, &["FailedAttachVolume"]),
    (Step::Mount, &["FailedMount", "FailedMapVolume"]),
    (Step::Sandbox, &["FailedCreatePodSandBox", "NetworkNotReady"]),
];

/// A step before the first container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::causes) enum Step {
    /// Volumes are attached to the node.
    Attach,
    /// Volumes are mounted.
    Mount,
    /// The pod's sandbox and network are made.
    Sandbox,
}

/// The longest distance of two tries of a mount (`durationBeforeRetry` grows to 2m2s): an event that is older than
/// the newest by more says nothing about now.
const TRIES: SignedDuration = SignedDuration::from_secs(150);

/// The events of this step that still count, newest first; none when the pod is past it, or stuck elsewhere.
pub(in crate::causes) fn failures<'a>(facts: &PodFacts<'a>, step: Step) -> Vec<&'a Event> {
    if !is_creating(facts) {
        return Vec::new();
    }
    let all = facts.events.iter().copied().filter_map(|event| Some((step_of(event)?, event)));
    let mut all: Vec<(Step, &Event)> = all.collect();
    all.reverse();
    let Some(&(newest_step, newest)) = all.first() else { return Vec::new() };
    let seen = workload::last_seen;
    if newest_step != step || started(facts).any(|later| seen(later) > seen(newest)) {
        return Vec::new();
    }
    let counts = |event: &Event| {
        seen(newest).zip(seen(event)).is_none_or(|(newest, this)| newest.duration_since(this) <= TRIES)
    };
    all.into_iter().filter(|(of, event)| *of == step && counts(event)).map(|(_, event)| event).collect()
}

/// Events of the first container. A Kubernetes before 1.29 has no condition that says that the sandbox is there.
fn started<'a>(facts: &PodFacts<'a>) -> impl Iterator<Item = &'a Event> {
    ["Pulling", "Pulled", "Created", "Started"].into_iter().flat_map(move |reason| facts.events_of(reason))
}

fn step_of(event: &Event) -> Option<Step> {
    let reason = event.reason.as_deref()?;
    STEPS.iter().find(|(_, reasons)| reasons.contains(&reason)).map(|(step, _)| *step)
}

/// The pod has a node, and neither a sandbox nor a container yet.
fn is_creating(facts: &PodFacts<'_>) -> bool {
    let untouched = |container: Seen<'_>| {
        let waits = container.waits_for(&["ContainerCreating", "PodInitializing"]).is_some();
        waits && container.last().is_none()
    };
    let mut any = false;
    let all = facts.living().all(|container| {
        any = true;
        untouched(container)
    });
    any && all
        && workload::node(facts.pod).is_some()
        && !workload::condition_is_true(facts.pod, "PodReadyToStartContainers")
}

/// Whether a sandbox could not be made because the network's addresses are used up, in the words of the usual plugins.
pub(in crate::causes) fn is_out_of_addresses(message: &str) -> bool {
    const SIGNS: [&str; 7] = [
        "no IP addresses available",
        "failed to allocate for range",
        "failed to assign an IP address",
        "No more IPs available",
        "no available IPs",
        "all IP addresses are in use",
        "InsufficientFreeAddresses",
    ];
    SIGNS.iter().any(|sign| message.contains(sign))
}

/// A volume that is made of a ConfigMap or Secret that is not there, or lacks a key.
pub(super) fn missing(facts: &PodFacts<'_>, kind: Kind) -> Option<Sighting> {
    let failures = failures(facts, Step::Mount);
    let (failed, missing) = failures.into_iter().find_map(|failed| {
        let missing = Missing::read_mount(event::message(failed), facts.pod)?;
        (missing.kind == kind).then_some((failed, missing))
    })?;
    let volume = missing.volume(facts.pod).map(|volume| format!(" (volume {volume})")).unwrap_or_default();
    Some(Sighting {
        summary: format!("{}{volume}", missing.sentence()),
        evidence: vec![event::evidence(failed)],
        next: missing.next(facts.place),
        observations: event::standing(std::iter::once(failed)),
        ..Sighting::default()
    })
}
