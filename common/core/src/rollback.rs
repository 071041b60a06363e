//! The rollback: which revisions there are, which of them to go back to and why, and what has to be there for it.

mod ahead;
mod choice;
mod diff;
mod evidence;
mod hidden;
mod history;
mod plan;
mod report;
mod served;
#[cfg(test)]
mod tests;
mod text;

pub use ahead::Ahead;
pub use choice::{Choice, NoChoice, PassedOver, choose, named};
pub use diff::diff;
pub use evidence::{Evidence, Use, use_of};
pub use history::{History, Revision};
pub use plan::{Outlook, Plan, Refusal, plan};
pub use report::{
    HistoryReport, PodsView, RevisionView, RollbackReport, RunningImage, report, running_images,
};
pub use served::Served;

/// Name of the plugin: by it the operations that were rollbacks are known.
pub const PLUGIN: &str = "sk-rollback";
