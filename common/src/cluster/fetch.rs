//! Fetches what rules asked for: each need is a request or two, all of them at once.

use futures::future::{join3, try_join};
use futures::stream::{self, StreamExt};
use k8s_openapi::api::core::v1::{Event, PersistentVolumeClaim};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sk_core::causes::{Answer, Claim, Fetched, Need};
use sk_core::fact::Fact;
use sk_core::workload;

use super::facts::{AUTOSCALERS, BUDGETS, POD_METRICS, in_patience, optional};
use super::inspect::LAST_LINES;
use super::pages::{METADATA, Selectors};
use super::{Cluster, PODS, REPLICA_SETS, Resource};
use crate::error::Error;

const NODES: Resource = Resource { group: "", version: "v1", plural: "nodes", kind: "Node" };
const CLAIMS: Resource =
    Resource { group: "", version: "v1", plural: "persistentvolumeclaims", kind: "PersistentVolumeClaim" };
const VOLUMES: Resource =
    Resource { group: "", version: "v1", plural: "persistentvolumes", kind: "PersistentVolume" };
const CLASSES: Resource =
    Resource { group: "storage.k8s.io", version: "v1", plural: "storageclasses", kind: "StorageClass" };
const ATTACHMENTS: Resource = Resource {
    group: "storage.k8s.io",
    version: "v1",
    plural: "volumeattachments",
    kind: "VolumeAttachment",
};
const JOBS: Resource = Resource { group: "batch", version: "v1", plural: "jobs", kind: "Job" };
const SERVICES: Resource = Resource { group: "", version: "v1", plural: "services", kind: "Service" };
const ENDPOINT_SLICES: Resource =
    Resource { group: "discovery.k8s.io", version: "v1", plural: "endpointslices", kind: "EndpointSlice" };
const NETWORK_POLICIES: Resource =
    Resource { group: "networking.k8s.io", version: "v1", plural: "networkpolicies", kind: "NetworkPolicy" };
const CONTROLLER_REVISIONS: Resource =
    Resource { group: "apps", version: "v1", plural: "controllerrevisions", kind: "ControllerRevision" };

/// Whose an object is, and nothing else of it.
#[derive(Deserialize)]
struct Object {
    metadata: ObjectMeta,
}

/// Requests that are made at the same time.
const AT_ONCE: usize = 8;

impl Cluster {
    /// Fetches what rules asked for. Nothing here is required: what cannot be read says why.
    pub async fn fetch(&self, namespace: &str, needs: &[Need]) -> Fetched {
        self.fetch_lines(namespace, needs, LAST_LINES).await
    }

    /// The same with so many lines of each log.
    pub async fn fetch_lines(&self, namespace: &str, needs: &[Need], tail: i64) -> Fetched {
        let fetched =
            needs.iter().map(|need| async move { (need.clone(), self.answer(namespace, need, tail).await) });
        stream::iter(fetched).buffered(AT_ONCE).collect().await
    }

    async fn answer(&self, namespace: &str, need: &Need, tail: i64) -> Fact<Answer> {
        match need {
            Need::PreviousLog { pod, container } => {
                self.last_lines(namespace, pod, container, true, tail).await.map(Answer::Text)
            }
            Need::Log { pod, container } => {
                self.last_lines(namespace, pod, container, false, tail).await.map(Answer::Text)
            }
            Need::LastWrite(reference) => self.last_write(namespace, reference).await.map(Answer::Text),
            Need::Node(name) => self.one(&NODES, "", name).await.map(|node| Answer::Node(node.map(Box::new))),
            Need::Nodes => self.all(&NODES, "", "", "").await.map(Answer::Nodes),
            Need::PodsOn(node) => {
                let bound = format!("spec.nodeName={node}");
                self.all(&PODS, "", "", &bound).await.map(Answer::Pods)
            }
            Need::Claim(name) => {
                self.claim(namespace, name).await.map(|claim| Answer::Claim(Box::new(claim)))
            }
            Need::Attachment(name) => {
                let found = self.one(&ATTACHMENTS, "", name).await;
                found.map(|attachment| Answer::Attachment(attachment.map(Box::new)))
            }
            Need::Services => self.all(&SERVICES, namespace, "", "").await.map(Answer::Services),
            Need::Endpoints(service) => {
                let of = format!("kubernetes.io/service-name={service}");
                self.all(&ENDPOINT_SLICES, namespace, &of, "").await.map(Answer::Endpoints)
            }
            Need::Carriers(labels) => self.carriers(namespace, labels).await.map(Answer::Carriers),
            Need::NetworkPolicies => {
                self.all(&NETWORK_POLICIES, namespace, "", "").await.map(Answer::NetworkPolicies)
            }
            Need::Budgets => self.all(&BUDGETS, namespace, "", "").await.map(Answer::Budgets),
            Need::Autoscalers => self.all(&AUTOSCALERS, namespace, "", "").await.map(Answer::Autoscalers),
            Need::Scalings(deployment) => self.scalings(namespace, deployment).await.map(Answer::Scalings),
            Need::Usage(pod) => {
                let found = self.one(&POD_METRICS, namespace, pod).await;
                found.map(|usage| Answer::Usage(usage.map(Box::new)))
            }
            Need::Probe(asked) => self.ask(namespace, asked).await.map(Answer::Probe),
            Need::Job(name) => {
                self.one(&JOBS, namespace, name).await.map(|job| Answer::Job(job.map(Box::new)))
            }
            Need::PullSecret(name) => self.is_no_pull_secret(namespace, name).await.map(Answer::WrongType),
        }
    }

    /// The object; none where it does not exist.
    async fn one<T: DeserializeOwned>(
        &self,
        resource: &Resource,
        namespace: &str,
        name: &str,
    ) -> Fact<Option<T>> {
        let read = async { Ok(self.get(resource, namespace, name).await?.into_iter().collect()) };
        optional(self, read).await.map(|mut found: Vec<T>| found.pop())
    }

    async fn all<T: DeserializeOwned>(
        &self,
        resource: &Resource,
        namespace: &str,
        labels: &str,
        fields: &str,
    ) -> Fact<Vec<T>> {
        optional(self, self.list(resource, namespace, labels, fields)).await
    }

    /// The controllers whose templates have these labels. A Deployment's `ReplicaSet`s and the revisions of a
    /// `StatefulSet` or `DaemonSet` are labelled as their template is, and stay when it is scaled to 0.
    async fn carriers(&self, namespace: &str, labels: &str) -> Fact<Vec<String>> {
        let read = async {
            let sets = self.controllers(&REPLICA_SETS, namespace, labels);
            let revisions = self.controllers(&CONTROLLER_REVISIONS, namespace, labels);
            let (mut controllers, of_revisions) = try_join(sets, revisions).await?;
            controllers.extend(of_revisions);
            Ok(controllers)
        };
        in_patience(self, read).await
    }

    /// UIDs of what controls these objects, else their own.
    async fn controllers(
        &self,
        resource: &Resource,
        namespace: &str,
        labels: &str,
    ) -> Result<Vec<String>, Error> {
        let mut controllers = Vec::new();
        let keep = |object: Object| {
            let owner = workload::controller_uid(&object.metadata).map(str::to_owned);
            controllers.push(owner.or(object.metadata.uid).unwrap_or_default());
        };
        self.pages_as(METADATA, resource, namespace, Selectors { labels, fields: "" }, keep).await?;
        Ok(controllers)
    }

    /// The claim, then at the same time what it names and what was said of it.
    async fn claim(&self, namespace: &str, name: &str) -> Fact<Claim> {
        let found: Fact<Option<PersistentVolumeClaim>> = self.one(&CLAIMS, namespace, name).await;
        let claim = match found {
            Fact::Known(claim) => claim,
            Fact::Unavailable(reason) => return Fact::Unavailable(reason),
        };
        let spec = claim.as_ref().and_then(|claim| claim.spec.as_ref());
        let volume = spec.and_then(|spec| spec.volume_name.as_deref()).filter(|name| !name.is_empty());
        let class = spec.and_then(|spec| spec.storage_class_name.as_deref()).filter(|name| !name.is_empty());
        let on_claim = format!("involvedObject.kind=PersistentVolumeClaim,involvedObject.name={name}");
        let events = self.oldest_first(namespace, &on_claim);
        let (volume, class, events) =
            join3(self.named(&VOLUMES, volume), self.named(&CLASSES, class), events).await;
        Fact::Known(Claim { claim, events, volume, class })
    }

    async fn scalings(&self, namespace: &str, deployment: &str) -> Fact<Vec<Event>> {
        let on_it = format!("involvedObject.kind=Deployment,involvedObject.name={deployment}");
        self.oldest_first(namespace, &format!("{on_it},reason=ScalingReplicaSet")).await
    }

    /// Events, oldest first.
    async fn oldest_first(&self, namespace: &str, fields: &str) -> Fact<Vec<Event>> {
        in_patience(self, self.events(namespace, fields, |_| true)).await
    }

    /// The cluster's object of this name, where there is a name.
    async fn named<T: DeserializeOwned>(&self, resource: &Resource, name: Option<&str>) -> Fact<Option<T>> {
        match name {
            Some(name) => self.one(resource, "", name).await,
            None => Fact::Known(None),
        }
    }
}
