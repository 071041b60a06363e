//! Looking for causes: every rule over the pods of a rollout, or over whatever a diagnosis was asked about.

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Event, Pod};

use super::container::{self, clip};
use super::crashloop::crash;
use super::{
    CAUSES, Cause, Fetched, Found, Need, Needed, OfPod, PodFacts, Rule, Sighting, WorkloadFacts, asks, event,
    pending,
};
use crate::target::Place;
use crate::workload::{self, Workload};

/// A pod with its own events.
type WithEvents<'a> = (&'a Pod, Vec<&'a Event>);

/// What a diagnosis sees: causes, and what has to be read before more can be said of an object.
#[derive(Clone, Debug, Default)]
pub struct Looked {
    /// The causes, in the order of the list.
    pub found: Vec<Found>,
    /// Objects of which more is to be read, whether a cause was found on them or not.
    pub asked: Vec<(String, Vec<Need>)>,
}

impl Looked {
    /// Adds what was seen elsewhere.
    pub fn extend(&mut self, other: Self) {
        self.found.extend(other.found);
        self.asked.extend(other.asked);
    }
}

/// What all rules of one look know.
#[derive(Clone, Copy)]
struct Look<'a> {
    fetched: &'a Fetched,
    siblings: &'a [Pod],
    in_depth: bool,
    place: Place<'a>,
    now: Timestamp,
}

impl<'a> Look<'a> {
    fn facts(&self, pod: &'a Pod, events: &'a [&'a Event]) -> PodFacts<'a> {
        let Self { fetched, siblings, in_depth, place, now } = *self;
        PodFacts { pod, events, fetched, container: None, siblings, in_depth, place, now }
    }

    /// The pods on which one cause is seen.
    fn on_pods(&self, cause: &'static Cause, rule: OfPod, pods: &[WithEvents<'_>]) -> Vec<Found> {
        let seen = pods.iter().flat_map(|(pod, events)| {
            let look = Look { ..*self };
            let facts = look.facts(pod, events);
            let seen = if self.in_depth {
                on_each(rule, &facts)
            } else {
                rule(&facts).map(|sighting| (None, without_joins(sighting))).into_iter().collect()
            };
            seen.into_iter().map(|(container, sighting)| {
                let container = container.map(str::to_owned);
                Found { container, ..Found::new(cause, object(pod), sighting) }
            })
        });
        seen.collect()
    }

    /// The pods on which a cause is seen, where its rule looks at pods.
    fn pods(&self, cause: &'static Cause, pods: &[WithEvents<'_>]) -> Vec<Found> {
        match cause.rule {
            Rule::Pod(rule) => self.on_pods(cause, rule, pods),
            Rule::PodInDepth(rule) if self.in_depth => self.on_pods(cause, rule, pods),
            _ => Vec::new(),
        }
    }

    /// What has to be read of pods before anything more can be said.
    fn asks(&self, pods: &[WithEvents<'_>]) -> Vec<(String, Vec<Need>)> {
        let asked = pods.iter().map(|(pod, events)| {
            let look = Look { ..*self };
            (object(pod), asks::of_pod(&look.facts(pod, events)))
        });
        asked.filter(|(_, needs)| !needs.is_empty()).collect()
    }
}

/// A StatefulSet waits for a pod that does not get ready, whatever its template says by then: it has to be deleted, too
/// (Kubernetes' documentation: "Forced rollback").
fn with_replacement(mut sighting: Sighting, facts: &PodFacts<'_>) -> Sighting {
    let (kind, _) = workload::owner(facts.pod);
    if kind == "statefulset" && sighting.next.contains(&facts.edit_owner()) && facts.is_alive() {
        let pod = container::word(facts.name());
        sighting.next.push(facts.place.kubectl(&format!("delete pod {pod}")));
    }
    sighting
}

/// What a rule sees of a pod: of several containers, on each that shows it. What they share, such as an image, is told
/// once.
fn on_each<'a>(rule: OfPod, facts: &PodFacts<'a>) -> Vec<(Option<&'a str>, Sighting)> {
    let Some(first) = rule(facts).map(|first| with_replacement(first, facts)) else { return Vec::new() };
    let containers: Vec<&str> = container::all(facts.pod).map(|container| container.name()).collect();
    if containers.len() < 2 {
        return vec![(None, first)];
    }
    let (mut seen, mut told) = (Vec::new(), BTreeMap::new());
    for name in &containers {
        let Some(sighting) = rule(&PodFacts { container: Some(name), ..*facts }) else { continue };
        let shows = told.entry(sighting.summary.replace(&format!(" (container {name})"), "")).or_insert(0);
        *shows += 1;
        if *shows == 1 {
            seen.push((Some(*name), with_replacement(sighting, facts)));
        }
    }
    if told.values().sum::<usize>() == containers.len() && told.len() == 1 {
        return vec![(None, first)];
    }
    seen.sort_by_key(|(_, sighting)| *sighting != first);
    if seen.is_empty() { vec![(None, first)] } else { seen }
}

/// The causes seen on the pods of the present template and on the workload itself, ranked.
pub fn of_rollout(workload: &Workload, fetched: &Fetched, place: Place<'_>, now: Timestamp) -> Vec<Found> {
    let facts = WorkloadFacts { workload, fetched, needed: Needed::default(), place, now };
    let pods = new_pods(workload);
    CAUSES.iter().flat_map(|cause| seen(cause, &facts, &pods)).collect()
}

/// The causes seen on a Deployment and on all its pods, of whatever template, and what to read of it. `whole`: it was
/// asked about itself, and not only pods of it.
pub fn of_workload(facts: &WorkloadFacts<'_>, whole: bool) -> Looked {
    let WorkloadFacts { workload, fetched, place, now, .. } = *facts;
    let look = Look { fetched, siblings: &workload.pods, in_depth: true, place, now };
    let events = workload.events.known().map_or(&[][..], Vec::as_slice);
    let pods = with_events(workload.pods.iter().filter(|pod| is_unwell(pod, now)), events);
    let name = format!("deployment/{}", workload.deployment.name());
    let found = CAUSES.iter().flat_map(|cause| match cause.rule {
        Rule::Workload(rule) | Rule::WorkloadInDepth(rule) => {
            rule(facts).map(|sighting| Found::new(cause, name.clone(), sighting)).into_iter().collect()
        }
        _ => look.pods(cause, &pods),
    });
    let found = found.collect();
    let mut asked = look.asks(&pods);
    asked.push((name, asks::of_workload(facts, whole)));
    Looked { found, asked }
}

/// The causes seen on these pods, whoever their controller is, and what to read of them.
pub fn of_others(
    pods: &[Pod],
    events: &[Event],
    fetched: &Fetched,
    place: Place<'_>,
    now: Timestamp,
) -> Looked {
    let look = Look { fetched, siblings: pods, in_depth: true, place, now };
    let pods = with_events(pods.iter().filter(|pod| is_unwell(pod, now)), events);
    let found = CAUSES.iter().flat_map(|cause| look.pods(cause, &pods)).collect();
    Looked { found, asked: look.asks(&pods) }
}

/// The causes that the live judge sees on these pods, whoever their controller is, ranked.
pub fn of_pods(
    pods: &[&Pod],
    events: &[Event],
    fetched: &Fetched,
    place: Place<'_>,
    now: Timestamp,
) -> Vec<Found> {
    let look = Look { fetched, siblings: &[], in_depth: false, place, now };
    let pods = with_events(pods.iter().copied(), events);
    CAUSES.iter().flat_map(|cause| look.pods(cause, &pods)).collect()
}

/// That the API server refuses the pods which this controller wants to create: its latest event since then says so.
pub fn not_created(controller: &str, events: &[&Event]) -> Option<Found> {
    let event = events.iter().rev().find(|event| event.reason.as_deref() == Some("FailedCreate"))?;
    let summary = format!("no pod is created: {}", clip(event::message(event)));
    let observations = workload::times_seen(event);
    let evidence = vec![event::evidence(event)];
    let sighting = Sighting { summary, evidence, observations, ..Sighting::default() };
    Some(Found::new(&pending::REFUSED, controller.to_owned(), sighting))
}

/// Whether a container of the pod does not stay.
pub fn crashes(pod: &Pod, now: Timestamp) -> bool {
    container::all(pod).any(|container| crash::in_depth(pod, container, now).is_some())
}

/// Whether something may be wrong with the pod: it is not ready, or ready only until its next crash.
pub(super) fn is_unwell(pod: &Pod, now: Timestamp) -> bool {
    !workload::is_ready(pod) || crashes(pod, now)
}

/// Where the live judge sees one cause.
pub(super) fn seen(cause: &'static Cause, facts: &WorkloadFacts<'_>, pods: &[WithEvents<'_>]) -> Vec<Found> {
    let WorkloadFacts { workload, fetched, place, now, .. } = *facts;
    let look = Look { fetched, siblings: &workload.pods, in_depth: false, place, now };
    match cause.rule {
        Rule::Workload(rule) => {
            let object = format!("deployment/{}", workload.deployment.name());
            let sighting = rule(facts).map(without_joins);
            sighting.map(|sighting| Found::new(cause, object, sighting)).into_iter().collect()
        }
        _ => look.pods(cause, pods),
    }
}

/// The pods of the present template, each with its own events.
pub(super) fn new_pods(workload: &Workload) -> Vec<WithEvents<'_>> {
    let new = workload.pods.iter().filter(|pod| workload.is_new(pod));
    with_events(new, workload.events.known().map_or(&[], Vec::as_slice))
}

/// The pods, each with its own events.
fn with_events<'a>(pods: impl Iterator<Item = &'a Pod>, events: &'a [Event]) -> Vec<WithEvents<'a>> {
    let mut own: BTreeMap<&str, Vec<&Event>> = BTreeMap::new();
    for event in events {
        own.entry(event.involved_object.uid.as_deref().unwrap_or_default()).or_default().push(event);
    }
    pods.map(|pod| (pod, workload::event_uid(pod).and_then(|uid| own.remove(uid)).unwrap_or_default()))
        .collect()
}

fn object(pod: &Pod) -> String {
    format!("pod/{}", workload::name(pod))
}

/// All that the live judge fetches before it says why a rollout failed are logs.
fn without_joins(mut sighting: Sighting) -> Sighting {
    sighting.needs.retain(|need| matches!(need, Need::PreviousLog { .. } | Need::Log { .. }));
    sighting
}
