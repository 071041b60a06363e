//! The rolling restart: facts and a request become a plan or a refusal; observations become the next action.

mod plan;
mod run;
#[cfg(test)]
mod tests;

pub use plan::{DryRun, Plan, Refusal, Request, plan};
pub use run::{Action, Ending, Note, Observation, Restart, Signal, Write};
