//! One pod and its controller's others: what an eviction is decided on, and the eviction.

use futures::future::join;
use http::Method;
use k8s_openapi::api::apps::v1::ReplicaSet;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sk_core::access;
use sk_core::catalogue::Catalogue;
use sk_core::evict::{Facts, PodTarget};
use sk_core::fact::Fact;
use sk_core::operation::Evicted;
use sk_core::workload::{self, Siblings};

use super::deployment::COMPONENT;
use super::pages::Selectors;
use super::requests::uri;
use super::{Change, Cluster, Gathered, PODS, REPLICA_SETS, Resource, Watch, WriteOptions, plain};
use crate::error::{Attempt, Error, WriteError};

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
    ) -> Result<Option<Gathered<'_, Facts>>, Error> {
        let PodTarget { namespace, pod: name, .. } = target;
        let named = format!("metadata.name={name}");
        let found = self.typed_list::<Pod>(&PODS, namespace, &named);
        let (found, budgets) = join(found, self.budgets(namespace)).await;
        let Some(pod) = found?.pop() else { return Ok(None) };
        let mut watch = Watch::siblings(self, namespace, &pod);
        let deployment = self.deployment_of(namespace, &pod).await?;
        let owner = deployment.as_ref().map_or("", |owner| owner.name.as_str());
        let needed = access::evict(no_lock || deployment.is_none());
        let access = self.accesses(namespace, owner, &needed).await;
        let mut siblings = Siblings { pods: vec![pod.clone()], events: Fact::Known(Vec::new()) };
        if workload::controller(&pod.metadata).is_some()
            && let Change::Siblings(first) = watch.first().await?
        {
            siblings = *first;
        }
        let service =
            deployment.as_ref().and_then(|owner| catalogue.of_deployment(namespace, &owner.name)).cloned();
        let facts = Facts { pod, siblings, deployment, service, budgets, access };
        Ok(Some(Gathered { facts, watch }))
    }

    /// The error of a pod that does not exist, in the API server's words.
    pub async fn no_such_pod(&self, target: &PodTarget) -> Error {
        self.absent(&PODS, &target.namespace, &target.pod).await
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
