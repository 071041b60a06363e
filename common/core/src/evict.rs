//! Replacing one pod by eviction: facts and a request become a plan or a refusal; observations become the next action.

mod evicting;
mod plan;
mod rechecking;
mod run;
#[cfg(test)]
mod tests;
mod waiting;

pub use plan::{Facts, Plan, PodTarget, Refusal, Request, like, plan};
pub(crate) use plan::{object, watched};
pub use run::Eviction;
