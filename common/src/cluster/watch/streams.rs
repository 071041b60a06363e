//! One kind of object, watched: set up again whenever it breaks, listed anew, and never silent for long.

use std::fmt::Debug;
use std::future::ready;
use std::time::Duration;

use futures::stream::{self, BoxStream, Stream, StreamExt};
use k8s_openapi::api::core::v1::{Event as KubeEvent, Pod};
use kube::ResourceExt;
use kube::api::{Api, ApiResource, DynamicObject};
use kube::runtime::watcher::{self, Event};
use kube::runtime::{WatchStreamExt, watcher as watch_objects};
use serde::de::DeserializeOwned;
use sk_core::target::Target;
use sk_core::workload::{Deployment, ReplicaSet};

use super::{Part, Seen};
use crate::cluster::deployment::EVENTS;
use crate::cluster::{Cluster, DEPLOYMENTS, PODS, REPLICA_SETS, Resource, failure};
use crate::error::{Answer, Attempt, Cause, Error};

/// kube takes a watch up again that has said nothing for 5 s longer than this: it may have died in silence.
const WATCH_SECONDS: u32 = 25;

/// Time between two reads of a Deployment that may be read but not watched: only `get` is required of a user.
const READ_EVERY: Duration = Duration::from_secs(1);

/// Pause before a broken watch is set up again.
const PAUSE: Duration = Duration::from_secs(1);

/// Characters of a workload's name that its pods' names surely keep: the API server cuts what comes before the five
/// random ones to 58, of which an indexed Job gives up to 12 to the index.
const KEPT: usize = 46;

pub(super) fn deployments<'a>(cluster: &'a Cluster, target: &'a Target) -> BoxStream<'a, Seen> {
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

pub(super) fn replica_sets<'a>(cluster: &'a Cluster, target: &Target, selector: &str) -> BoxStream<'a, Seen> {
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
pub(super) fn pods<'a>(cluster: &'a Cluster, namespace: &str, selector: &str) -> BoxStream<'a, Seen> {
    let api: Api<Pod> = Api::namespaced(cluster.client(), namespace);
    let attempt = PODS.attempt("watch", namespace, None);
    events(cluster, api, attempt, watcher::Config::default().labels(selector))
        .map(|event| match event {
            Ok(event) => Seen::Pod(Box::new(event)),
            Err(error) => Seen::Trouble(Part::Pods, error),
        })
        .boxed()
}

/// The events on a workload's pods.
pub(super) fn on_pods<'a>(cluster: &'a Cluster, namespace: &str, workload: &str) -> BoxStream<'a, Seen> {
    events_on(cluster, namespace, "involvedObject.kind=Pod", workload, Seen::OnPods)
}

/// The events that this field selector finds, on a workload's objects. Without the right to read them the watch ends
/// here, and says so.
pub(super) fn events_on<'a>(
    cluster: &'a Cluster,
    namespace: &str,
    fields: &str,
    workload: &str,
    seen: fn(Box<Result<Event<KubeEvent>, String>>) -> Seen,
) -> BoxStream<'a, Seen> {
    let api: Api<KubeEvent> = Api::namespaced(cluster.client(), namespace);
    let attempt = EVENTS.attempt("watch", namespace, None);
    let config = watcher::Config::default().fields(fields);
    let workload = workload.to_owned();
    let is_forbidden = |event: &Result<_, Error>| matches!(event, Err(error) if error.answer().is_some_and(Answer::is_forbidden));
    through(events(cluster, api, attempt, config), is_forbidden)
        .filter_map(move |event| ready(own_event(event, &workload).map(Box::new).map(seen)))
        .boxed()
}

/// Leaves out the events of other workloads' pods, which may be many.
fn own_event(
    event: Result<Event<KubeEvent>, Error>,
    workload: &str,
) -> Option<Result<Event<KubeEvent>, String>> {
    match event {
        Ok(Event::Apply(event) | Event::InitApply(event) | Event::Delete(event))
            if !event.involved_object.name.as_deref().is_some_and(|name| is_named_after(name, workload)) =>
        {
            None
        }
        Ok(event) => Some(Ok(event)),
        Err(error) => Some(Err(error.to_string())),
    }
}

/// Whether a name may be that of the workload or of one of its objects; their UIDs tell for certain, later.
fn is_named_after(name: &str, workload: &str) -> bool {
    match workload.get(..KEPT) {
        Some(kept) => name.starts_with(kept),
        None => name.strip_prefix(workload).is_some_and(|rest| rest.is_empty() || rest.starts_with('-')),
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
        // What is too old is listed anew, and is nobody's trouble.
        through(events, Result::is_err).filter(|event| ready(!is_expired(event)))
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

fn is_expired<T>(event: &Result<T, Error>) -> bool {
    matches!(event, Err(error) if error.answer().is_some_and(|answer| answer.code == 410))
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

    #[test]
    fn pods_are_named_after_their_workload_even_where_the_name_was_cut() {
        let long = "a".repeat(70);
        let pod = format!("{}x7k2p", &long[..58]);
        for (name, workload, own) in [
            ("web-75d9-x7k2p", "web", true),
            ("web", "web", true),
            ("website-75d9-x7k2p", "web", false),
            (&pod, &long, true),
            (&pod, &long[..58], true),
            (&pod, &long[..57], true),
            ("web-75d9-x7k2p", &long, false),
        ] {
            assert_eq!(is_named_after(name, workload), own, "{name} of {workload}");
        }
    }

    #[tokio::test]
    async fn a_stream_ends_with_its_last_item_and_waits_for_no_other() {
        let silent_after_an_error = stream::iter([Ok(1), Err("cut")]).chain(stream::pending());
        let all = through(silent_after_an_error, Result::is_err).collect::<Vec<_>>();
        let all = tokio::time::timeout(Duration::from_secs(1), all).await;
        assert_eq!(all.ok(), Some(vec![Ok(1), Err("cut")]));
    }
}
