//! What a diagnosis looks at, in as few requests as serve: Deployments here, pods of any kind in `pods`.

mod pods;
mod select;

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join;
use futures::stream::{self, StreamExt};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Event, Pod};
use serde_json::Value;
use sk_core::causes::Needed;
use sk_core::diagnose::{State, Subjects};
use sk_core::fact::Fact;
use sk_core::target::Target;
use sk_core::workload::{self, Deployment, ReplicaSet, Workload};

use super::pages::Selectors;
use super::{Cluster, DEPLOYMENTS, REPLICA_SETS};
use crate::error::Error;

/// Pods whose events are asked for one by one. The API server reads all events of the namespace for each such list, so those
/// of more pods are picked out of one.
const FEW: usize = 5;

/// Namespaces and selectors that are read at the same time.
const AT_ONCE: usize = 4;

/// What is asked about.
#[derive(Clone, Debug)]
pub enum Question {
    /// These Deployments. One alone must be there.
    Services(Vec<Target>),
    /// One pod, whatever its state.
    Pod {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// Every pod that is in this state.
    Stuck {
        /// The state.
        state: State,
        /// The namespace; none is all of them.
        namespace: Option<String>,
        /// A label selector; empty is every pod.
        labels: String,
    },
}

/// What there is of it in one namespace.
#[derive(Debug)]
pub struct Scene {
    /// The namespace.
    pub namespace: String,
    /// What is to be judged.
    pub subjects: Subjects,
    /// The Deployments that were asked about and are not there.
    pub absent: Vec<Target>,
    /// The Deployments that could not be read, and why.
    pub unread: Option<(Vec<Target>, String)>,
    /// What else could not be read: what, and why.
    pub unseen: Vec<String>,
    /// Pods looked at, well or not.
    pub pods: usize,
    /// Whether there was nothing to look at: no pod, or none that the label selector matches.
    pub empty: bool,
}

impl Scene {
    fn new(namespace: &str, subjects: Subjects) -> Self {
        Self {
            namespace: namespace.to_owned(),
            subjects,
            absent: Vec::new(),
            unread: None,
            unseen: Vec::new(),
            pods: 0,
            empty: false,
        }
    }
}

/// Nothing to be judged.
fn nothing() -> Subjects {
    Subjects {
        workloads: Vec::new(),
        pods: Vec::new(),
        events: Fact::Known(Vec::new()),
        only: None,
        needed: BTreeMap::new(),
    }
}

/// How many pods the catalogue says that it needs.
fn needed(target: &Target) -> Needed {
    let Some(service) = &target.service else { return Needed::default() };
    let number = |number: Option<u32>| i32::try_from(number?).ok();
    Needed { replicas: number(service.min_replicas), available: number(service.min_available) }
}

/// UID of the object that an event is on.
fn subject(event: &Event) -> &str {
    event.involved_object.uid.as_deref().unwrap_or_default()
}

/// What Deployments own, before it is known which owns what.
struct Pool {
    sets: Vec<ReplicaSet>,
    pods: Vec<Pod>,
    events: Fact<Vec<Event>>,
}

impl Pool {
    /// Takes out what belongs to this Deployment.
    fn workload(&mut self, deployment: Deployment) -> Workload {
        let sets: Vec<ReplicaSet> =
            self.sets.extract_if(.., |set| set.owner() == Some(deployment.uid())).collect();
        let owners: BTreeSet<&str> = sets.iter().map(ReplicaSet::uid).collect();
        let owned = |pod: &mut Pod| {
            workload::controller_uid(&pod.metadata).is_some_and(|owner| owners.contains(owner))
        };
        let pods: Vec<Pod> = self.pods.extract_if(.., owned).collect();
        let own = pods.iter().filter_map(|pod| pod.metadata.uid.as_deref());
        let own: BTreeSet<&str> = own.chain(owners).collect();
        let events = match &mut self.events {
            Fact::Known(events) => {
                Fact::Known(events.extract_if(.., |event| own.contains(subject(event))).collect())
            }
            Fact::Unavailable(reason) => Fact::Unavailable(reason.clone()),
        };
        Workload::of(deployment, sets, pods, events)
    }
}

impl Cluster {
    /// Reads what is asked about, a scene a namespace.
    ///
    /// # Errors
    /// What keeps the pods or Deployments themselves from being read; the one that is asked about is not there.
    pub async fn subjects(&self, question: &Question, now: Timestamp) -> Result<Vec<Scene>, Error> {
        match question {
            Question::Services(targets) => self.services(targets, now).await,
            Question::Pod { namespace, name } => Ok(vec![self.pod(namespace, name, now).await?]),
            Question::Stuck { state, namespace, labels } => {
                self.stuck(*state, namespace.as_deref(), labels, now).await
            }
        }
    }

    async fn services(&self, targets: &[Target], now: Timestamp) -> Result<Vec<Scene>, Error> {
        if let [target] = targets {
            let scene = self.scene(&target.namespace, targets, now).await?;
            return if scene.absent.is_empty() { Ok(vec![scene]) } else { Err(self.not_found(target).await) };
        }
        let mut namespaces: BTreeMap<&str, Vec<Target>> = BTreeMap::new();
        for target in targets {
            namespaces.entry(&target.namespace).or_default().push(target.clone());
        }
        let scenes = namespaces.iter().map(|(namespace, targets)| self.scene(namespace, targets, now));
        let scenes: Vec<_> = stream::iter(scenes).buffered(AT_ONCE).collect().await;
        if scenes.iter().all(Result::is_err) {
            return scenes.into_iter().collect();
        }
        let told = scenes.into_iter().zip(namespaces).map(|(scene, (namespace, targets))| {
            scene.unwrap_or_else(|error| Scene {
                unread: Some((targets, error.to_string())),
                ..Scene::new(namespace, nothing())
            })
        });
        Ok(told.collect())
    }

    /// Deployments of one namespace. The catalogue's selectors save waiting for their own, which count.
    async fn scene(&self, namespace: &str, targets: &[Target], now: Timestamp) -> Result<Scene, Error> {
        let expected = |target: &Target| target.service.as_ref()?.selector.clone();
        let early = async {
            match targets.iter().map(expected).collect::<Option<Vec<String>>>() {
                Some(selectors) => Some(self.owned(namespace, &selectors, now).await),
                None => None,
            }
        };
        let (found, early) = join(self.deployments(namespace, targets), early).await;
        let found = found?;
        let fits = |deployment: &Deployment| {
            let target = targets.iter().find(|target| target.deployment == deployment.name());
            target.and_then(expected).is_some_and(|selector| selector == deployment.selector())
        };
        let (sets, pods) = match early {
            Some(early) if found.iter().all(fits) => early?,
            _ => {
                let own: Vec<String> = found.iter().map(Deployment::selector).collect();
                self.owned(namespace, &own, now).await?
            }
        };
        let is_absent =
            |target: &&Target| !found.iter().any(|deployment| deployment.name() == target.deployment);
        let absent = targets.iter().filter(is_absent).cloned().collect();
        let looked_at = pods.len();
        let events = self.events_around(namespace, &found, &pods, now).await;
        let mut pool = Pool { sets, pods, events };
        let workloads = found.into_iter().map(|deployment| pool.workload(deployment)).collect();
        let needed = targets.iter().map(|target| (target.deployment.clone(), needed(target))).collect();
        let subjects = Subjects { workloads, needed, ..nothing() };
        Ok(Scene { absent, pods: looked_at, ..Scene::new(namespace, subjects) })
    }

    /// The Deployments of these names that exist, in their order.
    async fn deployments(&self, namespace: &str, targets: &[Target]) -> Result<Vec<Deployment>, Error> {
        if let [target] = targets {
            return Ok(self.deployment(target).await?.into_iter().collect());
        }
        let place = |name: &str| targets.iter().position(|target| target.deployment == name);
        let names: BTreeSet<&str> = targets.iter().map(|target| target.deployment.as_str()).collect();
        let mut found = self.deployments_named(namespace, &names).await?;
        found.sort_by_key(|deployment| place(deployment.name()));
        Ok(found)
    }

    async fn deployments_one_by_one(
        &self,
        namespace: &str,
        names: &BTreeSet<&str>,
    ) -> Result<Vec<Deployment>, Error> {
        let each = names.iter().map(|name| self.get(&DEPLOYMENTS, namespace, name));
        let each: Vec<Result<_, Error>> = stream::iter(each).buffered(FEW).collect().await;
        let found = each.into_iter().filter_map(Result::transpose);
        found.map(|raw| Ok(Deployment::read(raw?)?)).collect()
    }

    async fn deployments_named(
        &self,
        namespace: &str,
        names: &BTreeSet<&str>,
    ) -> Result<Vec<Deployment>, Error> {
        let mut raw = Vec::new();
        let is_wanted = |object: &Value| {
            object.pointer("/metadata/name").and_then(Value::as_str).is_some_and(|name| names.contains(name))
        };
        let listed = self.pages(&DEPLOYMENTS, namespace, Selectors::default(), |object: Value| {
            if is_wanted(&object) {
                raw.push(object);
            }
        });
        match listed.await {
            // To list is none of the required verbs.
            Err(Error::Answer(answer)) if answer.is_forbidden() => {
                self.deployments_one_by_one(namespace, names).await
            }
            listed => {
                listed?;
                raw.into_iter().map(|object| Deployment::read(object).map_err(Error::from)).collect()
            }
        }
    }

    /// The `ReplicaSet`s and pods that these selectors find.
    async fn owned(
        &self,
        namespace: &str,
        selectors: &[String],
        now: Timestamp,
    ) -> Result<(Vec<ReplicaSet>, Vec<Pod>), Error> {
        let each = select::each(selectors, async |labels| {
            let pods = self.lean_pods(namespace, Selectors { labels, fields: "" }, now, |_| true);
            let (sets, pods) = join(self.replica_sets(namespace, labels), pods).await;
            Ok((sets?, pods?))
        });
        let (sets, pods): (Vec<_>, Vec<_>) = each.await?.into_iter().unzip();
        Ok((sets.concat(), pods.concat()))
    }

    async fn replica_sets(&self, namespace: &str, labels: &str) -> Result<Vec<ReplicaSet>, Error> {
        let mut raw = Vec::new();
        let selectors = Selectors { labels, fields: "" };
        self.pages(&REPLICA_SETS, namespace, selectors, |object: Value| raw.push(object)).await?;
        raw.into_iter().map(|object| ReplicaSet::read(object).map_err(Error::from)).collect()
    }

    /// The events on pods that are not well, and on `ReplicaSet`s where a Deployment says that one was refused pods.
    async fn events_around(
        &self,
        namespace: &str,
        deployments: &[Deployment],
        pods: &[Pod],
        now: Timestamp,
    ) -> Fact<Vec<Event>> {
        let sick: Vec<&Pod> = pods.iter().filter(|pod| !workload::is_well(pod, now)).collect();
        let refusals = async {
            if deployments.iter().all(|deployment| deployment.condition("ReplicaFailure").is_none()) {
                return Ok(Vec::new());
            }
            let fields = "involvedObject.kind=ReplicaSet,reason=FailedCreate";
            self.events(namespace, fields, |_| true).await
        };
        let (on_pods, on_sets) = join(self.events_of(namespace, &sick), refusals).await;
        match (on_pods, on_sets) {
            (Ok(on_pods), Ok(on_sets)) => Fact::Known([on_pods, on_sets].concat()),
            (Err(error), _) | (_, Err(error)) => Fact::Unavailable(error.to_string()),
        }
    }

    /// The events on these pods: asked for one by one, or picked out of the namespace's where the pods are many.
    async fn events_of(&self, namespace: &str, pods: &[&Pod]) -> Result<Vec<Event>, Error> {
        if pods.len() > FEW {
            let uids: BTreeSet<&str> = pods.iter().filter_map(|pod| workload::event_uid(pod)).collect();
            let wanted = |event: &Event| uids.contains(subject(event));
            // No rule reads when a pod was scheduled, and each pod has such an event.
            return self.events(namespace, "involvedObject.kind=Pod,reason!=Scheduled", wanted).await;
        }
        let each = pods.iter().map(|pod| self.events_named(namespace, workload::name(pod)));
        let each: Vec<Result<_, Error>> = stream::iter(each).buffered(FEW).collect().await;
        Ok(each.into_iter().collect::<Result<Vec<_>, _>>()?.concat())
    }

    async fn events_named(&self, namespace: &str, pod: &str) -> Result<Vec<Event>, Error> {
        let fields = format!("involvedObject.kind=Pod,involvedObject.name={pod}");
        self.events(namespace, &fields, |_| true).await
    }
}
