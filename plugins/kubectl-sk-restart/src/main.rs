//! `kubectl sk-restart`: restarts a service as its runbook says.

mod args;
mod command;
mod evict;
mod render;
mod screen;

fn main() -> std::process::ExitCode {
    command::main(std::env::args_os()).into()
}
