//! The service itself: carries out orders, answers requests.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::http::{Answer, Request};
use crate::orders::Orders;

/// The state that requests and signals share.
pub(crate) struct Service {
    orders: Mutex<Orders>,
    since: Mutex<Instant>,
    eaten: Mutex<Vec<Vec<u8>>>,
    draining: AtomicBool,
}

impl Service {
    pub(crate) fn new(orders: Orders) -> Self {
        Self {
            orders: Mutex::new(orders),
            since: Mutex::new(Instant::now()),
            eaten: Mutex::default(),
            draining: AtomicBool::new(false),
        }
    }

    /// Does what is to be done at once: exit, eat, log.
    pub(crate) fn follow(&self, orders: &Orders) {
        if let Some(code) = orders.exit_code {
            later(orders.exit_after, move || {
                println!("exiting with code {code}");
                std::process::exit(code)
            });
        }
        if let Some(text) = orders.log_error.clone() {
            log(text, orders.log_every);
        }
        // Zeroes would stay the kernel's shared page; ones are really ours.
        lock(&self.eaten).extend((0..orders.eat_memory).map(|_| vec![1; 1024 * 1024]));
    }

    /// Answers a request; nothing when told to hang.
    pub(crate) fn answer(&self, request: &Request) -> Option<Answer> {
        let orders = lock(&self.orders).clone();
        let is_order = request.method == "POST" && matches!(request.path.as_str(), "/misbehave" | "/behave");
        if orders.hang && !is_order {
            return None;
        }
        let (status, body) = match (request.method.as_str(), request.path.as_str()) {
            ("POST", "/misbehave") => self.misbehave(&request.query),
            ("POST", "/behave") => self.behave(),
            (_, "/health/ready") => self.ready(&orders),
            (_, "/health/live") if orders.not_live => (500, "told not to live".to_owned()),
            (_, "/health/live") => (200, "ok".to_owned()),
            (_, "/") => (200, about()),
            _ => (404, "no such path".to_owned()),
        };
        Some(Answer { status, body })
    }

    fn misbehave(&self, query: &str) -> (u16, String) {
        let mut orders = lock(&self.orders).clone();
        match (Orders::from_query(query), orders.add(query)) {
            (Ok(new), Ok(())) => {
                *lock(&self.orders) = orders;
                *lock(&self.since) = Instant::now();
                self.follow(&new);
                (200, "as you say".to_owned())
            }
            (Err(error), _) | (_, Err(error)) => (400, error),
        }
    }

    fn behave(&self) -> (u16, String) {
        *lock(&self.orders) = Orders::default();
        lock(&self.eaten).clear();
        (200, "ok".to_owned())
    }

    fn ready(&self, orders: &Orders) -> (u16, String) {
        if self.draining.load(Ordering::Relaxed) {
            (503, "draining".to_owned())
        } else if orders.not_ready {
            (503, "told not to be ready".to_owned())
        } else if lock(&self.since).elapsed() < orders.ready_after {
            (503, "starting".to_owned())
        } else {
            (orders.health_status, orders.health_body.clone())
        }
    }

    /// Drains on a signal; says whether it is time to go.
    pub(crate) fn stop(&self, signal: Signal) -> bool {
        let orders = lock(&self.orders).clone();
        if orders.ignore_sigterm {
            println!("{signal}: ignored");
            return false;
        }
        println!("{signal}: draining");
        self.draining.store(true, Ordering::Relaxed);
        thread::sleep(orders.sigterm_delay);
        true
    }
}

/// Who answers, and what it was configured with.
fn about() -> String {
    let mut variables: Vec<_> = std::env::vars().map(|(name, value)| format!("{name}={value}")).collect();
    variables.sort();
    variables.join("\n")
}

fn log(text: String, every: Duration) {
    eprintln!("ERROR {text}");
    if every > Duration::ZERO {
        later(every, move || log(text, every));
    }
}

/// Runs something after a time, at once if that is nothing.
fn later(after: Duration, what: impl FnOnce() + Send + 'static) {
    if after.is_zero() {
        return what();
    }
    thread::spawn(move || {
        thread::sleep(after);
        what();
    });
}

/// A thread that died holding the lock left a whole value.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(service: &Service, method: &str, target: &str) -> Option<u16> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let request = Request { method: method.to_owned(), path: path.to_owned(), query: query.to_owned() };
        service.answer(&request).map(|answer| answer.status)
    }

    #[test]
    fn it_misbehaves_and_behaves_again() {
        let service = Service::new(Orders::default());
        assert_eq!(ask(&service, "GET", "/health/ready"), Some(200));
        assert_eq!(ask(&service, "POST", "/misbehave?not-ready&not-live"), Some(200));
        assert_eq!(ask(&service, "GET", "/health/ready"), Some(503));
        assert_eq!(ask(&service, "GET", "/health/live"), Some(500));
        assert_eq!(ask(&service, "POST", "/misbehave?hang"), Some(200));
        assert_eq!(ask(&service, "GET", "/health/ready"), None);
        assert_eq!(ask(&service, "POST", "/behave"), Some(200));
        assert_eq!(ask(&service, "GET", "/health/ready"), Some(200));
        assert_eq!(ask(&service, "POST", "/misbehave?nonsense=1"), Some(400));
    }

    #[test]
    fn a_slow_start_is_not_ready_at_first() {
        let slow = Orders { ready_after: Duration::from_secs(3600), ..Orders::default() };
        assert_eq!(ask(&Service::new(slow), "GET", "/health/ready"), Some(503));
    }

    #[test]
    fn sigterm_drains_unless_it_is_ignored() {
        let service = Service::new(Orders { sigterm_delay: Duration::ZERO, ..Orders::default() });
        assert!(service.stop(Signal::SIGTERM));
        assert_eq!(ask(&service, "GET", "/health/ready"), Some(503));
        assert!(!Service::new(Orders { ignore_sigterm: true, ..Orders::default() }).stop(Signal::SIGTERM));
    }
}
