//! What the tests share: running a plugin, the recording fake API, watching the real cluster.
//!
//! Everything panics with the whole story when something is not as the test says: this crate is for tests only.
#![allow(
    clippy::panic,
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::return_self_not_must_use,
    reason = "a test fails by panicking, and chains its checks"
)]

mod api;
mod cluster;
mod deployed;
mod fake;
mod faults;
mod plugin;
mod reply;
mod schema;
mod terminal;
mod user;
mod wait;
mod watcher;

pub use api::{FakeApi, Request};
pub use cluster::{Namespace, TestCluster};
pub use deployed::DeployedService;
pub use fake::{FakeService, NAMESPACE, OPTIONAL, allow, writes};
pub use faults::{Fault, FaultyApi};
pub use plugin::{Plugin, Run, Running};
pub use reply::Reply;
pub use schema::assert_valid;
pub use terminal::InTerminal;
pub use user::{User, Verb};
pub use wait::{until, wait_until};
pub use watcher::{Availability, Witness};
