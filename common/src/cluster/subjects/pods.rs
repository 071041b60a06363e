//! Pods of any kind, one or all in a state, with the Deployments in which those that run are compared.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join;
use futures::stream::{self, StreamExt};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Event, Pod};
use sk_core::diagnose::{State, Subjects};
use sk_core::evict;
use sk_core::fact::Fact;
use sk_core::workload::{self, Deployment, ReplicaSet, Workload};

use super::{AT_ONCE, FEW, Pool, Scene, nothing, select};
use crate::cluster::pages::Selectors;
use crate::cluster::{Cluster, DEPLOYMENTS, PODS};
use crate::error::Error;

impl Cluster {
    /// The names of the pods that are most like one that does not exist; where none is like it, of all.
    pub async fn pods_like(&self, namespace: &str, name: &str) -> Fact<Vec<String>> {
        let names = match self.pod_names(namespace).await {
            Ok(names) => names,
            Err(error) => return Fact::Unavailable(error.to_string()),
        };
        let alike = evict::like(name, names.iter().map(String::as_str));
        let alike: Vec<String> = alike.into_iter().map(str::to_owned).collect();
        Fact::Known(if alike.is_empty() { names } else { alike })
    }

    /// One pod; where it does not serve also its Deployment, which tells whether the others of it do.
    pub(super) async fn pod(&self, namespace: &str, name: &str, now: Timestamp) -> Result<Scene, Error> {
        let read = join(self.require(&PODS, namespace, name), self.events_named(namespace, name));
        let (raw, events) = read.await;
        let mut pod: Pod = workload::typed(PODS.kind, raw?)?;
        pod.metadata.managed_fields = None;
        let events: Fact<Vec<Event>> = events.into();
        let around = match State::of(&pod, now) {
            None | Some(State::Terminating) => Ok(None),
            Some(_) => self.around(namespace, &pod, &events, now).await,
        };
        let only = Some(BTreeSet::from([name.to_owned()]));
        let (subjects, unseen) = match around {
            Ok(Some(workload)) => (Subjects { workloads: vec![workload], only, ..nothing() }, None),
            around => {
                let subjects = Subjects { pods: vec![pod], events, only, ..nothing() };
                (subjects, around.err().map(|error| format!("the pods beside it: {error}")))
            }
        };
        Ok(Scene { unseen: unseen.into_iter().collect(), pods: 1, ..Scene::new(namespace, subjects) })
    }

    /// The Deployment that the pod is of.
    async fn around(
        &self,
        namespace: &str,
        pod: &Pod,
        events: &Fact<Vec<Event>>,
        now: Timestamp,
    ) -> Result<Option<Workload>, Error> {
        let Some(name) = workload::deployment_of(pod) else { return Ok(None) };
        let Some(raw) = self.get(&DEPLOYMENTS, namespace, name).await? else { return Ok(None) };
        let deployment = Deployment::read(raw)?;
        let (sets, pods) = self.owned(namespace, &[deployment.selector()], now).await?;
        let workload = Workload::of(deployment, sets, pods, events.clone());
        let uid = &pod.metadata.uid;
        let is_of_it = workload.pods.iter().any(|other| other.metadata.uid == *uid);
        Ok(is_of_it.then_some(workload))
    }

    /// The pods in a state, by namespace.
    pub(super) async fn stuck(
        &self,
        state: State,
        namespace: Option<&str>,
        labels: &str,
        now: Timestamp,
    ) -> Result<Vec<Scene>, Error> {
        let mut looked_at = 0;
        let selectors = Selectors { labels, fields: select::phases(state) };
        let listed = self.lean_pods(namespace.unwrap_or_default(), selectors, now, |pod| {
            looked_at += 1;
            state.is_of(pod, now) || (state.is_compared() && workload::deployment_of(pod).is_some())
        });
        let listed = listed.await?;
        let mut namespaces: BTreeMap<String, Vec<Pod>> = BTreeMap::new();
        namespaces.extend(namespace.map(|namespace| (namespace.to_owned(), Vec::new())));
        for pod in listed {
            let own = pod.metadata.namespace.as_deref().or(namespace).unwrap_or_default().to_owned();
            namespaces.entry(own).or_default().push(pod);
        }
        namespaces.retain(|_, pods| namespace.is_some() || pods.iter().any(|pod| state.is_of(pod, now)));
        let scenes =
            namespaces.into_iter().map(|(namespace, pods)| self.stuck_in(namespace, pods, state, now));
        let mut scenes: Vec<Scene> = stream::iter(scenes).buffered(AT_ONCE).collect().await;
        if scenes.is_empty() {
            scenes.push(Scene::new("", nothing()));
        }
        scenes[0].pods = looked_at;
        if looked_at == 0 {
            self.nothing_found(&mut scenes[0], selectors).await?;
        }
        Ok(scenes)
    }

    /// Tells a state that no pod is in from a place without pods, and that from a place that does not exist.
    async fn nothing_found(&self, scene: &mut Scene, selectors: Selectors<'_>) -> Result<(), Error> {
        let Selectors { labels, fields } = selectors;
        scene.empty = fields.is_empty() || !self.has_pods(&scene.namespace, labels).await?;
        if scene.empty && !scene.namespace.is_empty() {
            scene.unseen.extend(self.namespace_unread(&scene.namespace).await?);
        }
        Ok(())
    }

    /// Those in a state among the pods of a namespace.
    async fn stuck_in(&self, namespace: String, mut pods: Vec<Pod>, state: State, now: Timestamp) -> Scene {
        let asked: Vec<&Pod> = pods.iter().filter(|pod| state.is_of(pod, now)).collect();
        let only: BTreeSet<String> = asked.iter().map(|pod| workload::name(pod).to_owned()).collect();
        let owners = asked.iter().filter(|_| state.is_compared());
        let owners: BTreeSet<&str> = owners.filter_map(|pod| workload::deployment_of(pod)).collect();
        let (events, owners) =
            join(self.events_of(&namespace, &asked), self.owners(&namespace, &owners)).await;
        let (owners, sets, unseen) = match owners {
            Ok((owners, sets)) => (owners, sets, None),
            Err(error) => (Vec::new(), Vec::new(), Some(format!("the pods beside them: {error}"))),
        };
        let mut pool = Pool { sets, pods: std::mem::take(&mut pods), events: events.into() };
        let workloads = owners.into_iter().map(|deployment| pool.workload(deployment)).collect();
        let Pool { mut pods, events, .. } = pool;
        pods.retain(|pod| only.contains(workload::name(pod)));
        let subjects = Subjects { workloads, pods, events, only: Some(only), ..nothing() };
        Scene { unseen: unseen.into_iter().collect(), ..Scene::new(&namespace, subjects) }
    }

    /// The Deployments of these names, and their `ReplicaSet`s: one by one where they are few, or among all of the
    /// namespace.
    async fn owners(
        &self,
        namespace: &str,
        names: &BTreeSet<&str>,
    ) -> Result<(Vec<Deployment>, Vec<ReplicaSet>), Error> {
        if names.len() <= FEW {
            let found = self.deployments_one_by_one(namespace, names).await?;
            let selectors: Vec<String> = found.iter().map(Deployment::selector).collect();
            let sets =
                select::each(&selectors, async |labels| self.replica_sets(namespace, labels).await).await?;
            return Ok((found, sets.concat()));
        }
        let deployments = self.deployments_named(namespace, names);
        let (deployments, sets) = join(deployments, self.replica_sets(namespace, "")).await;
        Ok((deployments?, sets?))
    }
}
