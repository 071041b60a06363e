//! The rollback: which revisions there are, which of them to go back to and why, and what has to be there for it.

mod choice;
mod diff;
mod evidence;
mod hidden;
mod history;
mod operations;
mod served;
#[cfg(test)]
mod tests;
mod text;

pub use choice::{Choice, NoChoice, PassedOver, choose, named};
pub use diff::diff;
pub use evidence::{Use, use_of};
pub use history::{History, Revision};
pub use operations::Operation;
pub use served::Served;
