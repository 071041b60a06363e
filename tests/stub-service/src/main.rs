//! The service of the tests: serves HTTP on 8080 and misbehaves on order.
//!
//! It is process 1 of its container, so it takes every signal itself and reaps what `kubectl exec` leaves behind.
//! `orders.rs` lists what it can be told, `service.rs` does it, `http.rs` is as much of HTTP as that takes.
#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::exit,
    reason = "a stand-in for somebody's service: it logs by printing, waits by sleeping and dies on order"
)]

mod http;
mod orders;
mod service;

use std::net::TcpListener;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;

use nix::errno::Errno;
use nix::sys::signal::{SigSet, Signal};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};

use orders::Orders;
use service::Service;

fn main() -> ExitCode {
    if std::env::args().nth(1).is_some_and(|argument| argument == "--help" || argument == "-h") {
        print!("{}", orders::help());
        return ExitCode::SUCCESS;
    }
    match Orders::from_env(std::env::vars()).and_then(|orders| serve(&orders)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("stub-service: {error}");
            ExitCode::from(2)
        }
    }
}

/// Serves until a signal says to stop.
fn serve(orders: &Orders) -> Result<(), String> {
    let signals = SigSet::from_iter([Signal::SIGTERM, Signal::SIGINT, Signal::SIGCHLD]);
    // Before any thread starts: each inherits the mask, so only `wait` below gets them.
    signals.thread_block().map_err(|errno| format!("cannot block signals: {errno}"))?;

    let service = Arc::new(Service::new(orders.clone()));
    service.follow(orders);
    let address = ("0.0.0.0", orders.port);
    let listener =
        TcpListener::bind(address).map_err(|error| format!("cannot listen on {address:?}: {error}"))?;
    println!("listening on port {}", orders.port);
    let answering = Arc::clone(&service);
    thread::spawn(move || http::serve(&listener, &move |request| answering.answer(request)));

    loop {
        match signals.wait().map_err(|errno| format!("cannot wait for signals: {errno}"))? {
            Signal::SIGCHLD => reap(),
            signal if service.stop(signal) => return Ok(()),
            _ => {}
        }
    }
}

fn reap() {
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::StillAlive) | Err(Errno::ECHILD) => return,
            _ => {}
        }
    }
}
