//! sk-restart's real binary against the fake API: wording, exit codes, and that nothing is changed by mistake.

#[path = "support.rs"]
mod support;

mod checks;
mod connection;
mod evict_refusals;
mod evict_told;
mod input;
mod prompt;
mod refusals;
mod rollout;
