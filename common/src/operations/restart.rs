//! The restart of a Deployment, as the driver runs it.

use jiff::Timestamp;
use sk_core::operation::{Action, Observation};
use sk_core::restart::Restart;

use super::Operation;
use crate::cluster::Cluster;

impl Operation for Restart {
    fn next(&mut self, observation: Observation, now: Timestamp) -> Action {
        Self::next(self, observation, now)
    }

    fn namespace(&self) -> &str {
        &self.plan().request.target.namespace
    }

    fn may_be_quit(&self) -> bool {
        self.soak().is_some()
    }

    async fn act(&self, cluster: &Cluster, action: Action, now: Timestamp) -> Observation {
        let target = &self.plan().request.target;
        match action {
            Action::Patch { patch, dry_run } => {
                let manager = self.plan().field_manager();
                Observation::Patched(cluster.patch_deployment(target, &patch, manager, dry_run).await)
            }
            Action::Read => {
                let read = cluster.deployment(target).await;
                Observation::Read(read.map(|found| found.map(Box::new)).map_err(|error| error.to_string()))
            }
            Action::ReadLogs { since } => {
                let age = now.duration_since(since);
                Observation::Logs(cluster.logs_since(&target.namespace, &self.containers(), age).await)
            }
            _ => Observation::Quiet,
        }
    }
}
