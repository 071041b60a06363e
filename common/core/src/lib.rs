//! Every decision of kubectl-sk, pure: facts go in, plans, verdicts and findings come out.
//!
//! Nothing here talks to a cluster, prints or reads a clock: `now` is an argument.

pub mod access;
mod budget;
pub mod catalogue;
pub mod causes;
pub mod checks;
pub mod diagnose;
pub mod duration;
pub mod evict;
pub mod fact;
pub mod finding;
#[cfg(test)]
mod fixtures;
pub mod gitops;
pub mod lock;
pub mod operation;
pub mod peak_hours;
pub mod quantity;
mod redact;
pub mod references;
pub mod report;
pub mod resources;
pub mod restart;
pub mod revision;
pub mod rollback;
pub mod rollout;
pub mod sanitize;
pub mod selector;
pub mod soak;
pub mod target;
pub mod verify;
pub mod words;
pub mod workload;
