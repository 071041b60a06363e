//! sk-rollback's real binary against the fake API: wording, exit codes, and that nothing is changed by mistake.

#[path = "support.rs"]
mod support;

mod history;
mod input;
mod planning;
mod refusals;
mod rollout;
mod scene;
