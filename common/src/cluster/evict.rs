//! One pod and its controller's others: what an eviction is decided on, the eviction, and the watch for the successor.

use futures::future::join;
use futures::stream::{self, BoxStream, StreamExt};
use http::Method;
use k8s_openapi::api::apps::v1::ReplicaSet;
use k8s_openapi::api::core::v1::{Event as KubeEvent, Pod};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::runtime::watcher::Event;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sk_core::access;
use sk_core::catalogue::Catalogue;
use sk_core::evict::{self, Facts, PodTarget};
use sk_core::fact::Fact;
use sk_core::operation::Evicted;
use sk_core::workload::{self, Siblings};

use super::deployment::COMPONENT;
use super::pages::Selectors;
use super::requests::uri;
use super::watch::{BURST, Known, KnownEvents, events_on, pods};
use super::{Cluster, PODS, REPLICA_SETS, Resource, WriteOptions, plain};
use crate::error::{Attempt, Error, WriteError};

/// Facts about a pod, and the watch of its controller's pods: it goes on while the plan is shown and carried out.
pub struct GatheredPod<'a> {
    /// What is known.
    pub facts: Facts,
    /// The watch.
    pub watch: SiblingsWatch<'a>,
}

/// A controller's pods, and the events on them and on the controller, as they are watched.
pub struct SiblingsWatch<'a> {
    controller: String,
    seen: BoxStream<'a, Vec<Seen>>,
    pods: Known<Pod>,
    on_pods: KnownEvents,
    on_controller: KnownEvents,
    trouble: Option<Error>,
    broken: bool,
    news: bool,
}

enum Seen {
    Pod(Box<Result<Event<Pod>, Error>>),
    OnPods(Result<Event<KubeEvent>, String>),
    OnController(Result<Event<KubeEvent>, String>),
}

impl<'a> SiblingsWatch<'a> {
    /// Begins to watch the pods of this pod's controller; without a controller there is nothing to watch.
    fn new(cluster: &'a Cluster, namespace: &str, pod: &Pod) -> Self {
        let owner = workload::controller(&pod.metadata).cloned().unwrap_or_default();
        let on_controller = format!("involvedObject.uid={}", owner.uid);
        let streams = [
            pods(cluster, namespace, &Siblings::selector(pod))
                .map(|event| Seen::Pod(Box::new(event)))
                .boxed(),
            events_on(cluster, namespace, "involvedObject.kind=Pod", &owner.name).map(Seen::OnPods).boxed(),
            events_on(cluster, namespace, &on_controller, &owner.name).map(Seen::OnController).boxed(),
        ];
        Self {
            controller: owner.uid,
            seen: stream::select_all(streams).ready_chunks(BURST).boxed(),
            pods: Known::default(),
            on_pods: KnownEvents::default(),
            on_controller: KnownEvents::default(),
            trouble: None,
            broken: false,
            news: false,
        }
    }

    /// Waits for the next change. Cancel-safe: a change that nobody waits for is not lost.
    ///
    /// # Errors
    /// The watch broke; it is being set up again.
    pub async fn next(&mut self) -> Result<Siblings, Error> {
        loop {
            if let Some(error) = self.trouble.take() {
                return Err(error);
            }
            if self.news && self.pods.listed && !self.broken {
                self.news = false;
                return Ok(Siblings::of(&self.controller, self.pods.all(), self.events()));
            }
            match self.seen.next().await {
                Some(burst) => burst.into_iter().for_each(|seen| self.take(seen)),
                None => std::future::pending().await,
            }
        }
    }

    /// The pods as they were when all had been read once.
    ///
    /// # Errors
    /// The first trouble that will not pass by itself, or the third that might.
    async fn first(&mut self) -> Result<Siblings, Error> {
        let mut troubles = 0;
        loop {
            match self.next().await {
                Err(error) if troubles < 2 && error.may_pass() => troubles += 1,
                first => return first,
            }
        }
    }

    fn take(&mut self, seen: Seen) {
        self.news = true;
        if let Seen::Pod(event) = &seen {
            // A broken watch is whole again once all has been listed anew.
            self.broken = event.is_err() || (self.broken && !matches!(**event, Ok(Event::InitDone)));
        }
        match seen {
            Seen::Pod(event) => match *event {
                Ok(event) => self.pods.take(event, workload::name),
                Err(error) => self.trouble = Some(error),
            },
            Seen::OnPods(event) => self.on_pods.take(event),
            Seen::OnController(event) => self.on_controller.take(event),
        }
    }

    fn events(&self) -> Fact<Vec<KubeEvent>> {
        match (self.on_pods.all(), self.on_controller.all()) {
            (Fact::Known(on_pods), Fact::Known(on_controller)) => {
                Fact::Known([on_pods, on_controller].concat())
            }
            (Fact::Unavailable(reason), _) | (_, Fact::Unavailable(reason)) => Fact::Unavailable(reason),
        }
    }
}

impl Cluster {
    /// Reads everything the eviction of a pod is decided on, with the verbs that the lock needs unless `no_lock`; none when the pod does not exist.
    ///
    /// # Errors
    /// What keeps the pod, its controller's pods or its `ReplicaSet` from being read.
    pub async fn gather_pod(
        &self,
        target: &PodTarget,
        catalogue: &Catalogue,
        no_lock: bool,
    ) -> Result<Option<GatheredPod<'_>>, Error> {
        let PodTarget { namespace, pod: name, .. } = target;
        let named = format!("metadata.name={name}");
        let found = self.typed_list::<Pod>(&PODS, namespace, &named);
        let (found, budgets) = join(found, self.budgets(namespace)).await;
        let Some(pod) = found?.pop() else { return Ok(None) };
        let mut watch = SiblingsWatch::new(self, namespace, &pod);
        let deployment = self.deployment_of(namespace, &pod).await?;
        let owner = deployment.as_ref().map_or("", |owner| owner.name.as_str());
        let needed = access::evict(no_lock || deployment.is_none());
        let access = self.accesses(namespace, owner, &needed).await;
        let siblings = match workload::controller(&pod.metadata) {
            Some(_) => watch.first().await?,
            None => Siblings { pods: vec![pod.clone()], events: Fact::Known(Vec::new()) },
        };
        let service =
            deployment.as_ref().and_then(|owner| catalogue.of_deployment(namespace, &owner.name)).cloned();
        let facts = Facts { pod, siblings, deployment, service, budgets, access };
        Ok(Some(GatheredPod { facts, watch }))
    }

    /// The error of a pod that does not exist, in the API server's words, and the pods whose names are like its own.
    pub async fn no_such_pod(&self, target: &PodTarget) -> (Error, Vec<String>) {
        let names = self.pod_names(&target.namespace).await.unwrap_or_default();
        let like = evict::like(&target.pod, names.iter().map(String::as_str));
        let like = like.into_iter().map(str::to_owned).collect();
        (self.absent(&PODS, &target.namespace, &target.pod).await, like)
    }

    /// The pods of this pod's controller, read now.
    ///
    /// # Errors
    /// What keeps them from being read.
    pub async fn siblings(&self, namespace: &str, pod: &Pod) -> Result<Siblings, Error> {
        let owner = workload::controller(&pod.metadata).map_or("", |owner| &owner.uid);
        let labels = Siblings::selector(pod);
        let mut pods = Vec::new();
        let selectors = Selectors { labels: &labels, ..Selectors::default() };
        self.pages(&PODS, namespace, selectors, |pod: Pod| pods.push(pod)).await?;
        Ok(Siblings::read(owner, pods))
    }

    /// Asks for the eviction and says what became of it.
    pub async fn evict(&self, namespace: &str, pod: &str, eviction: &Value, dry_run: bool) -> Evicted {
        let options = WriteOptions { field_manager: COMPONENT, dry_run };
        let path = format!("{}/eviction", PODS.path(namespace, Some(pod)));
        let attempt =
            Attempt { resource: "pods/eviction".to_owned(), ..PODS.attempt("create", namespace, Some(pod)) };
        let call = plain(
            Method::POST,
            uri(&path, &options.parameters()),
            eviction.to_string().into_bytes(),
            attempt,
        );
        let Err(error) = self.write(call).await else { return Evicted::Accepted };
        let message = error.to_string();
        match error.error().answer().map(|answer| answer.code) {
            // 409: the name is another pod's now.
            Some(404 | 409) => return Evicted::Absent(message),
            Some(429) if message.contains("disruption budget") => {
                return Evicted::Blocked { message, budgets: self.budgets(namespace).await };
            }
            // The API server's word for a pod with two budgets, a 500 that nothing was done about.
            Some(500) if message.contains("more than one PodDisruptionBudget") => {
                return Evicted::Blocked { message, budgets: self.budgets(namespace).await };
            }
            _ => {}
        }
        match error {
            WriteError::Rejected(_) => Evicted::Rejected(message),
            WriteError::NotSent(_) => Evicted::NotSent(message),
            WriteError::Ambiguous(_) => Evicted::Ambiguous(message),
        }
    }

    /// The Deployment whose `ReplicaSet` controls the pod.
    async fn deployment_of(&self, namespace: &str, pod: &Pod) -> Result<Option<OwnerReference>, Error> {
        let Some(set) = workload::controller(&pod.metadata).filter(|owner| owner.kind == "ReplicaSet") else {
            return Ok(None);
        };
        let named = format!("metadata.name={}", set.name);
        let sets: Vec<ReplicaSet> = self.typed_list(&REPLICA_SETS, namespace, &named).await?;
        let set = sets.into_iter().find(|found| found.metadata.uid.as_deref() == Some(&set.uid));
        let owner = set.as_ref().and_then(|set| workload::controller(&set.metadata)).cloned();
        Ok(owner.filter(|owner| owner.kind == "Deployment"))
    }

    async fn typed_list<T: DeserializeOwned>(
        &self,
        resource: &Resource,
        namespace: &str,
        fields: &str,
    ) -> Result<Vec<T>, Error> {
        let listed = self.list(resource, namespace, "", fields).await?;
        listed.into_iter().map(|raw| workload::typed(resource.kind, raw).map_err(Error::from)).collect()
    }
}
