//! The eviction of one pod, as the driver runs it.

use jiff::Timestamp;
use sk_core::evict::{Eviction, Plan};
use sk_core::operation::{Action, Observation};

use super::Operation;
use crate::cluster::Cluster;

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
            Action::Read => read(self.plan(), cluster).await,
            _ => Observation::Quiet,
        }
    }
}

/// Reads the pods as they are now, for no longer than the operation may go without progress.
async fn read(plan: &Plan, cluster: &Cluster) -> Observation {
    let target = &plan.request.target;
    let reading = cluster.siblings(&target.namespace, &plan.facts.pod);
    match tokio::time::timeout(plan.request.timeout.unsigned_abs(), reading).await {
        Ok(Ok(siblings)) => Observation::Pods(Box::new(siblings)),
        // What the API server refuses for good is not asked again.
        Ok(Err(error)) if error.answer().is_some() && !error.may_pass() => {
            Observation::Read(Err(error.to_string()))
        }
        Ok(Err(error)) => Observation::Trouble(error.to_string()),
        Err(_) => Observation::Trouble("no answer in time".to_owned()),
    }
}
