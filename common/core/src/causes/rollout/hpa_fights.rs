//! `rollout/hpa-fights`: an autoscaler and somebody else set the number of pods by turns.

use jiff::SignedDuration;
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::core::v1::Event;

use crate::causes::container::word;
use crate::causes::{Cause, Fatal, Need, Rule, STATE, Sighting, WorkloadFacts, event};
use crate::fact::Fact;
use crate::finding::Severity;
use crate::workload;

pub(in crate::causes) const HPA_FIGHTS: Cause = Cause {
    code: "rollout/hpa-fights",
    about: "a HorizontalPodAutoscaler and somebody else, perhaps a second one, set the number of pods by turns",
    severity: Severity::Warning,
    fatal: Fatal::Never,
    rule: Rule::WorkloadInDepth(rule),
};

/// How long a change of scale counts.
const RECENT: SignedDuration = SignedDuration::from_mins(30);

fn rule(facts: &WorkloadFacts<'_>) -> Option<Sighting> {
    let own = own(facts);
    let first = own.first()?;
    let (summary, mut evidence) =
        several(&own).or_else(|| outside(facts, first)).or_else(|| by_turns(facts, first))?;
    evidence.extend(own.iter().take(3).map(|one| {
        let (least, most) = bounds(one);
        format!("hpa/{} spec: minReplicas {least}, maxReplicas {most}", name(one))
    }));
    let describe = format!("describe hpa {}", word(name(first)));
    let deployment = word(facts.workload.deployment.name());
    let writers = format!("get deployment {deployment} -o yaml --show-managed-fields");
    Some(Sighting {
        summary,
        evidence,
        next: vec![facts.place.kubectl(&describe), facts.place.kubectl(&writers)],
        observations: STATE,
        ..Sighting::default()
    })
}

/// What asks how the Deployment was scaled of late: one request more, and only where an autoscaler may have a rival.
pub(in crate::causes) fn needs(facts: &WorkloadFacts<'_>) -> Option<Need> {
    let own = own(facts);
    let first = own.first()?;
    let seen = several(&own).or_else(|| outside(facts, first)).is_some();
    (!seen).then(|| Need::Scalings(facts.workload.deployment.name().to_owned()))
}

/// The autoscalers of this Deployment.
fn own<'a>(facts: &WorkloadFacts<'a>) -> Vec<&'a HorizontalPodAutoscaler> {
    let Some(Fact::Known(autoscalers)) = facts.fetched.autoscalers() else { return Vec::new() };
    autoscalers.iter().filter(|one| scales(facts, one)).collect()
}

fn name(autoscaler: &HorizontalPodAutoscaler) -> &str {
    autoscaler.metadata.name.as_deref().unwrap_or_default()
}

fn scales(facts: &WorkloadFacts<'_>, autoscaler: &HorizontalPodAutoscaler) -> bool {
    let scaled = autoscaler.spec.as_ref().map(|spec| &spec.scale_target_ref);
    scaled
        .is_some_and(|scaled| scaled.kind == "Deployment" && scaled.name == facts.workload.deployment.name())
}

fn bounds(autoscaler: &HorizontalPodAutoscaler) -> (i32, i32) {
    let spec = autoscaler.spec.as_ref();
    (spec.and_then(|spec| spec.min_replicas).unwrap_or(1), spec.map_or(1, |spec| spec.max_replicas))
}

type Fight = (String, Vec<String>);

fn several(own: &[&HorizontalPodAutoscaler]) -> Option<Fight> {
    let names: Vec<&str> = own.iter().map(|one| name(one)).collect();
    (own.len() > 1).then(|| {
        let summary = format!("HPAs {} all scale this Deployment, each against the others", names.join(", "));
        (summary, Vec::new())
    })
}

/// A number of pods that the autoscaler would not set. At 0 it is off.
fn outside(facts: &WorkloadFacts<'_>, autoscaler: &HorizontalPodAutoscaler) -> Option<Fight> {
    let replicas = facts.workload.deployment.replicas();
    let ((least, most), name) = (bounds(autoscaler), name(autoscaler));
    (replicas > 0 && !(least..=most).contains(&replicas)).then(|| {
        let summary = format!(
            "somebody set {replicas} replicas, and HPA {name} holds the Deployment at {least} to {most}"
        );
        (summary, vec![format!("spec.replicas: {replicas}")])
    })
}

/// The same step down again and again, sooner than an autoscaler takes one: it goes down only when it has wanted to for
/// its whole window, and between two such steps somebody went up. Load that comes and goes makes many steps, too, so
/// numbers alone say nothing.
fn by_turns(facts: &WorkloadFacts<'_>, autoscaler: &HorizontalPodAutoscaler) -> Option<Fight> {
    let current = facts.workload.current()?;
    let Fact::Known(events) = facts.fetched.scalings(facts.workload.deployment.name())? else { return None };
    let of = |way: &str| {
        let start = format!("Scaled {way} replica set {} ", current.name());
        move |event: &&Event| {
            let recent = workload::last_seen(event).is_some_and(|at| facts.now.duration_since(at) < RECENT);
            recent && event::message(event).starts_with(&start)
        }
    };
    let window = window(autoscaler);
    let down = events.iter().filter(of("down")).find(|event| is_sooner(event, window))?;
    let summary = format!(
        "scaled down {} times, sooner than HPA {} does, which waits {}: something else sets the number too",
        workload::times_seen(down),
        name(autoscaler),
        crate::duration::short(window)
    );
    let up = events.iter().rfind(of("up"));
    Some((summary, up.into_iter().chain([down]).map(event::evidence).collect()))
}

/// How long the autoscaler has to want fewer pods before it takes them (`stabilizationWindowSeconds`).
fn window(autoscaler: &HorizontalPodAutoscaler) -> SignedDuration {
    let behavior = autoscaler.spec.as_ref().and_then(|spec| spec.behavior.as_ref());
    let down = behavior.and_then(|behavior| behavior.scale_down.as_ref());
    let seconds = down.and_then(|down| down.stabilization_window_seconds).unwrap_or(300);
    SignedDuration::from_secs(seconds.into())
}

/// Whether the event was seen more often than once in each such window.
fn is_sooner(event: &Event, window: SignedDuration) -> bool {
    let between = i32::try_from(workload::times_seen(event) - 1).unwrap_or(i32::MAX);
    let span = event::first_seen(event).zip(workload::last_seen(event));
    span.is_some_and(|(first, last)| last.duration_since(first) < window.saturating_mul(between))
}
