//! The objects of one kind, put together from the events of a watch.

use std::collections::BTreeMap;

use kube::runtime::watcher::Event;

/// The objects of one kind, as the events of a watch build them up.
pub(in crate::cluster) struct Known<K> {
    objects: BTreeMap<String, K>,
    relisted: BTreeMap<String, K>,
    pub(in crate::cluster) listed: bool,
}

impl<K> Default for Known<K> {
    fn default() -> Self {
        Self { objects: BTreeMap::new(), relisted: BTreeMap::new(), listed: false }
    }
}

impl<K: Clone> Known<K> {
    pub(in crate::cluster) fn take(&mut self, event: Event<K>, name: impl Fn(&K) -> &str) {
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

    pub(in crate::cluster) fn all(&self) -> Vec<K> {
        self.objects.values().cloned().collect()
    }
}
