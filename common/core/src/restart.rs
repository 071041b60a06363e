//! The rolling restart: facts and a request become a plan or a refusal; observations become the next action.

mod after;
mod change;
mod patching;
mod plan;
mod rolling;
mod run;
#[cfg(test)]
mod tests;

pub use change::{Change, Earlier};
pub use plan::{Plan, Refusal, plan};
pub(crate) use plan::{decide, refuse};
pub use run::Restart;
