//! The end of a log, read for the error that ended the process.

use std::net::Ipv6Addr;

use super::container::clip;

/// What the last error of a log is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::causes) enum About {
    /// An address that another process listens on.
    PortInUse(Option<String>),
    /// Something it depends on that takes no connections.
    Refused(Option<String>),
    /// A host name that does not resolve.
    UnknownHost(Option<String>),
    /// A disk without room.
    DiskFull,
    /// A file or an operation that it may not use.
    Permission,
    /// A setting that is missing or wrong.
    Config,
    /// Anything else.
    Other,
}

/// The last error of a log: its line, and what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::causes) struct LastError {
    pub(in crate::causes) about: About,
    pub(in crate::causes) line: String,
}

/// Lines looked at, from the end.
const LINES: usize = 200;

/// Bytes of a line looked at.
const BYTES: usize = 4_096;

const ERRORS: &[&str] = &[
    "error",
    "fatal",
    "panic",
    "exception",
    "fail",
    "cannot",
    "can't",
    "could not",
    "unable to",
    "critical",
    "denied",
    "refused",
    "not found",
    "no such",
    "missing",
    "invalid",
    "undefined",
];

/// Ends of the names of source files, which stand before a line's number as a host stands before its port.
const SOURCES: &[&str] = &[
    ".go", ".py", ".js", ".mjs", ".ts", ".java", ".kt", ".scala", ".rs", ".rb", ".php", ".cs", ".c", ".cpp",
];

/// What a line has that tells of a try which was not the last.
const TRIES: &[&str] = &["warn", "retry", "retries", "trying again"];

/// What a process says that ends for a reason of its own.
const ENDS: &[&str] =
    &["panic:", "panicked at", "nil pointer", "segmentation fault", "unhandled exception", "fatal:"];

const SETTINGS: &[&str] = &[
    "config",
    "environment variable",
    "env var",
    "missing required",
    "is not set",
    "must be set",
    "is required",
    "process.env",
    "getenv",
];

/// Reads the last error of a log, or its last line where nothing in it looks like one.
pub(in crate::causes) fn last_error(log: &str) -> Option<LastError> {
    let lines = || log.lines().rev().take(LINES).map(|line| cut(line.trim())).filter(|line| !line.is_empty());
    let lower = |line: &str| line.to_lowercase();
    let typed = lines().enumerate().find_map(|(after, line)| Some((after, about(&lower(line))?, line)));
    let typed = typed.filter(|(after, _, line)| {
        let tried = TRIES.iter().any(|word| lower(line).contains(word));
        let ends = |line: &str| ENDS.iter().any(|word| lower(line).contains(word));
        !(tried && lines().take(*after).any(ends))
    });
    let typed = typed.map(|(_, about, line)| (about, line));
    let error = || lines().find(|line| ERRORS.iter().any(|word| lower(line).contains(word)));
    let (about, line) =
        typed.or_else(|| error().or_else(|| lines().next()).map(|line| (About::Other, line)))?;
    Some(LastError { about: about.with_address(line), line: clip(line) })
}

/// The last line of a log.
pub(in crate::causes) fn last_line(log: &str) -> Option<&str> {
    log.lines().rev().take(LINES).map(|line| cut(line.trim())).find(|line| !line.is_empty())
}

/// The start of a line that may be very long, cut between characters.
fn cut(line: &str) -> &str {
    let mut end = line.len().min(BYTES);
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    &line[..end]
}

fn about(line: &str) -> Option<About> {
    let has = |words: &[&str]| words.iter().any(|word| line.contains(word));
    let wrong = || has(ERRORS);
    if has(&["address already in use", "eaddrinuse", "port is already allocated"]) {
        Some(About::PortInUse(None))
    } else if has(&["connection refused", "econnrefused"]) {
        Some(About::Refused(None))
    } else if has(&[
        "no such host",
        "enotfound",
        "eai_again",
        "name or service not known",
        "name resolution",
        "getaddrinfo",
        "nodename nor servname",
        "unknownhostexception",
    ]) {
        Some(About::UnknownHost(None))
    } else if has(&["no space left on device", "enospc", "disk quota exceeded"]) {
        Some(About::DiskFull)
    } else if has(&["permission denied", "eacces", "operation not permitted", "read-only file system"]) {
        Some(About::Permission)
    } else if wrong() && has(SETTINGS) {
        Some(About::Config)
    } else {
        None
    }
}

impl About {
    fn with_address(self, line: &str) -> Self {
        match self {
            Self::PortInUse(_) => Self::PortInUse(address(line)),
            Self::Refused(_) => Self::Refused(address(line)),
            Self::UnknownHost(_) => Self::UnknownHost(host(line)),
            other => other,
        }
    }

    /// The start of a sentence about it.
    pub(in crate::causes) fn sentence(&self) -> Option<String> {
        Some(match self {
            Self::PortInUse(at) => format!("{} is already in use", named("its port", at.as_ref())),
            Self::Refused(at) => {
                format!("{} refuses connections", named("something it depends on", at.as_ref()))
            }
            Self::UnknownHost(host) => format!("{} does not resolve", named("a host name", host.as_ref())),
            Self::DiskFull => "no space left on its disk".to_owned(),
            Self::Permission => "it may not do what it must".to_owned(),
            Self::Config => "its configuration is wrong or incomplete".to_owned(),
            Self::Other => return None,
        })
    }
}

fn named(what: &str, name: Option<&String>) -> String {
    name.cloned().unwrap_or_else(|| what.to_owned())
}

/// The last `host:port` or `:port` of a line.
fn address(line: &str) -> Option<String> {
    words(line).rfind(|word| is_address(word)).map(str::to_owned)
}

fn is_address(word: &str) -> bool {
    let Some((host, port)) = word.rsplit_once(':') else { return false };
    let is_port = port.parse::<u16>().is_ok_and(|port| port > 0) && !port.starts_with('0');
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let is_name = |bare: &str| bare.bytes().any(|b| b.is_ascii_alphabetic() || b == b'.' || b == b'*');
    // A time of day has colons, too, and a place in the source a number.
    let is_host = if bare.contains(':') {
        bare.parse::<Ipv6Addr>().is_ok()
    } else {
        bare.is_empty() || (is_name(bare) && !SOURCES.iter().any(|end| bare.ends_with(end)))
    };
    is_port && is_host && bare.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_:*".contains(&b))
}

/// The host name of a line: what follows the word that resolvers put before it, or an address, or a dotted word.
fn host(line: &str) -> Option<String> {
    let name = |word: &&str| word.bytes().any(|b| b.is_ascii_alphabetic()) && !word.is_empty();
    let all: Vec<&str> = words(line).collect();
    let after = |marks: &[&str]| {
        let place = all.iter().position(|word| marks.contains(&word.to_lowercase().as_str()))?;
        all.get(place + 1).filter(|word| name(word)).map(|word| without_port(word).to_owned())
    };
    after(&["lookup", "enotfound", "eai_again", "host"])
        .or_else(|| address(line).map(|address| without_port(&address).to_owned()))
        .or_else(|| {
            all.iter().rev().find(|word| name(word) && word.contains('.')).map(|word| (*word).to_owned())
        })
}

fn without_port(word: &str) -> &str {
    match word.rsplit_once(':') {
        Some((host, port)) if port.parse::<u16>().is_ok() => host,
        _ => word,
    }
}

/// The words of a line without the signs around them.
fn words(line: &str) -> impl DoubleEndedIterator<Item = &str> {
    line.split(|c: char| c.is_whitespace() || "\"'(),;=<>{}/@|".contains(c))
        .map(|word| word.trim_end_matches([':', '.', '!']))
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(log: &str) -> String {
        last_error(log).and_then(|error| error.about.sentence()).unwrap_or_default()
    }

    #[test]
    fn reads_what_the_last_error_is_about() {
        for (log, expected) in [
            (
                "INFO up\npanic: dial tcp 10.96.14.7:5432: connect: connection refused\n",
                "10.96.14.7:5432 refuses connections",
            ),
            ("Error: connect ECONNREFUSED 127.0.0.1:6379", "127.0.0.1:6379 refuses connections"),
            (
                "could not connect to server: Connection refused",
                "something it depends on refuses connections",
            ),
            (
                "psycopg2.OperationalError: connection to server at \"db\" (10.0.0.1), port 5432 failed: Connection refused",
                "something it depends on refuses connections",
            ),
            ("listen tcp :8080: bind: address already in use", ":8080 is already in use"),
            (
                "Error: listen EADDRINUSE: address already in use 0.0.0.0:3000",
                "0.0.0.0:3000 is already in use",
            ),
            ("dial tcp: lookup db.shop on 10.96.0.10:53: no such host", "db.shop does not resolve"),
            ("Error: getaddrinfo ENOTFOUND redis.shop.svc", "redis.shop.svc does not resolve"),
            ("write /data/wal: no space left on device", "no space left on its disk"),
            ("open /etc/tls/key.pem: permission denied", "it may not do what it must"),
            ("FATAL missing required setting DATABASE_URL", "its configuration is wrong or incomplete"),
            ("Error: environment variable TOKEN is not set", "its configuration is wrong or incomplete"),
            ("INFO reading config\nthread main panicked at src/main.rs:7:5", ""),
            (
                "2026-11-26 10:23:45,123 ERROR cannot connect: Connection refused",
                "something it depends on refuses connections",
            ),
            ("main.go:27 connect: connection refused", "something it depends on refuses connections"),
            ("dial tcp [::1]:5432: connect: connection refused", "[::1]:5432 refuses connections"),
            ("WARN otel-collector:4317: connection refused, retrying\npanic: nil pointer dereference", ""),
            ("ERROR db:5432: connection refused\nFATAL: giving up", "db:5432 refuses connections"),
        ] {
            assert_eq!(sentence(log), expected, "{log}");
        }
    }

    #[test]
    fn takes_the_last_error_and_else_the_last_line() {
        let line = |log: &str| last_error(log).map(|error| error.line);
        assert_eq!(line("ERROR one\nERROR two\nbye\n\n").as_deref(), Some("ERROR two"));
        assert_eq!(line("starting\nwarming up").as_deref(), Some("warming up"));
        assert_eq!(line(""), None);
        assert_eq!(line(" \n \n"), None);
        assert!(line(&"é".repeat(1_000_000)).is_some_and(|line| line.len() < 2_000));
    }
}
