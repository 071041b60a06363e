//! What a Deployment and its `ReplicaSet`s say of revisions.

use jiff::Timestamp;
use serde_json::Value;

use super::{Deployment, ReplicaSet};

/// Annotation of the Deployment controller: the number of a revision (`deploymentutil.RevisionAnnotation`).
const REVISION: &str = "deployment.kubernetes.io/revision";

/// Numbers that a `ReplicaSet` had before a rollback gave it a new one, with commas.
const REVISION_HISTORY: &str = "deployment.kubernetes.io/revision-history";

/// What `kubectl apply` read last.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// `spec.revisionHistoryLimit` when absent, as the API server defaults it.
const HISTORY_LIMIT: i32 = 10;

impl Deployment {
    /// `spec.revisionHistoryLimit`.
    pub fn history_limit(&self) -> i32 {
        self.spec.revision_history_limit.unwrap_or(HISTORY_LIMIT)
    }

    /// What `kubectl apply` read last, where it was used.
    pub fn last_applied(&self) -> Option<Value> {
        serde_json::from_str(self.annotation(LAST_APPLIED)?).ok()
    }

    /// Those who wrote the template, as `metadata.managedFields` keeps them: manager, and when it wrote last.
    pub fn template_writers(&self) -> Vec<(&str, jiff::Timestamp)> {
        let entries = self.metadata.managed_fields.iter().flatten();
        let writers = entries.filter_map(|entry| {
            let fields = &entry.fields_v1.as_ref()?.0;
            fields.pointer("/f:spec/f:template")?;
            Some((entry.manager.as_deref()?, entry.time.as_ref()?.0))
        });
        writers.collect()
    }

    /// `spec.minReadySeconds`.
    pub fn min_ready_seconds(&self) -> i32 {
        self.spec.min_ready_seconds.unwrap_or_default()
    }

    /// When its rollout last got on, as its Progressing condition says.
    pub fn last_progress(&self) -> Option<Timestamp> {
        self.condition("Progressing")?.last_update_time.as_ref().map(|time| time.0)
    }

    /// The same Deployment with another template.
    #[must_use]
    pub fn with_template(&self, template: Value) -> Self {
        Self { template, ..self.clone() }
    }
}

impl ReplicaSet {
    /// An annotation of `metadata.annotations`.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.metadata.annotations.as_ref()?.get(key).map(String::as_str)
    }

    /// Number of its revision; none before the controller has given it one.
    pub fn revision(&self) -> Option<i64> {
        self.annotation(REVISION)?.parse().ok()
    }

    /// Numbers that it had before, because it was rolled back to.
    pub fn former_revisions(&self) -> Vec<i64> {
        let numbers = self.annotation(REVISION_HISTORY).unwrap_or_default();
        numbers.split(',').filter_map(|number| number.trim().parse().ok()).collect()
    }
}
