//! The objects of one kind, put together from the events of a watch; for Kubernetes' Events, also why they are not known.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Event as KubeEvent;
use kube::runtime::watcher::Event;
use sk_core::fact::Fact;

/// The objects of one kind, as the events of a watch build them up.
pub(super) struct Known<K> {
    objects: BTreeMap<String, K>,
    relisted: BTreeMap<String, K>,
    pub(super) listed: bool,
}

impl<K> Default for Known<K> {
    fn default() -> Self {
        Self { objects: BTreeMap::new(), relisted: BTreeMap::new(), listed: false }
    }
}

impl<K: Clone> Known<K> {
    pub(super) fn take(&mut self, event: Event<K>, name: impl Fn(&K) -> &str) {
        match event {
            Event::Init => self.relisted.clear(),
            Event::InitApply(object) => {
                self.relisted.insert(name(&object).to_owned(), object);
            }
            Event::InitDone => {
                self.objects = std::mem::take(&mut self.relisted);
                self.listed = true;
            }
            Event::Apply(object) => {
                self.objects.insert(name(&object).to_owned(), object);
            }
            Event::Delete(object) => {
                self.objects.remove(name(&object));
            }
        }
    }

    pub(super) fn all(&self) -> Vec<K> {
        self.objects.values().cloned().collect()
    }
}

/// Kubernetes' Events, as a watch builds them up. They are told about, never waited for: a user may lack them.
#[derive(Default)]
pub(super) struct KnownEvents {
    known: Known<KubeEvent>,
    unread: Option<String>,
}

impl KnownEvents {
    pub(super) fn take(&mut self, event: Result<Event<KubeEvent>, String>) {
        let event = match event {
            Ok(event) => event,
            Err(reason) => {
                self.unread = Some(reason);
                return;
            }
        };
        // A list that has only begun may break as the one before.
        if !matches!(event, Event::Init | Event::InitApply(_)) {
            self.unread = None;
        }
        self.known.take(event, |event| event.metadata.name.as_deref().unwrap_or_default());
    }

    pub(super) fn all(&self) -> Fact<Vec<KubeEvent>> {
        match &self.unread {
            Some(reason) => Fact::Unavailable(reason.clone()),
            None if !self.known.listed => Fact::Unavailable("not read yet".to_owned()),
            None => Fact::Known(self.known.all()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(name: &str) -> KubeEvent {
        let mut event = KubeEvent::default();
        event.metadata.name = Some(name.to_owned());
        event
    }

    #[test]
    fn events_are_known_once_they_were_listed_and_again_after_trouble() {
        let unknown = |reason: &str| Fact::Unavailable(reason.to_owned());
        let mut events = KnownEvents::default();
        assert_eq!(events.all(), unknown("not read yet"));
        for (seen, known) in [
            (Ok(Event::Init), unknown("not read yet")),
            (Ok(Event::InitApply(event("a"))), unknown("not read yet")),
            (Ok(Event::InitDone), Fact::Known(vec![event("a")])),
            (Err("reset".to_owned()), unknown("reset")),
            (Ok(Event::Init), unknown("reset")),
            (Ok(Event::InitApply(event("a"))), unknown("reset")),
            (Ok(Event::InitDone), Fact::Known(vec![event("a")])),
            (Ok(Event::Apply(event("b"))), Fact::Known(vec![event("a"), event("b")])),
        ] {
            events.take(seen);
            assert_eq!(events.all(), known);
        }
    }
}
