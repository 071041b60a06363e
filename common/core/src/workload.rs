//! A Deployment with its `ReplicaSet`s and pods, read from what the API server sent.

mod lean;
mod pod;
mod revisions;
mod siblings;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use k8s_openapi::api::apps::v1 as apps;
use k8s_openapi::api::core::v1::{Event, Pod};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta, OwnerReference};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde_json::Value;

use crate::fact::Fact;
use crate::revision;

pub(crate) use lean::{RELAPSE, is_lately_back, may_relapse};
pub use lean::{is_well, lean};
pub use pod::{
    condition_is_true, container_names, containers, deployment_of, event_uid, has_ended, has_failed,
    is_mirror, is_ready, job_of, last_seen, name, node, owner, restarts, times_seen,
};
pub use siblings::Siblings;

/// An object that the API server sent and that does not have the form of its kind.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the API server sent a {kind} that cannot be read: {reason}")]
pub struct Malformed {
    kind: &'static str,
    reason: String,
}

/// A Deployment; its template stays raw JSON, so that no field is lost that the types do not know.
#[derive(Clone, Debug, PartialEq)]
pub struct Deployment {
    metadata: ObjectMeta,
    spec: apps::DeploymentSpec,
    status: apps::DeploymentStatus,
    template: Value,
}

/// A `ReplicaSet`; its template stays raw JSON.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplicaSet {
    metadata: ObjectMeta,
    template: Value,
    failure: Option<String>,
}

/// A Deployment and what it owns, as of one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Workload {
    /// The Deployment.
    pub deployment: Deployment,
    /// The `ReplicaSet`s whose controller it is.
    pub replica_sets: Vec<ReplicaSet>,
    /// The pods whose controllers those are.
    pub pods: Vec<Pod>,
    /// Events on any of these, oldest first.
    pub events: Fact<Vec<Event>>,
    /// Place of the `ReplicaSet` that has the present template: found once, asked for every pod.
    current: Option<usize>,
}

/// Reads what the API server sent.
///
/// # Errors
/// It does not have the form of its kind.
pub fn typed<T: serde::de::DeserializeOwned>(kind: &'static str, raw: Value) -> Result<T, Malformed> {
    serde_json::from_value(raw).map_err(|error| Malformed { kind, reason: error.to_string() })
}

fn template_of(raw: &Value) -> Value {
    raw.pointer("/spec/template").cloned().unwrap_or_default()
}

/// `metadata.uid`.
pub(crate) fn uid(metadata: &ObjectMeta) -> &str {
    metadata.uid.as_deref().unwrap_or_default()
}

/// The owner that is the object's controller.
pub fn controller(metadata: &ObjectMeta) -> Option<&OwnerReference> {
    metadata.owner_references.iter().flatten().find(|owner| owner.controller == Some(true))
}

/// UID of the object's controller.
pub fn controller_uid(metadata: &ObjectMeta) -> Option<&str> {
    controller(metadata).map(|owner| owner.uid.as_str())
}

impl Deployment {
    /// Reads `apps/v1` JSON.
    ///
    /// # Errors
    /// The JSON is no Deployment.
    pub fn read(raw: Value) -> Result<Self, Malformed> {
        let template = template_of(&raw);
        let object: apps::Deployment = typed("Deployment", raw)?;
        let (spec, status) = (object.spec.unwrap_or_default(), object.status.unwrap_or_default());
        Ok(Self { metadata: object.metadata, spec, status, template })
    }

    /// `metadata.name`.
    pub fn name(&self) -> &str {
        self.metadata.name.as_deref().unwrap_or_default()
    }

    /// `metadata.uid`.
    pub fn uid(&self) -> &str {
        uid(&self.metadata)
    }

    /// A label of `metadata.labels`.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.metadata.labels.as_ref()?.get(key).map(String::as_str)
    }

    /// An annotation of `metadata.annotations`.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.metadata.annotations.as_ref()?.get(key).map(String::as_str)
    }

    /// `metadata.resourceVersion`.
    pub fn resource_version(&self) -> &str {
        self.metadata.resource_version.as_deref().unwrap_or_default()
    }

    /// Whether it has any annotation.
    pub fn has_annotations(&self) -> bool {
        self.metadata.annotations.as_ref().is_some_and(|annotations| !annotations.is_empty())
    }

    /// `metadata.generation`.
    pub fn generation(&self) -> i64 {
        self.metadata.generation.unwrap_or_default()
    }

    /// Whether the controller has seen the present spec: `status.observedGeneration` has reached `metadata.generation`.
    pub fn is_observed(&self) -> bool {
        self.status.observed_generation.unwrap_or_default() >= self.generation()
    }

    /// `spec.replicas`; 1 when absent, as the API server defaults it.
    pub fn replicas(&self) -> i32 {
        self.spec.replicas.unwrap_or(1)
    }

    /// `spec.paused`.
    pub fn is_paused(&self) -> bool {
        self.spec.paused.unwrap_or_default()
    }

    /// `spec.template`, raw.
    pub fn template(&self) -> &Value {
        &self.template
    }

    /// `spec.template.metadata.labels`.
    pub fn pod_labels(&self) -> BTreeMap<String, String> {
        let labels = self.template.pointer("/metadata/labels").and_then(Value::as_object);
        let text = |(key, value): (&String, &Value)| Some((key.clone(), value.as_str()?.to_owned()));
        labels.into_iter().flatten().filter_map(text).collect()
    }

    /// Name and image of each container of the template.
    pub fn images(&self) -> Vec<(&str, &str)> {
        revision::images(&self.template)
    }

    /// `spec.selector`, as the API takes it in a query.
    pub fn selector(&self) -> String {
        selector_text(&self.spec.selector)
    }

    /// Whether `spec.strategy.type` is Recreate: every old pod goes before a new one comes.
    pub fn recreates(&self) -> bool {
        self.spec.strategy.as_ref().and_then(|strategy| strategy.type_.as_deref()) == Some("Recreate")
    }

    /// How many pods a rolling update may run beyond `spec.replicas`, and how many may be unavailable.
    ///
    /// Mirrors `ResolveFenceposts` of `k8s.io/kubectl/pkg/util/deployment`: surge rounds up, unavailable rounds
    /// down, and when both come to 0 one pod may be unavailable.
    pub fn fenceposts(&self) -> (i32, i32) {
        let rolling = self.spec.strategy.as_ref().and_then(|strategy| strategy.rolling_update.as_ref());
        let surge = share(rolling.and_then(|r| r.max_surge.as_ref()), self.replicas(), Rounding::Up);
        let unavailable =
            share(rolling.and_then(|r| r.max_unavailable.as_ref()), self.replicas(), Rounding::Down);
        if surge == 0 && unavailable == 0 { (0, 1) } else { (surge, unavailable) }
    }

    /// Available pods that the controller leaves in a rollout: none with `Recreate`, else `replicas - maxUnavailable`.
    pub fn kept(&self) -> i32 {
        if self.recreates() { 0 } else { self.replicas().saturating_sub(self.fenceposts().1).max(0) }
    }

    /// How many pods a rollout runs beyond `spec.replicas`.
    pub fn surge(&self) -> i32 {
        if self.recreates() { 0 } else { self.fenceposts().0.min(self.replicas()).max(0) }
    }

    /// `status`.
    pub fn status(&self) -> &apps::DeploymentStatus {
        &self.status
    }

    /// `status.availableReplicas`.
    pub fn available(&self) -> i32 {
        self.status.available_replicas.unwrap_or_default()
    }

    /// `status.readyReplicas`.
    pub fn ready(&self) -> i32 {
        self.status.ready_replicas.unwrap_or_default()
    }

    /// The condition of this type in `status.conditions`.
    pub fn condition(&self, kind: &str) -> Option<&apps::DeploymentCondition> {
        self.status.conditions.iter().flatten().find(|condition| condition.type_ == kind)
    }

    /// When its pods were last told to restart.
    pub fn restarted_at(&self) -> Option<&str> {
        revision::restarted_at(&self.template)
    }
}

impl ReplicaSet {
    /// Reads `apps/v1` JSON.
    ///
    /// # Errors
    /// The JSON is no `ReplicaSet`.
    pub fn read(raw: Value) -> Result<Self, Malformed> {
        let template = template_of(&raw);
        let object: apps::ReplicaSet = typed("ReplicaSet", raw)?;
        let conditions = object.status.and_then(|status| status.conditions).unwrap_or_default();
        let stands = |kind: &str, status: &str| kind == "ReplicaFailure" && status == "True";
        let failure = conditions.into_iter().find(|one| stands(&one.type_, &one.status));
        Ok(Self { metadata: object.metadata, template, failure: failure.and_then(|one| one.message) })
    }

    /// `metadata.name`.
    pub fn name(&self) -> &str {
        self.metadata.name.as_deref().unwrap_or_default()
    }

    /// The message of its condition `ReplicaFailure`, where that is True now.
    pub fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// `metadata.uid`.
    pub fn uid(&self) -> &str {
        uid(&self.metadata)
    }

    /// UID of its controller.
    pub fn owner(&self) -> Option<&str> {
        controller_uid(&self.metadata)
    }

    /// `metadata.creationTimestamp`.
    pub fn created_at(&self) -> Option<Timestamp> {
        self.metadata.creation_timestamp.as_ref().map(|time| time.0)
    }

    /// `spec.template`, raw.
    pub fn template(&self) -> &Value {
        &self.template
    }
}

impl Workload {
    /// Keeps of the `ReplicaSet`s and pods of a namespace what this Deployment owns, by owner UID.
    pub fn of(
        deployment: Deployment,
        replica_sets: Vec<ReplicaSet>,
        pods: Vec<Pod>,
        events: Fact<Vec<Event>>,
    ) -> Self {
        let replica_sets: Vec<_> = replica_sets
            .into_iter()
            .filter(|set| controller_uid(&set.metadata) == Some(deployment.uid()))
            .collect();
        let owned = |pod: &Pod| {
            controller_uid(&pod.metadata)
                .is_some_and(|owner| replica_sets.iter().any(|set| set.uid() == owner))
        };
        let pods: Vec<Pod> = pods.into_iter().filter(owned).collect();
        let current =
            replica_sets.iter().position(|set| revision::is_current(&set.template, deployment.template()));
        let uids: BTreeSet<&str> = pods
            .iter()
            .map(|pod| uid(&pod.metadata))
            .chain(replica_sets.iter().map(ReplicaSet::uid))
            .chain([deployment.uid()])
            .collect();
        let events = events.map(|mut events| {
            events.retain(|event| event.involved_object.uid.as_deref().is_some_and(|uid| uids.contains(uid)));
            events.sort_by_key(last_seen);
            events
        });
        Self { deployment, replica_sets, pods, events, current }
    }

    /// The same with a Deployment that was read later.
    #[must_use]
    pub fn with(self, deployment: Deployment) -> Self {
        Self::of(deployment, self.replica_sets, self.pods, self.events)
    }

    /// The `ReplicaSet` that has the Deployment's present template.
    pub fn current(&self) -> Option<&ReplicaSet> {
        self.replica_sets.get(self.current?)
    }

    /// Whether the pod is of the present template.
    pub fn is_new(&self, pod: &Pod) -> bool {
        self.current().is_some_and(|set| controller_uid(&pod.metadata) == Some(set.uid()))
    }
}

#[derive(Clone, Copy)]
enum Rounding {
    Up,
    Down,
}

/// A number or percentage of `total`; 25 % when absent, as the API server defaults both fields.
fn share(value: Option<&IntOrString>, total: i32, rounding: Rounding) -> i32 {
    let percent = match value {
        Some(IntOrString::Int(number)) => return *number,
        Some(IntOrString::String(text)) => text.trim_end_matches('%').parse().unwrap_or_default(),
        None => 25,
    };
    let hundredths = i64::from(total) * i64::from(percent);
    let rounded = match rounding {
        Rounding::Up => (hundredths + 99) / 100,
        Rounding::Down => hundredths / 100,
    };
    i32::try_from(rounded).unwrap_or(i32::MAX)
}

/// A label selector in the form of a query parameter (`metav1.FormatLabelSelector`).
fn selector_text(selector: &LabelSelector) -> String {
    let equal = selector.match_labels.iter().flatten().map(|(key, value)| format!("{key}={value}"));
    let expressions = selector.match_expressions.iter().flatten().map(|expression| {
        let key = &expression.key;
        let values = expression.values.as_deref().unwrap_or_default().join(",");
        match expression.operator.as_str() {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "DoesNotExist" => format!("!{key}"),
            _ => key.clone(),
        }
    });
    equal.chain(expressions).collect::<Vec<_>>().join(",")
}
