//! The eviction of one pod, as the driver runs it.

use jiff::Timestamp;
use sk_core::evict::Eviction;
use sk_core::restart::{Action, Observation};

use super::{Operation, Watched};
use crate::cluster::{Cluster, SiblingsWatch};

impl Operation for Eviction {
    fn next(&mut self, observation: Observation, now: Timestamp) -> Action {
        Self::next(self, observation, now)
    }

    fn namespace(&self) -> &str {
        &self.plan().request.target.namespace
    }

    async fn act(&self, cluster: &Cluster, action: Action, _now: Timestamp) -> Observation {
        match action {
            Action::Evict { pod, body, dry_run } => {
                Observation::Evicted(cluster.evict(self.namespace(), &pod, &body, dry_run).await)
            }
            _ => Observation::Quiet,
        }
    }
}

impl Watched for SiblingsWatch<'_> {
    async fn next(&mut self) -> Observation {
        match Self::next(self).await {
            Ok(siblings) => Observation::Pods(Box::new(siblings)),
            Err(error) => Observation::Trouble(error.to_string()),
        }
    }
}
