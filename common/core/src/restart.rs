//! The rolling restart: facts and a request become a plan or a refusal; observations become the next action.

mod after;
mod change;
mod ending;
mod locking;
mod messages;
mod patching;
mod plan;
mod rolling;
mod run;
pub(crate) mod standing;
#[cfg(test)]
mod tests;

pub(crate) use change::CHANGE_CAUSE;
pub use change::{Change, Earlier, Patch};
pub use ending::Ending;
pub(crate) use ending::told;
pub use messages::{Action, Evicted, Observation, Record, Signal, Write};
pub use plan::{Plan, Refusal, plan};
pub(crate) use plan::{decide, refuse};

pub use crate::plan::{DryRun, Request};
pub use run::Restart;
