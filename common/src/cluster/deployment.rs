//! Reading and changing the one Deployment that an operation is about.

use sk_core::operation::{self, Write};
use sk_core::target::Target;
use sk_core::workload::Deployment;

use super::{Cluster, Patch, Resource, WriteOptions};
use crate::error::{Answer, Error, WriteError};

/// `apps/v1` Deployments.
pub const DEPLOYMENTS: Resource =
    Resource { group: "apps", version: "v1", plural: "deployments", kind: "Deployment" };

/// `apps/v1` `ReplicaSet`s.
pub const REPLICA_SETS: Resource =
    Resource { group: "apps", version: "v1", plural: "replicasets", kind: "ReplicaSet" };

/// Core pods.
pub const PODS: Resource = Resource { group: "", version: "v1", plural: "pods", kind: "Pod" };

pub(super) const EVENTS: Resource = Resource { group: "", version: "v1", plural: "events", kind: "Event" };

const NAMESPACES: Resource = Resource { group: "", version: "v1", plural: "namespaces", kind: "Namespace" };

/// `Event.reportingComponent`, and the field manager, of what the plugins write besides the change itself.
pub(super) const COMPONENT: &str = "kubectl-sk";

impl Cluster {
    /// The Deployment, or none if it does not exist.
    ///
    /// # Errors
    /// As [`Cluster::get`], and an answer that is no Deployment.
    pub async fn deployment(&self, target: &Target) -> Result<Option<Deployment>, Error> {
        let raw = self.get(&DEPLOYMENTS, &target.namespace, &target.deployment).await?;
        Ok(raw.map(Deployment::read).transpose()?)
    }

    /// The error of a Deployment that does not exist, in the API server's words.
    pub async fn not_found(&self, target: &Target) -> Error {
        self.absent(&DEPLOYMENTS, &target.namespace, &target.deployment).await
    }

    /// The error of an object that does not exist, in the API server's words: where its namespace does not exist, of
    /// that.
    pub(super) async fn absent(&self, resource: &Resource, namespace: &str, name: &str) -> Error {
        match self.get(&NAMESPACES, "", namespace).await {
            Ok(None) => self.no_such(&NAMESPACES, "", namespace),
            Ok(Some(_)) | Err(_) => self.no_such(resource, namespace, name),
        }
    }

    /// Asks for a namespace in which nothing was found: why it could not be read, or none where it is there.
    ///
    /// # Errors
    /// It does not exist.
    pub(super) async fn namespace_unread(&self, namespace: &str) -> Result<Option<String>, Error> {
        match self.require(&NAMESPACES, "", namespace).await {
            Ok(_) => Ok(None),
            Err(Error::Answer(answer)) if answer.is_not_found() => Err(Error::Answer(answer)),
            Err(error) => Ok(Some(format!("whether namespace {namespace} is there: {error}"))),
        }
    }

    fn no_such(&self, resource: &Resource, namespace: &str, name: &str) -> Error {
        Answer {
            endpoint: self.transport.endpoint().clone(),
            attempt: resource.attempt("get", namespace, Some(name)),
            code: 404,
            reason: "NotFound".to_owned(),
            message: format!("{} {name:?} not found", resource.qualified()),
            from_api_server: true,
            retry_after: None,
        }
        .into()
    }

    /// Patches the Deployment and says what became of it.
    pub async fn patch_deployment(
        &self,
        target: &Target,
        patch: &operation::Patch,
        field_manager: &str,
        dry_run: bool,
    ) -> Write {
        let options = WriteOptions { field_manager, dry_run };
        let (patch, conditional) = match patch {
            operation::Patch::Strategic(body) => (Patch::Strategic(body), false),
            operation::Patch::Json(body) => (Patch::Json(body), true),
        };
        match self.patch(&DEPLOYMENTS, &target.namespace, &target.deployment, patch, options).await {
            Ok(raw) => match Deployment::read(raw) {
                Ok(deployment) => Write::Applied(Box::new(deployment)),
                Err(malformed) => Write::Ambiguous(malformed.to_string()),
            },
            // The API server answers 422 to a test that fails, in the same words as to a patch that it cannot apply.
            Err(WriteError::Rejected(error))
                if conditional && error.answer().is_some_and(|answer| matches!(answer.code, 409 | 422)) =>
            {
                Write::Conflict(error.to_string())
            }
            Err(WriteError::Rejected(error)) => Write::Rejected(error.to_string()),
            Err(WriteError::NotSent(error)) => Write::NotSent(error.to_string()),
            Err(WriteError::Ambiguous(error)) => Write::Ambiguous(error.to_string()),
        }
    }
}
