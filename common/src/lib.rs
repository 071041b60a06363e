//! What the kubectl-sk plugins share: flags, the cluster, operations, the terminal.

pub mod catalogue;
pub mod cli;
pub mod cluster;
pub mod command;
pub mod error;
pub mod exit;
pub mod operations;
pub mod terminal;
