//! What every operation shares that changes something, whatever that is: what is asked for and planned, and how it runs.
//!
//! A [`Run`] is the shell: the lock around the change, waiting, a signal, an end, and what is written down. What is
//! changed, and what is waited for, is its `Body`.

mod ending;
mod entry;
mod held;
mod locking;
mod messages;
pub(crate) mod plan;
mod recording;
pub(crate) mod run;
pub(crate) mod standing;
mod waiting;

pub use ending::Ending;
pub(crate) use ending::look_closer;
pub use entry::{Entry, Left};
pub(crate) use held::Held;
pub use messages::{Action, Evicted, Observation, Patch, Record, Signal, Write};
pub use plan::{DryRun, HISTORY, Plan, Refusal, Request};
pub(crate) use recording::Noted;
pub use run::Run;
pub(crate) use waiting::Waiting;
