//! `kubectl sk-rollback`: goes back to the last revision that really differs and really served.

mod args;
mod command;
mod history;
mod render;

fn main() -> std::process::ExitCode {
    sk_common::command::main::<args::Args>(std::env::args_os()).into()
}
