//! Pods that fail where all of the template before have been replaced, for `crashloop/since-revision`.

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::Pod;

use crate::causes::container;
use crate::causes::crashloop::crash::{self, Crash};
use crate::causes::crashloop::since_revision;
use crate::causes::rollout::revisions;
use crate::causes::{Sighting, WorkloadFacts};
use crate::words::counted;
use crate::workload::ReplicaSet;
use crate::{duration, revision};

/// Reasons of the Progressing condition of a rollout that was never complete.
const NEVER_COMPLETE: [&str; 3] = ["NewReplicaSetCreated", "ReplicaSetUpdated", "ProgressDeadlineExceeded"];

/// The kubelet's longest pause before it starts a container that crashed.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(5);

/// Pods that fail with none of an older template beside them. It is likely the template's doing where it never brought
/// its rollout to an end, or where the crashes can go back to its beginning; so the rollback is only shown.
pub(super) fn sighting(facts: &WorkloadFacts<'_>, crashing: Vec<&Pod>) -> Option<Sighting> {
    let (current, before) = revisions::present_and_before(facts)?;
    let is_news = current.former_revisions().is_empty()
        && !revision::is_same(current.template(), before.template())
        && facts.workload.pods.iter().all(|pod| facts.workload.is_new(pod));
    let reason = facts.workload.deployment.condition("Progressing")?.reason.as_deref()?;
    let since = current.created_at().filter(|_| is_news)?;
    let was_complete = reason == "NewReplicaSetAvailable";
    if !was_complete && !NEVER_COMPLETE.contains(&reason) {
        return None;
    }
    let failing = match was_complete {
        true => crash_since(crashing, since, facts.now),
        false if crashing.is_empty() => since_revision::failing(facts, &[before]),
        false => crashing,
    };
    let pods = counted(failing.len(), "pod");
    let (now, then) = (revisions::named(current), revisions::named(before));
    let ago = duration::short(facts.now.duration_since(since));
    let summary = if was_complete {
        format!("the crashes of {pods} can go back to {now}, which took the place of {then} {ago} ago")
    } else {
        format!("{now} took the place of {then} {ago} ago and was never complete: {pods} failing")
    };
    let mut evidence = vec![
        format!("replicaset/{} metadata.creationTimestamp: {since}", current.name()),
        format!("status.conditions[Progressing]: {reason}"),
    ];
    evidence.extend(other_images(current, before));
    (!failing.is_empty()).then(|| since_revision::sighting(facts, summary, evidence, " --dry-run"))
}

/// Those of them whose crashes can go back to this time: between two runs lie at most five minutes.
fn crash_since(crashing: Vec<&Pod>, since: Timestamp, now: Timestamp) -> Vec<&Pod> {
    let since_then = |crash: Crash<'_>| {
        let cycle = crash.ended.and_then(crash::ran).unwrap_or_default() + LONGEST_PAUSE;
        let times = i32::try_from(crash.times()).unwrap_or(i32::MAX);
        cycle.checked_mul(times).is_none_or(|longest| longest >= now.duration_since(since))
    };
    let of = |pod: &Pod| {
        container::all(pod).filter_map(|container| crash::of(pod, container, now)).any(since_then)
    };
    crashing.into_iter().filter(|pod| of(pod)).collect()
}

/// The images that the revision before had, where the present one has others.
fn other_images(current: &ReplicaSet, before: &ReplicaSet) -> Vec<String> {
    let images = revision::images(current.template());
    let old = revision::images(before.template()).into_iter();
    let changed = old.filter_map(|(name, old)| {
        let (_, new) = images.iter().find(|(other, new)| *other == name && *new != old)?;
        Some(format!(
            "replicaset/{} spec.template.spec.containers[{name}].image: {old}, now {new}",
            before.name()
        ))
    });
    changed.take(3).collect()
}
