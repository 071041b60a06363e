//! `rollout/…`: the Deployment itself does not get on.

mod below_floor;
mod gitops_reverts;
pub(super) mod hpa_fights;
mod nothing_changed;
mod paused;
pub(super) mod pdb_blocks_eviction;
mod progress_deadline;
mod quota_surge;
pub(super) mod revisions;
mod stale_revision;

pub(super) use below_floor::BELOW_FLOOR;
pub(super) use gitops_reverts::GITOPS_REVERTS;
pub(super) use hpa_fights::HPA_FIGHTS;
pub(super) use nothing_changed::NOTHING_CHANGED;
pub(super) use paused::PAUSED;
pub(super) use pdb_blocks_eviction::PDB_BLOCKS_EVICTION;
pub(super) use progress_deadline::PROGRESS_DEADLINE;
pub(super) use quota_surge::QUOTA_SURGE;
pub(super) use stale_revision::STALE_REVISION;
