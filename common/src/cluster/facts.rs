//! Gathers what a decision needs, all independent requests at once.

use std::time::Duration;

use futures::future::{join, join_all, join3};
use k8s_openapi::api::authorization::v1::SubjectRulesReviewStatus;
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sk_core::access::{self, Access};
use sk_core::checks::{Facts, Surroundings};
use sk_core::fact::Fact;
use sk_core::resources::PodMetrics;
use sk_core::target::Target;
use sk_core::workload::Workload;

use super::{Change, Cluster, Resource, Review, Watch};
use crate::error::Error;

/// `autoscaling/v2`.
pub(super) const AUTOSCALERS: Resource = Resource {
    group: "autoscaling",
    version: "v2",
    plural: "horizontalpodautoscalers",
    kind: "HorizontalPodAutoscaler",
};

const QUOTAS: Resource =
    Resource { group: "", version: "v1", plural: "resourcequotas", kind: "ResourceQuota" };

/// `policy/v1`.
pub(super) const BUDGETS: Resource =
    Resource { group: "policy", version: "v1", plural: "poddisruptionbudgets", kind: "PodDisruptionBudget" };

/// What metrics-server or another implementation measures.
pub(super) const POD_METRICS: Resource =
    Resource { group: "metrics.k8s.io", version: "v1beta1", plural: "pods", kind: "PodMetrics" };

/// Longest time that a fact is waited for which is not required.
const PATIENCE: Duration = Duration::from_secs(2);

/// Facts, and the watch they were read from: it goes on while the plan is shown and carried out.
pub struct Gathered<'a, F = Facts> {
    /// What is known.
    pub facts: F,
    /// The watch.
    pub watch: Watch<'a>,
}

/// Reads everything a restart is decided on; none when the Deployment does not exist.
///
/// # Errors
/// What keeps the Deployment, its `ReplicaSet`s or pods from being read.
pub async fn gather<'a>(
    cluster: &'a Cluster,
    target: &'a Target,
    needed: &[Access],
) -> Result<Option<Gathered<'a>>, Error> {
    let around = join3(
        cluster.autoscalers(target),
        optional(cluster, cluster.list(&QUOTAS, &target.namespace, "", "")),
        cluster.budgets(&target.namespace),
    );
    let accesses = cluster.accesses(&target.namespace, &target.deployment, needed);
    let required = join(watch(cluster, target), accesses);
    let ((watched, access), around) = join(Box::pin(required), Box::pin(around)).await;
    let (autoscalers, quotas, budgets) = around;
    Ok(watched?.map(|Watched { watch, workload, usage }| {
        let surroundings = Surroundings { autoscalers, quotas, budgets, usage };
        Gathered { facts: Facts { workload, access, surroundings }, watch }
    }))
}

/// What is read by the pods' selector.
struct Watched<'a> {
    watch: Watch<'a>,
    workload: Workload,
    usage: Fact<Vec<PodMetrics>>,
}

/// Watches by the catalogue's selector, which saves a request; the Deployment's own counts.
async fn watch<'a>(cluster: &'a Cluster, target: &'a Target) -> Result<Option<Watched<'a>>, Error> {
    let expected = target.service.as_ref().and_then(|service| service.selector.clone());
    let mut selector = match expected {
        Some(selector) => selector,
        None => match cluster.deployment(target).await? {
            Some(deployment) => deployment.selector(),
            None => return Ok(None),
        },
    };
    loop {
        let mut watch = Watch::new(cluster, target, &selector);
        let usage = optional(cluster, cluster.list(&POD_METRICS, &target.namespace, &selector, ""));
        let (first, usage) = join(watch.first(), usage).await;
        let Change::Workload(workload) = first? else { return Ok(None) };
        let own = workload.deployment.selector();
        if own == selector {
            return Ok(Some(Watched { watch, workload: *workload, usage }));
        }
        selector = own;
    }
}

/// What is not required, and not waited for longer than that. The log-in takes its own time: it may wait for a person.
pub(super) async fn in_patience<T>(
    cluster: &Cluster,
    read: impl Future<Output = Result<T, Error>>,
) -> Fact<T> {
    if let Err(error) = cluster.transport.ready().await {
        return Err(error).into();
    }
    match tokio::time::timeout(PATIENCE, read).await {
        Ok(read) => read.into(),
        Err(_) => Fact::Unavailable(format!("no answer within {} s", PATIENCE.as_secs())),
    }
}

/// A fact that is not required: without an answer in time the checks say so, and go on.
pub(super) async fn optional<T: DeserializeOwned>(
    cluster: &Cluster,
    read: impl Future<Output = Result<Vec<Value>, Error>>,
) -> Fact<Vec<T>> {
    match in_patience(cluster, read).await {
        Fact::Known(objects) => serde_json::from_value(Value::Array(objects)).into(),
        Fact::Unavailable(reason) => Fact::Unavailable(reason),
    }
}

impl Cluster {
    /// The autoscaler that the catalogue names, as a list of at most one, else those of the namespace.
    async fn autoscalers(&self, target: &Target) -> Fact<Vec<HorizontalPodAutoscaler>> {
        let namespace = &target.namespace;
        match target.service.as_ref().and_then(|service| service.hpa.as_ref()) {
            Some(name) => {
                let read = async { Ok(self.get(&AUTOSCALERS, namespace, name).await?.into_iter().collect()) };
                optional(self, read).await
            }
            None => optional(self, self.list(&AUTOSCALERS, namespace, "", "")).await,
        }
    }

    /// The namespace's budgets.
    pub(super) async fn budgets(&self, namespace: &str) -> Fact<Vec<PodDisruptionBudget>> {
        optional(self, self.list(&BUDGETS, namespace, "", "")).await
    }

    /// Whether this user has each of these verbs, for a Deployment of this name: one rules review, and an access review
    /// for what it does not prove.
    pub async fn accesses(
        &self,
        namespace: &str,
        deployment: &str,
        needed: &[Access],
    ) -> Vec<(Access, Fact<bool>)> {
        let rules = self.rules(namespace).await;
        let reviews = needed.iter().map(|access| async {
            let proven = rules.as_ref().is_ok_and(|rules| access::proven(rules, access, deployment));
            let fact =
                if proven { Fact::Known(true) } else { self.may(namespace, deployment, access).await.into() };
            (*access, fact)
        });
        join_all(reviews).await
    }

    async fn may(&self, namespace: &str, deployment: &str, access: &Access) -> Result<bool, Error> {
        let name = access.object(deployment).unwrap_or_default();
        let Access { verb, group, resource } = *access;
        let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
        self.access_review(Review { namespace, verb, group, resource, subresource, name: &name }).await
    }

    /// All that this user may do in a namespace (`SelfSubjectRulesReview`).
    async fn rules(&self, namespace: &str) -> Result<SubjectRulesReviewStatus, Error> {
        let spec = json!({ "namespace": namespace });
        let status =
            self.review("SelfSubjectRulesReview", "selfsubjectrulesreviews", namespace, &spec).await?;
        Ok(serde_json::from_value(status).unwrap_or_default())
    }
}
