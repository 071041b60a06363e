//! What every operation shares that changes something, whatever that is.

mod ending;
mod messages;
pub(crate) mod plan;
pub(crate) mod standing;

pub use ending::Ending;
pub(crate) use ending::{look_closer, told};
pub use messages::{Action, Evicted, Observation, Patch, Record, Signal, Write};
pub use plan::{DryRun, HISTORY, Plan, Refusal, Request};
