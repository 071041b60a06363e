//! `rollout/hpa-fights`: an autoscaler and somebody else set the number of pods by turns.

use jiff::SignedDuration;
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::core::v1::Event;

use crate::causes::container::word;
use crate::causes::{Cause, Fatal, Rule, STATE, Sighting, WorkloadFacts, event};
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

/// How long a change of scale counts, and how often each way it goes where two fight.
const RECENT: SignedDuration = SignedDuration::from_mins(30);
const TURNS: u32 = 2;

fn rule(facts: &WorkloadFacts<'_>) -> Option<Sighting> {
    let Fact::Known(autoscalers) = facts.fetched.autoscalers()? else { return None };
    let own: Vec<&HorizontalPodAutoscaler> = autoscalers.iter().filter(|one| scales(facts, one)).collect();
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

/// The present `ReplicaSet` scaled up and down again and again.
fn by_turns(facts: &WorkloadFacts<'_>, autoscaler: &HorizontalPodAutoscaler) -> Option<Fight> {
    let current = facts.workload.current()?;
    let events = facts.workload.events.known().map_or(&[][..], Vec::as_slice);
    let scaled = |way: &str| {
        let start = format!("Scaled {way} replica set {} ", current.name());
        let of_way = move |event: &&Event| {
            let recent = workload::last_seen(event).is_some_and(|at| facts.now.duration_since(at) < RECENT);
            recent && event::message(event).starts_with(&start)
        };
        events.iter().filter(of_way).collect::<Vec<_>>()
    };
    let (up, down) = (scaled("up"), scaled("down"));
    let times = |events: &[&Event]| event::times(events.iter().copied());
    let (ups, downs) = (times(&up), times(&down));
    (ups >= TURNS && downs >= TURNS).then(|| {
        let summary = format!(
            "scaled up {ups} times and down {downs} times in {}: HPA {} and something else disagree",
            crate::duration::short(RECENT),
            name(autoscaler)
        );
        (summary, up.last().into_iter().chain(down.last()).map(|event| event::evidence(event)).collect())
    })
}
