//! The command line of `kubectl sk-rollback`.

use clap::Parser;
use sk_common::cli::{ChangeFlags, ConnectionFlags, GlobalFlags};

/// How users call it.
pub(crate) const NAME: &str = "kubectl sk-rollback";

const EXAMPLES: &str = "\
Examples:
  # Go back to the last revision that really differs and really served: checks, diff, plan, one question, rollout
  kubectl sk-rollback api-gateway

  # Which revisions there are, restarts folded; what one of them would change
  kubectl sk-rollback api-gateway --history
  kubectl sk-rollback api-gateway --history --revision 11

  # Go back to one revision, from a script
  kubectl sk-rollback deployment/web -n shop --to-revision 11 --yes -o json

Exit codes:
  0 done   1 failed   2 wrong command line, catalogue or kubeconfig
  3 not started, nothing was changed   4 another operation holds the target
  5 started, result unknown
  130, 143, 129 interrupted; Kubernetes finishes the rollout by itself";

/// Roll a service back: choose a revision that served, check that what it needs is there, watch until it serves again
#[derive(Debug, Parser)]
#[command(version, after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// A service of the catalogue, or deployment/NAME
    #[arg(value_name = "TARGET", required_unless_present = "list_services")]
    pub(crate) target: Option<String>,
    /// Go back to this revision [default: the newest that differs and was verified, else served 10m]
    #[arg(long, value_name = "N", value_parser = revision, allow_hyphen_values = true, conflicts_with = "history")]
    pub(crate) to_revision: Option<i64>,
    /// Show the revisions, those of the same template as one; change nothing
    #[arg(long)]
    pub(crate) history: bool,
    /// With --history: show this revision, and what a rollback to it would change
    #[arg(long, value_name = "N", value_parser = revision, allow_hyphen_values = true, requires = "history")]
    pub(crate) revision: Option<i64>,
    #[command(flatten)]
    pub(crate) change: ChangeFlags,
    #[command(flatten)]
    pub(crate) global: GlobalFlags,
    #[command(flatten)]
    pub(crate) connection: ConnectionFlags,
}

/// The number of a revision.
fn revision(text: &str) -> Result<i64, &'static str> {
    text.parse().ok().filter(|number| *number > 0).ok_or("must be the number of a revision, such as 11")
}
