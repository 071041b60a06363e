//! A Deployment, its `ReplicaSet`s and its pods, watched together.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::future::{pending, ready};
use std::time::Duration;

use futures::stream::{self, BoxStream, Stream, StreamExt};
use k8s_openapi::api::core::v1::{Event as KubeEvent, Pod};
use kube::ResourceExt;
use kube::api::{Api, ApiResource, DynamicObject};
use kube::runtime::watcher::{self, Event};
use kube::runtime::{WatchStreamExt, watcher as watch_objects};
use serde::de::DeserializeOwned;
use sk_core::fact::Fact;
use sk_core::target::Target;
use sk_core::workload::{Deployment, ReplicaSet, Workload};

use super::deployment::EVENTS;
use super::{Cluster, DEPLOYMENTS, PODS, REPLICA_SETS, Resource, failure};
use crate::error::{Answer, Attempt, Cause, Error};

/// The server ends a watch after this time; a connection that died in silence is noticed 5 s later.
const WATCH_SECONDS: u32 = 29;

/// Time between two reads of a Deployment that may be read but not watched: only `get` is required of a user.
const READ_EVERY: Duration = Duration::from_secs(1);

/// Pause before a broken watch is set up again.
const PAUSE: Duration = Duration::from_secs(1);

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
    events: Known<KubeEvent>,
    no_events: Option<String>,
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
            events: Known::default(),
            no_events: None,
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
            Seen::Event(event) => {
                self.no_events = None;
                self.events.take(*event, |event| event.metadata.name.as_deref().unwrap_or_default());
            }
            Seen::NoEvents(reason) => self.no_events = Some(reason),
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
                    self.known_events(),
                )))
            }
        };
        self.news = false;
        Some(change)
    }
}

impl Watch<'_> {
    /// Events are told about, never waited for: a user may lack them.
    fn known_events(&self) -> Fact<Vec<KubeEvent>> {
        match &self.no_events {
            Some(reason) => Fact::Unavailable(reason.clone()),
            None if !self.events.listed => Fact::Unavailable("not read yet".to_owned()),
            None => Fact::Known(self.events.all()),
        }
    }
}

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

fn deployments<'a>(cluster: &'a Cluster, target: &'a Target) -> BoxStream<'a, Seen> {
    let config = watcher::Config::default().fields(&format!("metadata.name={}", target.deployment));
    let attempt = DEPLOYMENTS.attempt("watch", &target.namespace, Some(&target.deployment));
    let watched = events(cluster, dynamic(cluster, target, &DEPLOYMENTS), attempt, config)
        .scan(false, |listed, event| ready(Some(deployment_of(event, listed))))
        .filter_map(ready);
    let watched = watched.take_while(|seen| ready(!is_forbidden(seen)));
    let read = stream::unfold(Duration::ZERO, move |pause| async move {
        tokio::time::sleep(pause).await;
        let seen = match cluster.deployment(target).await {
            Ok(deployment) => Seen::Deployment(deployment.map(Box::new)),
            Err(error) => Seen::Trouble(Part::Deployment, error),
        };
        Some((seen, READ_EVERY))
    });
    watched.chain(read).boxed()
}

/// One Deployment out of the events of a list that holds at most one; `found` remembers whether this list had it.
fn deployment_of(event: Result<Event<DynamicObject>, Error>, found: &mut bool) -> Option<Seen> {
    let object = match event {
        Ok(Event::Init) => {
            *found = false;
            return None;
        }
        Ok(Event::InitDone) => return (!*found).then_some(Seen::Deployment(None)),
        Ok(Event::Delete(_)) => return Some(Seen::Deployment(None)),
        Ok(Event::InitApply(object) | Event::Apply(object)) => object,
        Err(error) => return Some(Seen::Trouble(Part::Deployment, error)),
    };
    *found = true;
    Some(match read(&object, Deployment::read) {
        Ok(deployment) => Seen::Deployment(Some(Box::new(deployment))),
        Err(error) => Seen::Trouble(Part::Deployment, error),
    })
}

fn is_forbidden(seen: &Seen) -> bool {
    matches!(seen, Seen::Trouble(_, error) if error.answer().is_some_and(Answer::is_forbidden))
}

fn replica_sets<'a>(cluster: &'a Cluster, target: &Target, selector: &str) -> BoxStream<'a, Seen> {
    let config = watcher::Config::default().labels(selector);
    let read_set = |object: DynamicObject| read(&object, ReplicaSet::read);
    let attempt = REPLICA_SETS.attempt("watch", &target.namespace, None);
    events(cluster, dynamic(cluster, target, &REPLICA_SETS), attempt, config)
        .map(move |event| match event.and_then(|event| try_map(event, read_set)) {
            Ok(event) => Seen::ReplicaSet(Box::new(event)),
            Err(error) => Seen::Trouble(Part::ReplicaSets, error),
        })
        .boxed()
}

/// The pods that this label selector finds.
pub(super) fn pods<'a>(
    cluster: &'a Cluster,
    namespace: &str,
    selector: &str,
) -> BoxStream<'a, Result<Event<Pod>, Error>> {
    let api: Api<Pod> = Api::namespaced(cluster.client(), namespace);
    let attempt = PODS.attempt("watch", namespace, None);
    events(cluster, api, attempt, watcher::Config::default().labels(selector))
}

impl From<Result<Event<Pod>, Error>> for Seen {
    fn from(event: Result<Event<Pod>, Error>) -> Self {
        match event {
            Ok(event) => Self::Pod(Box::new(event)),
            Err(error) => Self::Trouble(Part::Pods, error),
        }
    }
}

impl From<Result<Event<KubeEvent>, String>> for Seen {
    fn from(event: Result<Event<KubeEvent>, String>) -> Self {
        match event {
            Ok(event) => Self::Event(Box::new(event)),
            Err(reason) => Self::NoEvents(reason),
        }
    }
}

/// The events that this field selector finds, on a workload's objects. Without the right to read them the watch ends
/// here, and says so.
pub(super) fn events_on<'a>(
    cluster: &'a Cluster,
    namespace: &str,
    fields: &str,
    workload: &str,
) -> BoxStream<'a, Result<Event<KubeEvent>, String>> {
    let api: Api<KubeEvent> = Api::namespaced(cluster.client(), namespace);
    let attempt = EVENTS.attempt("watch", namespace, None);
    let config = watcher::Config::default().fields(fields);
    let workload = workload.to_owned();
    let is_forbidden = |event: &Result<_, Error>| matches!(event, Err(error) if error.answer().is_some_and(Answer::is_forbidden));
    through(events(cluster, api, attempt, config), is_forbidden)
        .filter_map(move |event| ready(own_event(event, &workload)))
        .boxed()
}

/// Leaves out the events of other workloads' pods, which may be many.
fn own_event(
    event: Result<Event<KubeEvent>, Error>,
    workload: &str,
) -> Option<Result<Event<KubeEvent>, String>> {
    let is_own =
        |name: &str| name.strip_prefix(workload).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
    match event {
        Ok(Event::Apply(event) | Event::InitApply(event) | Event::Delete(event))
            if !event.involved_object.name.as_deref().is_some_and(is_own) =>
        {
            None
        }
        Ok(event) => Some(Ok(event)),
        Err(error) => Some(Err(error.to_string())),
    }
}

fn dynamic(cluster: &Cluster, target: &Target, resource: &Resource) -> Api<DynamicObject> {
    let kind = ApiResource {
        group: resource.group.to_owned(),
        version: resource.version.to_owned(),
        api_version: resource.api_version(),
        kind: resource.kind.to_owned(),
        plural: resource.plural.to_owned(),
    };
    Api::namespaced_with(cluster.client(), &target.namespace, &kind)
}

/// The events of a watch that is set up again whenever it breaks, without what nobody reads.
fn events<K>(
    cluster: &Cluster,
    api: Api<K>,
    attempt: Attempt,
    config: watcher::Config,
) -> BoxStream<'_, Result<Event<K>, Error>>
where
    K: kube::Resource + Clone + DeserializeOwned + Debug + Send + 'static,
{
    let config = config.timeout(WATCH_SECONDS);
    // kube's watcher goes on where it broke and says nothing when it has. A new one lists, so that it is known again
    // what is there now.
    let watched = move || {
        let attempt = attempt.clone();
        let events =
            watch_objects(api.clone(), config.clone()).modify(|object| object.managed_fields_mut().clear());
        let events = events.map(move |event| event.map_err(|error| explain(cluster, error, attempt.clone())));
        through(events, Result::is_err)
    };
    stream::unfold(Duration::ZERO, move |pause| {
        let watched = watched();
        async move {
            tokio::time::sleep(pause).await;
            Some((watched, PAUSE))
        }
    })
    .flatten()
    .boxed()
}

/// A stream that ends with the first item that is the last, without a look at what would come after it.
fn through<S: Stream>(stream: S, is_last: impl Fn(&S::Item) -> bool) -> impl Stream<Item = S::Item> {
    stream::unfold(Some((Box::pin(stream), is_last)), |state| async move {
        let (mut stream, is_last) = state?;
        let item = stream.next().await?;
        let rest = (!is_last(&item)).then_some((stream, is_last));
        Some((item, rest))
    })
}

fn explain(cluster: &Cluster, error: watcher::Error, attempt: Attempt) -> Error {
    use watcher::Error as Failed;
    let (verb, error) = match error {
        Failed::InitialListFailed(error) => ("list", error),
        Failed::WatchStartFailed(error) | Failed::WatchFailed(error) => ("watch", error),
        Failed::WatchError(status) => ("watch", kube::Error::Api(status)),
        Failed::NoResourceVersion => {
            let cause = Cause::Other("the answer has no resourceVersion".to_owned());
            return failure::after_sending(cause, cluster.transport.endpoint());
        }
    };
    cluster.explain(error, Attempt { verb, ..attempt })
}

fn try_map<K, L>(event: Event<K>, map: impl Fn(K) -> Result<L, Error>) -> Result<Event<L>, Error> {
    Ok(match event {
        Event::Init => Event::Init,
        Event::InitDone => Event::InitDone,
        Event::InitApply(object) => Event::InitApply(map(object)?),
        Event::Apply(object) => Event::Apply(map(object)?),
        Event::Delete(object) => Event::Delete(map(object)?),
    })
}

fn read<T>(
    object: &DynamicObject,
    form: impl Fn(serde_json::Value) -> Result<T, sk_core::workload::Malformed>,
) -> Result<T, Error> {
    let raw = serde_json::to_value(object).unwrap_or_default();
    Ok(form(raw)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_stream_ends_with_its_last_item_and_waits_for_no_other() {
        let silent_after_an_error = stream::iter([Ok(1), Err("cut")]).chain(stream::pending());
        let all = through(silent_after_an_error, Result::is_err).collect::<Vec<_>>();
        let all = tokio::time::timeout(Duration::from_secs(1), all).await;
        assert_eq!(all.ok(), Some(vec![Ok(1), Err("cut")]));
    }
}
