//! What the cluster keeps for a rollback: what `sk-history` says, and the keys of `ConfigMap`s and Secrets.

use std::collections::BTreeSet;

use futures::future::{join, join_all, join3};
use serde_json::{Map, Value};
use sk_core::access::Access;
use sk_core::fact::Fact;
use sk_core::operation::{Entry, HISTORY};
use sk_core::references::{Kept, Reference, ReferenceKind};
use sk_core::resources::PodMetrics;
use sk_core::target::Target;
use sk_core::workload::{ReplicaSet, Workload, typed};

use super::facts::{Gathered, POD_METRICS, gather, in_patience, optional};
use super::history::CONFIG_MAPS;
use super::{Cluster, PODS, REPLICA_SETS, Resource};
use crate::error::Error;

const SECRETS: Resource = Resource { group: "", version: "v1", plural: "secrets", kind: "Secret" };

/// What is known of a Deployment's revisions.
#[derive(Debug)]
pub struct Past {
    /// The Deployment, with the `ReplicaSet`s that are its revisions.
    pub workload: Workload,
    /// What `sk-history` says of it.
    pub operations: Fact<Vec<Entry>>,
    /// What its pods used of late.
    pub usage: Fact<Vec<PodMetrics>>,
}

/// Reads everything a rollback is decided on but what its template requires, which is not chosen yet; no facts when the
/// Deployment does not exist.
///
/// # Errors
/// What keeps the Deployment, its `ReplicaSet`s or pods from being read.
pub async fn gather_rollback<'a>(
    cluster: &'a Cluster,
    target: &'a Target,
    needed: &[Access],
) -> Result<(Option<Gathered<'a>>, Fact<Vec<Entry>>), Error> {
    let gathering = Box::pin(gather(cluster, target, needed));
    let (gathered, operations) = join(gathering, cluster.operations(target)).await;
    Ok((gathered?, operations))
}

impl Cluster {
    /// The last operations of ours on this Deployment.
    pub async fn operations(&self, target: &Target) -> Fact<Vec<Entry>> {
        let read = self.get(&CONFIG_MAPS, &target.namespace, HISTORY);
        let none = Value::Null;
        in_patience(self, read).await.map(|found| {
            let data = found.as_ref().map_or(&none, |found| &found["data"]);
            Entry::read(data, &target.deployment)
        })
    }

    /// The keys of each of these objects. What a Secret holds is dropped here.
    pub async fn keys(&self, namespace: &str, references: &[Reference]) -> Kept {
        let read = references.iter().map(|reference| async move {
            let resource = match reference.kind {
                ReferenceKind::ConfigMap => &CONFIG_MAPS,
                ReferenceKind::Secret => &SECRETS,
            };
            let found = in_patience(self, self.get(resource, namespace, &reference.name)).await;
            (reference.clone(), found.map(|found| found.as_ref().map(keys)))
        });
        join_all(read).await.into_iter().collect()
    }

    /// Reads the revisions of a Deployment; none when it does not exist.
    ///
    /// # Errors
    /// What keeps the Deployment, its `ReplicaSet`s or pods from being read.
    pub async fn past(&self, target: &Target) -> Result<Option<Past>, Error> {
        let (deployment, operations) = join(self.deployment(target), self.operations(target)).await;
        let Some(deployment) = deployment? else { return Ok(None) };
        let (namespace, selector) = (&target.namespace, deployment.selector());
        let (sets, pods, usage) = join3(
            self.list(&REPLICA_SETS, namespace, &selector, ""),
            self.list(&PODS, namespace, &selector, ""),
            optional(self, self.list(&POD_METRICS, namespace, &selector, "")),
        )
        .await;
        let sets = sets?.into_iter().map(ReplicaSet::read).collect::<Result<_, _>>()?;
        let pods = typed("PodList", Value::Array(pods?))?;
        let events = Fact::Unavailable("not read".to_owned());
        Ok(Some(Past { workload: Workload::of(deployment, sets, pods, events), operations, usage }))
    }
}

/// The keys of `data` and of `binaryData`.
fn keys(object: &Value) -> BTreeSet<String> {
    let fields = ["data", "binaryData"].into_iter().filter_map(|field| object[field].as_object());
    fields.flat_map(Map::keys).cloned().collect()
}
