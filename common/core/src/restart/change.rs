//! The change of a Deployment that starts a rollout: what is patched, and how it is recognised and told.
//!
//! [`Restart`](super::Restart) drives, judges, verifies and soaks a rollout whatever started it; all that differs is
//! here. A rollback makes its own checks, chooses a `ReplicaSet`, and hands both to
//! [`decide`](super::plan::decide) with a [`Change::Template`] and a request whose `plugin` is `sk-rollback`.

use serde_json::{Value, json};

use super::plan::{Plan, Refusal};
use crate::checks::Facts;
use crate::finding::Finding;
use crate::operation::Patch;
use crate::revision::{self, CHANGE_CAUSE, RESTARTED_AT};
use crate::workload::{Deployment, Workload};

/// What starts a rollout.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// The same template again, in new pods.
    Restart {
        /// The value that marks this restart in the template: it carries microseconds, so a lost answer is recognised.
        restarted_at: String,
    },
    /// The template of an earlier revision.
    Template(Earlier),
}

/// The template of an earlier revision.
#[derive(Clone, Debug, PartialEq)]
pub struct Earlier {
    /// Its number.
    pub revision: i64,
    /// `metadata.uid` of its `ReplicaSet`: numbers and names may come again, this does not.
    pub uid: String,
    /// The template as the Deployment had it: without the controller's own label.
    pub template: Value,
}

impl Change {
    /// The patch of the Deployment as it was looked at; `reason` becomes its `kubernetes.io/change-cause`.
    pub(super) fn patch(&self, deployment: &Deployment, reason: Option<&str>) -> Patch {
        match self {
            Self::Restart { restarted_at } => Patch::Strategic(restart(restarted_at, deployment, reason)),
            Self::Template(earlier) => Patch::Json(earlier.patch(deployment, reason)),
        }
    }

    /// Whether the Deployment carries this change: so a write whose answer was lost is recognised, and whoever changes
    /// the Deployment meanwhile.
    pub(super) fn is_in(&self, deployment: &Deployment) -> bool {
        match self {
            Self::Restart { restarted_at } => deployment.restarted_at() == Some(restarted_at),
            Self::Template(earlier) => revision::is_current(&earlier.template, deployment.template()),
        }
    }

    /// What is in its place, when somebody else changed the Deployment.
    pub(super) fn instead(&self, deployment: &Deployment) -> String {
        match self {
            Self::Restart { restarted_at } if deployment.restarted_at() == Some(restarted_at) => {
                "its template was changed since".to_owned()
            }
            Self::Restart { .. } => {
                format!("restartedAt is {}, not ours", deployment.restarted_at().unwrap_or("none"))
            }
            Self::Template(earlier) => {
                format!("its template is no longer that of revision {}", earlier.revision)
            }
        }
    }

    /// Whether the containers stay as they were, so that a rollback could not help.
    pub(super) fn keeps_containers(&self) -> bool {
        matches!(self, Self::Restart { .. })
    }

    /// The step of the plan that makes it: in words, and as kubectl does it.
    pub(super) fn step(&self, object: &str) -> (String, String) {
        match self {
            Self::Restart { .. } => (format!("restartedAt on {object}"), format!("rollout restart {object}")),
            Self::Template(Earlier { revision, .. }) => (
                format!("the template of revision {revision} on {object}"),
                format!("rollout undo {object} --to-revision={revision}"),
            ),
        }
    }

    /// What it is called.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Restart { .. } => "restart",
            Self::Template(_) => "rollback",
        }
    }

    /// The Event's action.
    pub(super) fn action(&self) -> &'static str {
        match self {
            Self::Restart { .. } => "Restart",
            Self::Template(_) => "Rollback",
        }
    }

    /// What was done to the Deployment.
    pub(super) fn done(&self) -> String {
        match self {
            Self::Restart { .. } => "restarted it".to_owned(),
            Self::Template(earlier) => format!("rolled it back to revision {}", earlier.revision),
        }
    }

    /// The Event's reason for success, failure, interruption, and what is not known.
    pub(super) fn events(&self) -> [&'static str; 4] {
        match self {
            Self::Restart { .. } => ["Restarted", "RestartFailed", "RestartInterrupted", "RestartUnknown"],
            Self::Template(_) => ["RolledBack", "RollbackFailed", "RollbackInterrupted", "RollbackUnknown"],
        }
    }
}

/// The strategic merge patch of `kubectl rollout restart`, bound to the UID that was looked at: a Deployment that was
/// deleted and made anew in the meantime is not touched.
fn restart(restarted_at: &str, deployment: &Deployment, cause: Option<&str>) -> Value {
    let annotations = json!({ RESTARTED_AT: restarted_at });
    let mut patch = json!({
        "metadata": {"uid": deployment.uid()},
        "spec": {"template": {"metadata": {"annotations": annotations}}}
    });
    if let Some(cause) = cause {
        patch["metadata"]["annotations"] = json!({ CHANGE_CAUSE: cause });
    }
    patch
}

impl Earlier {
    /// Bound to UID and generation: whatever somebody else writes after the look makes the API server refuse it.
    fn patch(&self, deployment: &Deployment, cause: Option<&str>) -> Value {
        let mut operations = vec![
            json!({"op": "test", "path": "/metadata/uid", "value": deployment.uid()}),
            json!({"op": "test", "path": "/metadata/generation", "value": deployment.generation()}),
            json!({"op": "replace", "path": "/spec/template", "value": self.template}),
        ];
        let cause = cause.map(|cause| {
            if deployment.has_annotations() {
                let path = format!("/metadata/annotations/{}", CHANGE_CAUSE.replace('/', "~1"));
                vec![json!({"op": "add", "path": path, "value": cause})]
            } else {
                // This puts a whole map there, and an annotation that came meanwhile moves no generation.
                vec![
                    json!({"op": "test", "path": "/metadata/resourceVersion", "value": deployment.resource_version()}),
                    json!({"op": "add", "path": "/metadata/annotations", "value": {CHANGE_CAUSE: cause}}),
                ]
            }
        });
        operations.extend(cause.into_iter().flatten());
        Value::Array(operations)
    }

    /// The plan on the workload as it is now. A number of replicas that an autoscaler moved changes nothing about it;
    /// another template does, and is not overwritten.
    pub(super) fn again(&self, plan: &Plan, workload: Workload) -> Result<Plan, Box<Refusal>> {
        let (before, now) = (&plan.facts.workload.deployment, &workload.deployment);
        let changed = if before.uid() != now.uid() {
            Some("the Deployment was deleted and made anew".to_owned())
        } else if before.template() != now.template() {
            Some("somebody else changed the Deployment's template".to_owned())
        } else if !workload.replica_sets.iter().any(|set| set.uid() == self.uid) {
            Some(format!("the ReplicaSet of revision {} is gone", self.revision))
        } else if now.is_paused() && !before.is_paused() {
            Some("the Deployment was paused".to_owned())
        } else {
            None
        };
        let facts = Facts { workload, ..plan.facts.clone() };
        let Some(changed) = changed else { return Ok(Plan { facts, ..plan.clone() }) };
        let request = plan.request.clone();
        let object = request.target.object();
        let summary = format!("{changed} after the plan was made; nothing was changed");
        let finding = Finding::error("target/changed", &object, summary)
            .next(request.target.kubectl(&format!("rollout history {object}")))
            .next(request.command());
        Err(Box::new(Refusal { checks: plan.checks.clone(), findings: vec![finding], facts, request }))
    }
}
