//! `kubectl sk-restart`: restarts a service as its runbook says.

mod args;
mod command;
mod evict;

fn main() -> std::process::ExitCode {
    sk_common::command::main::<args::Args>(std::env::args_os()).into()
}
