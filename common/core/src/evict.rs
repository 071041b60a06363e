//! Replacing one pod by eviction: facts and a request become a plan or a refusal; observations become the next action.

mod ending;
mod evicting;
mod locking;
mod plan;
mod rechecking;
mod run;
mod siblings;
#[cfg(test)]
mod tests;
mod waiting;

pub use plan::{Facts, Plan, PodTarget, Refusal, Request, like, plan};
pub use run::Eviction;
pub use siblings::{Siblings, label_selector};
