//! A Deployment, its `ReplicaSet`s and its pods, watched together.

mod known;
mod streams;

use std::collections::{BTreeMap, BTreeSet};
use std::future::pending;

use futures::stream::{self, BoxStream, StreamExt};
use k8s_openapi::api::core::v1::{Event as KubeEvent, Pod};
use kube::runtime::watcher::Event;
use sk_core::target::Target;
use sk_core::workload::{Deployment, ReplicaSet, Workload};

use super::Cluster;
use crate::error::Error;
pub(super) use known::{Known, KnownEvents};
use streams::{deployments, replica_sets};
pub(super) use streams::{events_on, pods};

/// How often a part is tried before the workload counts as unreadable.
const TRIES: u32 = 3;

/// Changes that arrive together and are shown as one.
pub(super) const BURST: usize = 1024;

/// What a watch noticed.
#[derive(Debug)]
pub enum Change {
    /// The workload as it is now.
    Workload(Box<Workload>),
    /// The Deployment is not there.
    Gone,
    /// The watch broke; it is being set up again.
    Trouble(Error),
}

/// A workload that is being watched.
pub struct Watch<'a> {
    seen: BoxStream<'a, Vec<Seen>>,
    deployment: Sought,
    replica_sets: Known<ReplicaSet>,
    pods: Known<Pod>,
    events: KnownEvents,
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
    Event(Box<Event<KubeEvent>>),
    NoEvents(String),
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
    /// Begins to watch; requests are made once [`Watch::next`] is awaited.
    pub fn new(cluster: &'a Cluster, target: &'a Target, selector: &str) -> Self {
        let merged = stream::select_all([
            deployments(cluster, target),
            replica_sets(cluster, target, selector),
            pods(cluster, &target.namespace, selector).map(Seen::from).boxed(),
            events_on(cluster, &target.namespace, "involvedObject.kind=Pod", &target.deployment)
                .map(Seen::from)
                .boxed(),
        ]);
        Self {
            seen: merged.ready_chunks(BURST).boxed(),
            deployment: Sought::NotYet,
            replica_sets: Known::default(),
            pods: Known::default(),
            events: KnownEvents::default(),
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

    /// The workload as it was when all of it had been read once; none when the Deployment is not there.
    ///
    /// # Errors
    /// The first trouble that will not pass by itself, or the third of one part that might.
    pub async fn first(&mut self) -> Result<Option<Box<Workload>>, Error> {
        loop {
            match self.next().await {
                Change::Workload(workload) => return Ok(Some(workload)),
                Change::Gone => return Ok(None),
                Change::Trouble(error) if error.may_pass() && !self.has_given_up() => {}
                Change::Trouble(error) => return Err(error),
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
                self.pods.take(*event, sk_core::workload::name);
            }
            Seen::Event(event) => self.events.take(Ok(*event)),
            Seen::NoEvents(reason) => self.events.take(Err(reason)),
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
        let change = match &self.deployment {
            Sought::NotYet => return None,
            Sought::Absent => Change::Gone,
            Sought::There(_) if !(self.replica_sets.listed && self.pods.listed) => return None,
            Sought::There(deployment) => {
                let (sets, pods) = (self.replica_sets.all(), self.pods.all());
                Change::Workload(Box::new(Workload::of(
                    (**deployment).clone(),
                    sets,
                    pods,
                    self.events.all(),
                )))
            }
        };
        self.news = false;
        Some(change)
    }
}
