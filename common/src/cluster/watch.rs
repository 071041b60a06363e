//! A Deployment, its `ReplicaSet`s and its pods, watched together; or the pods of one controller.

mod known;
mod streams;

use std::collections::{BTreeMap, BTreeSet};
use std::future::pending;

use futures::stream::{self, BoxStream, StreamExt};
use k8s_openapi::api::core::v1::{Event as KubeEvent, Pod};
use kube::runtime::watcher::Event;
use sk_core::fact::Fact;
use sk_core::target::Target;
use sk_core::workload::{self, Deployment, ReplicaSet, Siblings, Workload};

use super::Cluster;
use crate::error::Error;
use known::{Known, KnownEvents};
use streams::{deployments, events_on, on_pods, pods, replica_sets};

/// How often a part is tried before the workload counts as unreadable.
const TRIES: u32 = 3;

/// Changes that arrive together and are shown as one.
const BURST: usize = 1024;

/// What a watch noticed.
#[derive(Debug)]
pub enum Change {
    /// The workload as it is now.
    Workload(Box<Workload>),
    /// The controller's pods as they are now.
    Siblings(Box<Siblings>),
    /// The Deployment is not there.
    Gone,
    /// The watch broke; it is being set up again.
    Trouble(Error),
}

/// A workload, or the pods of one controller, that is being watched.
pub struct Watch<'a> {
    seen: BoxStream<'a, Vec<Seen>>,
    /// UID of the controller, of whatever kind, where only its pods are watched.
    controller: Option<String>,
    deployment: Sought,
    replica_sets: Known<ReplicaSet>,
    pods: Known<Pod>,
    on_pods: KnownEvents,
    on_controller: KnownEvents,
    news: bool,
    trouble: Option<Error>,
    broken: BTreeSet<Part>,
    troubles: BTreeMap<Part, u32>,
}

/// What is known of the Deployment.
enum Sought {
    NotYet,
    Absent,
    There(Box<Deployment>),
}

enum Seen {
    Deployment(Option<Box<Deployment>>),
    ReplicaSet(Box<Event<ReplicaSet>>),
    Pod(Box<Event<Pod>>),
    OnPods(Box<Result<Event<KubeEvent>, String>>),
    OnController(Box<Result<Event<KubeEvent>, String>>),
    Trouble(Part, Error),
}

/// The parts of a workload that are watched apart; what is known is told only while none is broken.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Deployment,
    ReplicaSets,
    Pods,
}

impl<'a> Watch<'a> {
    /// Begins to watch a workload; requests are made once [`Watch::next`] is awaited.
    pub fn new(cluster: &'a Cluster, target: &'a Target, selector: &str) -> Self {
        let namespace = &target.namespace;
        let streams = [
            deployments(cluster, target),
            replica_sets(cluster, target, selector),
            pods(cluster, namespace, selector),
            on_pods(cluster, namespace, &target.deployment),
        ];
        Self::of(None, streams)
    }

    /// The same of the pods of this pod's controller; without a controller there is nothing to watch.
    pub fn siblings(cluster: &'a Cluster, namespace: &str, pod: &Pod) -> Self {
        let owner = workload::controller(&pod.metadata).cloned().unwrap_or_default();
        let on_controller = format!("involvedObject.uid={}", owner.uid);
        let streams = [
            pods(cluster, namespace, &Siblings::selector(pod)),
            on_pods(cluster, namespace, &owner.name),
            events_on(cluster, namespace, &on_controller, &owner.name, Seen::OnController),
        ];
        Self::of(Some(owner.uid), streams)
    }

    fn of(controller: Option<String>, streams: impl IntoIterator<Item = BoxStream<'a, Seen>>) -> Self {
        Self {
            seen: stream::select_all(streams).ready_chunks(BURST).boxed(),
            controller,
            deployment: Sought::NotYet,
            replica_sets: Known::default(),
            pods: Known::default(),
            on_pods: KnownEvents::default(),
            on_controller: KnownEvents::default(),
            news: false,
            trouble: None,
            broken: BTreeSet::new(),
            troubles: BTreeMap::new(),
        }
    }

    /// Waits for the next change. Cancel-safe: a change that nobody waits for is not lost.
    pub async fn next(&mut self) -> Change {
        loop {
            if let Some(error) = self.trouble.take() {
                return Change::Trouble(error);
            }
            if let Some(change) = self.change() {
                return change;
            }
            match self.seen.next().await {
                Some(burst) => burst.into_iter().for_each(|seen| self.take(seen)),
                None => pending().await,
            }
        }
    }

    /// What is watched as it was when all of it had been read once; no trouble.
    ///
    /// # Errors
    /// The first trouble that will not pass by itself, or the third of one part that might.
    pub async fn first(&mut self) -> Result<Change, Error> {
        loop {
            match self.next().await {
                Change::Trouble(error) if error.may_pass() && !self.has_given_up() => {}
                Change::Trouble(error) => return Err(error),
                change => return Ok(change),
            }
        }
    }

    /// Whether one part was tried three times. One outage breaks all of them, and is one trouble.
    fn has_given_up(&self) -> bool {
        self.troubles.values().any(|times| *times >= TRIES)
    }

    fn take(&mut self, seen: Seen) {
        match seen {
            Seen::Deployment(deployment) => {
                self.deployment = deployment.map_or(Sought::Absent, Sought::There);
                self.broken.remove(&Part::Deployment);
            }
            Seen::ReplicaSet(event) => {
                self.mended(Part::ReplicaSets, &event);
                self.replica_sets.take(*event, ReplicaSet::name);
            }
            Seen::Pod(event) => {
                self.mended(Part::Pods, &event);
                self.pods.take(*event, workload::name);
            }
            Seen::OnPods(event) => self.on_pods.take(*event),
            Seen::OnController(event) => self.on_controller.take(*event),
            Seen::Trouble(part, error) => {
                self.trouble = Some(error);
                self.broken.insert(part);
                *self.troubles.entry(part).or_default() += 1;
                return;
            }
        }
        self.news = true;
    }

    /// A broken watch is whole again once all has been listed anew.
    fn mended<K>(&mut self, part: Part, event: &Event<K>) {
        if matches!(event, Event::InitDone) {
            self.broken.remove(&part);
        }
    }

    /// What is known now, when there is news and all has been listed.
    fn change(&mut self) -> Option<Change> {
        if !self.news || !self.broken.is_empty() {
            return None;
        }
        let change = match (&self.controller, &self.deployment) {
            (None, Sought::Absent) => Change::Gone,
            (None, Sought::NotYet) => return None,
            (None, Sought::There(_)) if !self.replica_sets.listed => return None,
            _ if !self.pods.listed => return None,
            (Some(controller), _) => {
                let siblings = Siblings::of(controller, self.pods.all(), self.events());
                Change::Siblings(Box::new(siblings))
            }
            (None, Sought::There(deployment)) => {
                let (sets, pods) = (self.replica_sets.all(), self.pods.all());
                let deployment = (**deployment).clone();
                Change::Workload(Box::new(Workload::of(deployment, sets, pods, self.on_pods.all())))
            }
        };
        self.news = false;
        Some(change)
    }

    /// Events on pods and on the controller.
    fn events(&self) -> Fact<Vec<KubeEvent>> {
        match (self.on_pods.all(), self.on_controller.all()) {
            (Fact::Known(on_pods), Fact::Known(on_controller)) => {
                Fact::Known([on_pods, on_controller].concat())
            }
            (Fact::Unavailable(reason), _) | (_, Fact::Unavailable(reason)) => Fact::Unavailable(reason),
        }
    }
}
