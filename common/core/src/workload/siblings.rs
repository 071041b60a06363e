//! The pods of one controller, and what happened to them.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Event, Pod};

use super::{controller_uid, last_seen};
use crate::fact::Fact;

/// Labels that a controller gives to its pods and their successors alike.
const SHARED: [&str; 4] = [
    "pod-template-hash",
    "statefulset.kubernetes.io/pod-name",
    "batch.kubernetes.io/controller-uid",
    "controller-uid",
];

/// A controller's pods, as of one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Siblings {
    /// The pods.
    pub pods: Vec<Pod>,
    /// Events on them and on their controller, oldest first.
    pub events: Fact<Vec<Event>>,
}

impl Siblings {
    /// A label selector that finds the pod's siblings with few others; empty where only the owner's UID tells.
    pub fn selector(pod: &Pod) -> String {
        let labels = pod.metadata.labels.iter().flatten();
        let shared = labels.filter(|(key, _)| SHARED.contains(&key.as_str()));
        shared.map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",")
    }

    /// Keeps of a namespace's pods and events what belongs to this controller.
    pub fn of(controller: &str, mut pods: Vec<Pod>, events: Fact<Vec<Event>>) -> Self {
        pods.retain(|pod| controller_uid(&pod.metadata) == Some(controller));
        let events = events.map(|mut events| {
            events.retain(|event| {
                let about = event.involved_object.uid.as_deref();
                about == Some(controller) || pods.iter().any(|pod| about == pod.metadata.uid.as_deref())
            });
            events.sort_by_key(last_seen);
            events
        });
        Self { pods, events }
    }

    /// The same for pods that were read apart from the events, which others tell.
    pub fn read(controller: &str, pods: Vec<Pod>) -> Self {
        Self::of(controller, pods, Fact::Unavailable("not read".to_owned()))
    }

    /// The pod of this UID.
    pub(crate) fn pod(&self, uid: &str) -> Option<&Pod> {
        self.pods.iter().find(|pod| super::uid(&pod.metadata) == uid)
    }

    /// Events on the object of this UID since then.
    pub(crate) fn events_on(&self, uid: &str, since: Timestamp) -> Vec<&Event> {
        let events = self.events.known().map_or(&[][..], Vec::as_slice);
        // Events carry whole seconds.
        let since = since.as_second();
        let recent = |event: &&Event| last_seen(event).is_some_and(|at| at.as_second() >= since);
        events
            .iter()
            .filter(|event| event.involved_object.uid.as_deref() == Some(uid))
            .filter(recent)
            .collect()
    }
}
