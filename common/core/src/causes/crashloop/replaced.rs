//! Pods that fail where all of the template before have been replaced, for `crashloop/since-revision`.

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::Pod;

use crate::causes::container;
use crate::causes::crashloop::crash::{self, Crash};
use crate::causes::crashloop::since_revision;
use crate::causes::rollout::revisions;
use crate::causes::{Sighting, WorkloadFacts};
use crate::words::counted;
use crate::workload::{self, ReplicaSet};
use crate::{duration, revision};

/// Reasons of the Progressing condition of a rollout that was never complete.
const NEVER_COMPLETE: [&str; 3] = ["NewReplicaSetCreated", "ReplicaSetUpdated", "ProgressDeadlineExceeded"];

/// The kubelet's first pause before it starts a container that crashed; each is twice the one before.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(10);

/// The longest pause.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(5);

/// Pauses before they are as long as they get.
const DOUBLED: u32 = 5;

/// What the start of a pod takes besides.
const START: SignedDuration = SignedDuration::from_mins(1);

/// A template that came longer ago is no news, and its restart is none of it.
const NEWS: SignedDuration = SignedDuration::from_hours(1);

/// Pods that fail with none of an older template beside them. It is likely the template's doing where it never brought
/// its rollout to an end, or where the crashes can go back to its beginning; so the rollback is only shown.
pub(super) fn sighting(facts: &WorkloadFacts<'_>, crashing: Vec<&Pod>) -> Option<Sighting> {
    // Templates are compared only where a pod may fail: the live judge looks at every change.
    if crashing.is_empty() && facts.workload.pods.iter().all(workload::is_ready) {
        return None;
    }
    let (current, first, before) = revisions::of_template_and_before(facts)?;
    let since = first.created_at()?;
    // A restart of a template that came long ago has pods of its own, and tells nothing of that time.
    let is_restart = first.uid() != current.uid();
    let is_news = current.former_revisions().is_empty()
        && !(is_restart && facts.now.duration_since(since) > NEWS)
        && facts.workload.pods.iter().all(|pod| facts.workload.is_new(pod));
    let reason = facts.workload.deployment.condition("Progressing")?.reason.as_deref().filter(|_| is_news)?;
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
        format!("replicaset/{} metadata.creationTimestamp: {since}", first.name()),
        format!("status.conditions[Progressing]: {reason}"),
    ];
    evidence.extend(other_images(current, before));
    (!failing.is_empty()).then(|| since_revision::sighting(facts, summary, evidence, " --dry-run"))
}

/// All pauses of a container that was started so many times again.
fn pauses(restarts: u32) -> SignedDuration {
    let doubled = FIRST_PAUSE * ((1 << restarts.min(DOUBLED)) - 1);
    let others = i32::try_from(restarts.saturating_sub(DOUBLED)).unwrap_or(i32::MAX);
    doubled.saturating_add(LONGEST_PAUSE.checked_mul(others).unwrap_or(SignedDuration::MAX))
}

/// Those of them whose crashes can go back to this time: all their runs, if they were as long as the last, and pauses.
fn crash_since(crashing: Vec<&Pod>, since: Timestamp, now: Timestamp) -> Vec<&Pod> {
    let since_then = |crash: Crash<'_>| {
        let (ran, times) = (crash.ended.and_then(crash::ran).unwrap_or_default(), crash.times());
        let runs = ran.checked_mul(i32::try_from(times).unwrap_or(i32::MAX)).unwrap_or(SignedDuration::MAX);
        runs.saturating_add(pauses(times)).saturating_add(START) >= now.duration_since(since)
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
