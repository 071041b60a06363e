//! Gathers what a decision needs, all independent requests at once.

use futures::future::{join, join_all};
use k8s_openapi::api::authorization::v1::SubjectRulesReviewStatus;
use serde_json::json;
use sk_core::access::{self, Access};
use sk_core::checks::Facts;
use sk_core::fact::Fact;
use sk_core::target::Target;

use super::{Cluster, Review, Watch};
use crate::error::Error;

/// Facts, and the watch they were read from: it goes on while the plan is shown and carried out.
pub struct Gathered<'a> {
    /// What is known.
    pub facts: Facts,
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
    let (watched, access) = join(watch(cluster, target), cluster.accesses(target, needed)).await;
    Ok(watched?.map(|(watch, workload)| Gathered { facts: Facts { workload, access }, watch }))
}

/// Watches by the catalogue's selector, which saves a request; the Deployment's own counts.
async fn watch<'a>(
    cluster: &'a Cluster,
    target: &'a Target,
) -> Result<Option<(Watch<'a>, sk_core::workload::Workload)>, Error> {
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
        let Some(workload) = watch.first().await? else { return Ok(None) };
        let own = workload.deployment.selector();
        if own == selector {
            return Ok(Some((watch, *workload)));
        }
        selector = own;
    }
}

impl Cluster {
    /// Whether this user has each of these verbs: one rules review, and an access review for what it does not prove.
    pub async fn accesses(&self, target: &Target, needed: &[Access]) -> Vec<(Access, Fact<bool>)> {
        let rules = self.rules(&target.namespace).await;
        let reviews = needed.iter().map(|access| async {
            let proven = rules.as_ref().is_ok_and(|rules| access::proven(rules, access, &target.deployment));
            let fact = if proven { Fact::Known(true) } else { self.may(target, access).await.into() };
            (*access, fact)
        });
        join_all(reviews).await
    }

    async fn may(&self, target: &Target, access: &Access) -> Result<bool, Error> {
        let name = if matches!(access.verb, "get" | "patch") { target.deployment.as_str() } else { "" };
        let Access { verb, group, resource } = *access;
        self.access_review(Review {
            namespace: &target.namespace,
            verb,
            group,
            resource,
            subresource: "",
            name,
        })
        .await
    }

    /// All that this user may do in a namespace (`SelfSubjectRulesReview`).
    async fn rules(&self, namespace: &str) -> Result<SubjectRulesReviewStatus, Error> {
        let spec = json!({ "namespace": namespace });
        let status = self.review("SelfSubjectRulesReview", "selfsubjectrulesreviews", namespace, &spec).await?;
        Ok(serde_json::from_value(status).unwrap_or_default())
    }
}
