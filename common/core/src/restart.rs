//! The rolling restart: facts and a request become a plan or a refusal; observations become the next action.

mod after;
mod ending;
mod messages;
mod plan;
mod rolling;
mod run;
pub(crate) mod standing;
#[cfg(test)]
mod tests;

pub use ending::Ending;
pub(crate) use ending::told;
pub use messages::{Action, Evicted, Observation, Record, Signal, Write};
pub use plan::{DryRun, Plan, Refusal, Request, plan};
pub use run::Restart;
