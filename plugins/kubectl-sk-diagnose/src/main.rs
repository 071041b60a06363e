//! `kubectl sk-diagnose`: names what is wrong with a service or a pod, how it is known, and what to type next.

mod args;
mod command;
mod evidence;
mod meant;
mod render;

fn main() -> std::process::ExitCode {
    sk_common::command::main::<args::Args>(std::env::args_os()).into()
}
