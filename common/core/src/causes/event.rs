//! Events as rules read them: by reason and container, with what the kubelet's event cache put before them taken off.

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::Event;

use super::PodFacts;
use super::container::{Seen, clip};
use crate::workload;

/// How long a state that is only tried again now and then has to be on record before it counts as standing. What
/// arrives late shows only at the next try, which is up to 15 s away for a container's environment and 32 s for a
/// volume; what fails still after this time has not arrived in the seconds before.
const ON_RECORD: SignedDuration = SignedDuration::from_secs(20);

impl<'a> PodFacts<'a> {
    /// The pod's events of this reason, oldest first.
    pub(in crate::causes) fn events_of(&self, reason: &'static str) -> impl Iterator<Item = &'a Event> {
        self.events.iter().copied().filter(move |event| event.reason.as_deref() == Some(reason))
    }

    /// The container's events of this reason, oldest first.
    pub(in crate::causes) fn container_events(
        &self,
        container: &Seen<'_>,
        reason: &'static str,
    ) -> impl Iterator<Item = &'a Event> {
        let path = container.event_path();
        self.events_of(reason)
            .filter(move |event| event.involved_object.field_path.as_deref() == Some(path.as_str()))
    }
}

/// The message, without what the event cache puts before one that it made of several.
pub(in crate::causes) fn message(event: &Event) -> &str {
    let message = event.message.as_deref().unwrap_or_default();
    message.strip_prefix("(combined from similar events): ").unwrap_or(message).trim()
}

/// Evidence: `event FailedMount (7 times): MESSAGE`.
pub(in crate::causes) fn evidence(event: &Event) -> String {
    let reason = event.reason.as_deref().unwrap_or_default();
    let times = match workload::times_seen(event) {
        1 => String::new(),
        times => format!(" ({times} times)"),
    };
    format!("event {reason}{times}: {}", clip(message(event)))
}

/// How often all of these were seen.
pub(in crate::causes) fn times<'a>(events: impl Iterator<Item = &'a Event>) -> u32 {
    events.map(workload::times_seen).fold(0, u32::saturating_add)
}

/// How often a state was seen that is tried again now and then: below three until its tries span [`ON_RECORD`].
pub(in crate::causes) fn standing<'a>(events: impl Iterator<Item = &'a Event> + Clone) -> u32 {
    let times = times(events.clone());
    let first = events.clone().filter_map(first_seen).min();
    let last = events.filter_map(workload::last_seen).max();
    let spans = first.zip(last).is_some_and(|(first, last)| last.duration_since(first) >= ON_RECORD);
    if spans { times.max(3) } else { times.min(2) }
}

/// When an event was first seen.
pub(in crate::causes) fn first_seen(event: &Event) -> Option<Timestamp> {
    event.first_timestamp.as_ref().map(|time| time.0).or(event.event_time.as_ref().map(|time| time.0))
}
