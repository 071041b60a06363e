//! What the stub can be told to do: one list, from which the environment, the HTTP call and the help are read.

use std::fmt::Write as _;
use std::str::FromStr;
use std::time::Duration;

/// The misbehaviour that was ordered; by default none.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is an order of its own")]
pub(crate) struct Orders {
    pub(crate) port: u16,
    pub(crate) ready_after: Duration,
    pub(crate) not_ready: bool,
    pub(crate) not_live: bool,
    pub(crate) health_status: u16,
    pub(crate) health_body: String,
    pub(crate) hang: bool,
    pub(crate) exit_code: Option<i32>,
    pub(crate) exit_after: Duration,
    pub(crate) eat_memory: usize,
    pub(crate) log_error: Option<String>,
    pub(crate) log_every: Duration,
    pub(crate) ignore_sigterm: bool,
    pub(crate) sigterm_delay: Duration,
}

impl Default for Orders {
    fn default() -> Self {
        Self {
            port: 8080,
            ready_after: Duration::ZERO,
            not_ready: false,
            not_live: false,
            health_status: 200,
            health_body: "ok".to_owned(),
            hang: false,
            exit_code: None,
            exit_after: Duration::ZERO,
            eat_memory: 0,
            log_error: None,
            log_every: Duration::ZERO,
            ignore_sigterm: false,
            sigterm_delay: Duration::from_millis(300),
        }
    }
}

/// One order: its name, what it takes, what it does, and how it is set.
struct Order {
    name: &'static str,
    takes: &'static str,
    does: &'static str,
    set: fn(&mut Orders, &str) -> Option<()>,
}

const ORDERS: &[Order] = &[
    Order {
        name: "ready-after",
        takes: "SECONDS",
        does: "slow start: not ready for so long",
        set: |orders, value| seconds(value).map(|it| orders.ready_after = it),
    },
    Order {
        name: "not-ready",
        takes: "true|false",
        does: "/health/ready answers 503",
        set: |orders, value| parse(value).map(|it| orders.not_ready = it),
    },
    Order {
        name: "not-live",
        takes: "true|false",
        does: "/health/live answers 500",
        set: |orders, value| parse(value).map(|it| orders.not_live = it),
    },
    Order {
        name: "health-status",
        takes: "STATUS",
        does: "what /health/ready answers when ready (200)",
        set: |orders, value| parse(value).map(|it| orders.health_status = it),
    },
    Order {
        name: "health-body",
        takes: "TEXT",
        does: "and with which body (ok)",
        set: |orders, value| parse(value).map(|it| orders.health_body = it),
    },
    Order {
        name: "hang",
        takes: "true|false",
        does: "take connections, but answer nothing",
        set: |orders, value| parse(value).map(|it| orders.hang = it),
    },
    Order {
        name: "exit-code",
        takes: "N",
        does: "exit with this code",
        set: |orders, value| parse(value).map(|it| orders.exit_code = Some(it)),
    },
    Order {
        name: "exit-after",
        takes: "SECONDS",
        does: "but not before (0)",
        set: |orders, value| seconds(value).map(|it| orders.exit_after = it),
    },
    Order {
        name: "eat-memory",
        takes: "MEBIBYTES",
        does: "take so much memory, and keep it",
        set: |orders, value| parse(value).map(|it| orders.eat_memory = it),
    },
    Order {
        name: "log-error",
        takes: "TEXT",
        does: "log a line `ERROR TEXT`",
        set: |orders, value| parse(value).map(|it| orders.log_error = Some(it)),
    },
    Order {
        name: "log-every",
        takes: "SECONDS",
        does: "again and again (0: once)",
        set: |orders, value| seconds(value).map(|it| orders.log_every = it),
    },
    Order {
        name: "ignore-sigterm",
        takes: "true|false",
        does: "leave only at SIGKILL",
        set: |orders, value| parse(value).map(|it| orders.ignore_sigterm = it),
    },
    Order {
        name: "sigterm-delay",
        takes: "SECONDS",
        does: "how long SIGTERM drains, not ready (0.3)",
        set: |orders, value| seconds(value).map(|it| orders.sigterm_delay = it),
    },
    Order {
        name: "port",
        takes: "PORT",
        does: "listen elsewhere (8080); at the start only",
        set: |orders, value| parse(value).map(|it| orders.port = it),
    },
];

fn parse<T: FromStr>(value: &str) -> Option<T> {
    value.parse().ok()
}

fn seconds(value: &str) -> Option<Duration> {
    parse(value).and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
}

impl Orders {
    /// Reads `STUB_NAME` variables; one that is unknown is an error, so that a test's typo shows.
    pub(crate) fn from_env(variables: impl Iterator<Item = (String, String)>) -> Result<Self, String> {
        let mut orders = Self::default();
        for (name, value) in variables {
            if let Some(name) = name.strip_prefix("STUB_") {
                orders.set(&name.to_lowercase().replace('_', "-"), &value)?;
            }
        }
        Ok(orders)
    }

    /// Reads `name=value&...` of a request.
    pub(crate) fn from_query(query: &str) -> Result<Self, String> {
        let mut orders = Self::default();
        orders.add(query)?;
        Ok(orders)
    }

    /// Sets what a request's `name=value&...` names, and leaves the rest as it is.
    pub(crate) fn add(&mut self, query: &str) -> Result<(), String> {
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, "true"));
            self.set(name, &decode(value))?;
        }
        Ok(())
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let order =
            ORDERS.iter().find(|order| order.name == name).ok_or_else(|| format!("unknown order {name}"))?;
        (order.set)(self, value).ok_or_else(|| format!("{name} takes {}, not {value:?}", order.takes))
    }
}

/// Decodes `+` and `%20` of a query.
fn decode(value: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = value.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escaped = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match (first, escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
                continue;
            }
            (b'+', _) => bytes.push(b' '),
            _ => bytes.push(first),
        }
        rest = tail;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The help text.
pub(crate) fn help() -> String {
    let mut text = "\
The service of the tests: serves HTTP on 8080 and misbehaves on order.

  GET  /               its host name and configuration
  GET  /health/ready   200 when ready, else 503
  GET  /health/live    200
  POST /misbehave?ORDER=VALUE&...   from now on; as an environment variable: STUB_ORDER=VALUE, from the start
  POST /behave         forget all orders

SIGTERM: not ready, drains for 0.3 s, exits with 0.

Orders (exit-code is STUB_EXIT_CODE, and so on):
"
    .to_owned();
    for order in ORDERS {
        let _ = writeln!(text, "  {:<16} {:<12} {}", order.name, order.takes, order.does);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(variables: &[(&str, &str)]) -> Result<Orders, String> {
        Orders::from_env(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn no_variable_is_no_misbehaviour() {
        assert_eq!(env(&[("PATH", "/bin"), ("LOG_LEVEL", "info")]), Ok(Orders::default()));
    }

    #[test]
    fn variables_and_queries_say_the_same() {
        let from_env =
            env(&[("STUB_EXIT_CODE", "3"), ("STUB_EXIT_AFTER", "1.5"), ("STUB_LOG_ERROR", "no disk")]);
        assert_eq!(from_env, Orders::from_query("exit-code=3&exit-after=1.5&log-error=no+disk"));
        assert_eq!(
            from_env,
            Ok(Orders {
                exit_code: Some(3),
                exit_after: Duration::from_millis(1500),
                log_error: Some("no disk".to_owned()),
                ..Orders::default()
            })
        );
    }

    #[test]
    fn a_bare_name_in_a_query_is_true() {
        assert_eq!(Orders::from_query("not-ready"), Ok(Orders { not_ready: true, ..Orders::default() }));
    }

    #[test]
    fn a_query_leaves_the_other_orders() {
        let mut orders = Orders { hang: true, ..Orders::default() };
        assert_eq!(orders.add("not-live=true"), Ok(()));
        assert_eq!(orders, Orders { hang: true, not_live: true, ..Orders::default() });
    }

    #[test]
    fn mistakes_are_named() {
        assert_eq!(env(&[("STUB_EXIT_COD", "3")]), Err("unknown order exit-cod".to_owned()));
        assert_eq!(
            Orders::from_query("ready-after=-1"),
            Err("ready-after takes SECONDS, not \"-1\"".to_owned())
        );
        assert_eq!(
            Orders::from_query("not-ready=yes"),
            Err("not-ready takes true|false, not \"yes\"".to_owned())
        );
    }

    #[test]
    fn queries_are_decoded() {
        assert_eq!(decode("a+b%20c%2"), "a b c%2");
        assert_eq!(decode("%F0%9F%92%A5"), "💥");
    }

    #[test]
    fn help_names_every_order() {
        for order in ORDERS {
            assert!(help().contains(order.name));
        }
    }
}
