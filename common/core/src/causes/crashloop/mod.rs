//! `crashloop/…`: a container cannot start, or does not stay.

mod app_exit;
mod config_error;
pub(super) mod crash;
pub(super) mod crashing;
mod ending;
mod exits_zero;
mod init_crash;
mod liveness_killed;
mod one_node_only;
mod oom_killed;
mod oom_node_pressure;
mod post_start_hook;
mod replaced;
pub(in crate::causes) mod since_revision;
pub(in crate::causes) mod start_error;
mod startup_probe;
mod usage;

pub(super) use app_exit::APP_EXIT;
pub(super) use config_error::CONFIG_ERROR;
pub(super) use exits_zero::EXITS_ZERO;
pub(super) use init_crash::INIT_CRASH;
pub(super) use liveness_killed::LIVENESS_KILLED;
pub(super) use one_node_only::ONE_NODE_ONLY;
pub(super) use oom_killed::OOM_KILLED;
pub(super) use oom_node_pressure::OOM_NODE_PRESSURE;
pub(super) use post_start_hook::POST_START_HOOK;
pub(super) use since_revision::SINCE_REVISION;
pub(super) use start_error::START_ERROR;
pub(super) use startup_probe::STARTUP_PROBE;
