//! The lock of a target in the cluster: requests about one Lease.

use std::time::Duration;

use serde_json::{Value, json};
use sk_core::lock::{LeaseAnswer, LeaseRequest};

use super::deployment::COMPONENT;
use super::{Cluster, Resource, WriteOptions};
use crate::error::WriteError;

const LEASES: Resource =
    Resource { group: "coordination.k8s.io", version: "v1", plural: "leases", kind: "Lease" };

/// Longest time for a renewal: after it there is time for another before the Lease runs out.
const PATIENCE: Duration = Duration::from_secs(5);

impl Cluster {
    /// Asks the API server about the Lease of this name.
    pub async fn lease(&self, namespace: &str, name: &str, request: LeaseRequest) -> LeaseAnswer {
        let options = WriteOptions { field_manager: COMPONENT, dry_run: false };
        let creates = matches!(request, LeaseRequest::Create(_));
        let written = match request {
            LeaseRequest::Read => {
                return match self.get(&LEASES, namespace, name).await {
                    Ok(lease) => LeaseAnswer::Is(lease),
                    Err(error) if error.answer().is_some_and(|answer| answer.code < 429) => {
                        LeaseAnswer::Denied(error.to_string())
                    }
                    Err(error) => LeaseAnswer::Failed(error.to_string()),
                };
            }
            LeaseRequest::Create(lease) => self.create(&LEASES, namespace, &lease, options).await,
            LeaseRequest::Replace(lease) => {
                let written = self.replace(&LEASES, namespace, name, &lease, options);
                let Ok(written) = tokio::time::timeout(PATIENCE, written).await else {
                    return LeaseAnswer::Failed(format!("no answer within {} s", PATIENCE.as_secs()));
                };
                written
            }
            LeaseRequest::Delete { uid, resource_version } => {
                let preconditions = json!({"uid": uid, "resourceVersion": resource_version});
                self.delete(&LEASES, namespace, name, &preconditions).await.map(|_| Value::Null)
            }
        };
        match written {
            Ok(Value::Null) => LeaseAnswer::Is(None),
            Ok(lease) => LeaseAnswer::Is(Some(lease)),
            Err(WriteError::Rejected(error)) => match error.answer().map(|answer| answer.code) {
                Some(409) => LeaseAnswer::Conflict,
                // It was released between reading and replacing it.
                Some(404) if !creates => LeaseAnswer::Conflict,
                Some(429) => LeaseAnswer::Failed(error.to_string()),
                _ => LeaseAnswer::Denied(error.to_string()),
            },
            Err(error) => LeaseAnswer::Failed(error.to_string()),
        }
    }
}
