//! The command line of `kubectl sk-restart`.

use clap::Parser;
use sk_common::cli::{ChangeFlags, ConnectionFlags, GlobalFlags};

/// How users call it.
pub(crate) const NAME: &str = "kubectl sk-restart";

const EXAMPLES: &str = "\
Examples:
  # Restart a service of the catalogue: checks, plan, one question, rollout
  kubectl sk-restart api-gateway

  # See the plan, and have the API server check the change, without making it
  kubectl sk-restart billing-svc --dry-run=server

  # Restart any Deployment from a script
  kubectl sk-restart deployment/web -n shop --yes -o json

  # Replace one pod by eviction, so that PodDisruptionBudgets hold, and wait for its successor
  kubectl sk-restart pod/web-75d9bb5f6-k95rb -n shop

Exit codes:
  0 done   1 failed   2 wrong command line, catalogue or kubeconfig
  3 not started, nothing was changed   4 another operation holds the target
  5 started, result unknown
  130, 143, 129 interrupted; Kubernetes finishes the rollout by itself";

/// Restart a service: check that it is safe, tell every pod to be replaced, watch until they serve
#[derive(Debug, Parser)]
#[command(version, after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// A service of the catalogue, deployment/NAME, or pod/NAME for one pod
    #[arg(value_name = "TARGET", required_unless_present = "list_services")]
    pub(crate) target: Option<String>,
    #[command(flatten)]
    pub(crate) change: ChangeFlags,
    #[command(flatten)]
    pub(crate) global: GlobalFlags,
    #[command(flatten)]
    pub(crate) connection: ConnectionFlags,
}
