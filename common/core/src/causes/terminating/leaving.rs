//! Pods that are being deleted: how long they have, and what of them still runs.

use jiff::{SignedDuration, Timestamp};

use crate::causes::container::{self, Role, Seen, word};
use crate::causes::{PodFacts, event};
use crate::workload;

/// A pod that is being deleted.
#[derive(Clone, Copy, Debug)]
pub(in crate::causes) struct Leaving {
    /// `metadata.deletionTimestamp`: when its grace is over, not when it was deleted.
    due: Timestamp,
    /// `metadata.deletionGracePeriodSeconds`.
    pub(in crate::causes) grace: SignedDuration,
    /// What is left of it; less than nothing when it is over.
    pub(in crate::causes) left: SignedDuration,
}

/// After so much of its grace a process that still runs is worth a word, and never before this time.
const SHARE: i32 = 3;
const SOON: SignedDuration = SignedDuration::from_secs(5);

/// The pod, when it is being deleted, and not the mirror of a static pod.
pub(in crate::causes) fn of(facts: &PodFacts<'_>) -> Option<Leaving> {
    let due = facts.pod.metadata.deletion_timestamp.as_ref()?.0;
    let grace = facts.pod.metadata.deletion_grace_period_seconds.unwrap_or_default().clamp(0, 1 << 32);
    let leaving =
        Leaving { due, grace: SignedDuration::from_secs(grace), left: due.duration_since(facts.now) };
    (!workload::is_mirror(facts.pod)).then_some(leaving)
}

impl Leaving {
    /// Whether its grace is over.
    pub(in crate::causes) fn is_overdue(&self) -> bool {
        self.left.is_negative()
    }

    /// Time since it was told to end.
    pub(in crate::causes) fn elapsed(&self) -> SignedDuration {
        self.grace.saturating_sub(self.left).max(SignedDuration::ZERO)
    }

    /// Whether it is long inside its grace.
    pub(in crate::causes) fn is_late(&self) -> bool {
        self.elapsed() >= (self.grace / SHARE).max(SOON)
    }

    /// Evidence: until when it may run.
    pub(in crate::causes) fn evidence(&self) -> String {
        let grace = self.grace.as_secs();
        format!("metadata.deletionTimestamp: {:.0}, grace period {grace} s", self.due)
    }
}

/// All containers that still run.
pub(in crate::causes) fn all_running<'a>(facts: &PodFacts<'a>) -> impl Iterator<Item = Seen<'a>> + use<'a> {
    let pod = facts.pod;
    container::all(pod).filter(move |container| container.running_since(pod).is_some())
}

/// A container that still runs, before those sidecars that are ended last.
pub(in crate::causes) fn running<'a>(facts: &PodFacts<'a>) -> Option<Seen<'a>> {
    let app = all_running(facts).find(|container| container.role == Role::App);
    app.or_else(|| all_running(facts).next())
}

/// Whether its containers have all ended.
pub(in crate::causes) fn has_stopped(facts: &PodFacts<'_>) -> bool {
    running(facts).is_none() && container::all(facts.pod).next().is_some()
}

/// Whether the kubelet has told this container to end; without events nobody knows.
pub(in crate::causes) fn was_told(facts: &PodFacts<'_>, container: &Seen<'_>) -> bool {
    facts.events.is_empty()
        || facts
            .container_events(container, "Killing")
            .any(|kill| event::message(kill).starts_with("Stopping container"))
}

/// The finalizers that hold the pod once its containers have ended, or its grace is over.
pub(in crate::causes) fn held_by<'a>(facts: &PodFacts<'a>, leaving: &Leaving) -> &'a [String] {
    let all = facts.pod.metadata.finalizers.as_deref().unwrap_or_default();
    let ended = (has_stopped(facts) || workload::node(facts.pod).is_none()) && leaving.elapsed() >= SOON;
    if ended || leaving.is_overdue() { all } else { &[] }
}

/// The command that shows whether the pod goes.
pub(in crate::causes) fn wait(facts: &PodFacts<'_>, leaving: &Leaving) -> String {
    let seconds = leaving.left.as_secs().max(0) + 5;
    facts.place.kubectl(&format!("wait --for=delete pod {} --timeout={seconds}s", word(facts.name())))
}
