//! What an error in a log is about.

use super::address::{self, find_word};

/// What the last error of a log is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::causes) enum About {
    /// An address that another process listens on.
    PortInUse(Option<String>),
    /// Something it depends on that takes no connections.
    Refused(Option<String>),
    /// A host name that does not resolve.
    UnknownHost(Option<String>),
    /// A disk without room, and what is on it.
    DiskFull(Option<String>),
    /// A file system that takes no writes.
    ReadOnly(Option<String>),
    /// A file or an operation that it may not use: what it may not do.
    Permission(Option<String>),
    /// A setting that is missing or wrong.
    Config(Option<String>),
    /// Anything else.
    Other,
}

const IN_USE: &[&str] =
    &["address already in use", "eaddrinuse", "port is already allocated", "was already in use"];

const REFUSED: &[&str] =
    &["connection refused", "econnrefused", "connectionrefusederror", "connection was refused"];

const UNKNOWN_HOST: &[&str] = &[
    "no such host",
    "enotfound",
    "eai_again",
    "name or service not known",
    "name resolution",
    "getaddrinfo",
    "nodename nor servname",
    "unknownhostexception",
    "could not resolve host",
];

const DISK_FULL: &[&str] = &["no space left on device", "enospc", "disk quota exceeded"];

const READ_ONLY: &[&str] = &["read-only file system", "erofs"];

const DENIED: &[&str] = &["permission denied", "eacces", "eperm", "operation not permitted"];

const SETTINGS: &[&str] = &[
    "environment variable",
    "env var",
    "missing required",
    "is not set",
    "must be set",
    "is required",
    "process.env",
    "getenv",
];

impl About {
    /// What a line is about; `setting`: it may be about one.
    pub(super) fn read(line: &str, setting: bool) -> Option<Self> {
        let line = &address::without_keys(line);
        let lower = line.to_ascii_lowercase();
        let at = |words: &[&str]| words.iter().filter_map(|word| find_word(&lower, word)).min();
        if let Some(at) = at(IN_USE) {
            Some(Self::PortInUse(address::address(line, at).or_else(|| address::port(line))))
        } else if let Some(at) = at(REFUSED).or_else(|| connection_refused(&lower)) {
            Some(Self::Refused(address::address(line, at)))
        } else if let Some(at) = at(UNKNOWN_HOST) {
            Some(Self::UnknownHost(address::host(line, at)))
        } else if let Some(at) = at(DISK_FULL) {
            Some(Self::DiskFull(address::path(line, at)))
        } else if let Some(at) = at(READ_ONLY) {
            Some(Self::ReadOnly(address::path(line, at)))
        } else if let Some(at) = at(DENIED) {
            Some(Self::Permission(denied(line, &lower, at)))
        } else if setting {
            let at = SETTINGS.iter().filter_map(|word| lower.find(word)).chain(of_config(&lower)).min()?;
            Some(Self::Config(address::setting(line, at)))
        } else {
            None
        }
    }

    /// Whether it is about an address or a host.
    pub(super) fn is_of_network(&self) -> bool {
        matches!(self, Self::PortInUse(_) | Self::Refused(_) | Self::UnknownHost(_))
    }

    /// What it names.
    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Self::PortInUse(name)
            | Self::Refused(name)
            | Self::UnknownHost(name)
            | Self::DiskFull(name)
            | Self::ReadOnly(name)
            | Self::Permission(name)
            | Self::Config(name) => name.as_deref(),
            Self::Other => None,
        }
    }

    /// The start of a sentence about it.
    pub(in crate::causes) fn sentence(&self) -> Option<String> {
        let or = |what| self.name().unwrap_or(what);
        Some(match self {
            Self::PortInUse(_) => format!("{} is already in use", or("its port")),
            Self::Refused(_) => format!("{} refuses connections", or("something it depends on")),
            Self::UnknownHost(_) => format!("{} does not resolve", or("a host name")),
            Self::DiskFull(Some(path)) => format!("no space left on its disk ({path})"),
            Self::DiskFull(None) => "no space left on its disk".to_owned(),
            Self::ReadOnly(_) => format!("{} is read-only", or("a file system that it writes to")),
            Self::Permission(_) => format!("it may not {}", or("do what it must")),
            Self::Config(Some(setting)) => format!("setting {setting} is missing or wrong"),
            Self::Config(None) => "its configuration is wrong or incomplete".to_owned(),
            Self::Other => return None,
        })
    }
}

/// Where a line speaks of its configuration: not as a part of a path, a host or a key, nor with an address that it asked.
fn of_config(lower: &str) -> Option<usize> {
    let is_word = |at: usize| {
        let rest = lower[at..].trim_start_matches(char::is_alphanumeric);
        !lower[..at].ends_with(['/', '-', '.', '"']) && !rest.starts_with(['.', '-', '/', '"', '_'])
    };
    let at = lower.match_indices("config").map(|(at, _)| at).find(|at| is_word(*at));
    at.filter(|_| !lower.contains("://"))
}

/// `Connection to db:5432 refused`: where it says so.
fn connection_refused(lower: &str) -> Option<usize> {
    let to = find_word(lower, "connection to")? + "connection to".len();
    let refused = lower[to..].find(" refused")?;
    (lower[to..to + refused].split_whitespace().count() == 1).then_some(to + refused)
}

/// What it may not do.
fn denied(line: &str, lower: &str, at: usize) -> Option<String> {
    let listens = ["listen", "bind"].iter().any(|word| find_word(lower, word).is_some());
    let listening = if listens { address::address(line, at) } else { None };
    let listening = listening.map(|address| format!("listen on {address}"));
    listening.or_else(|| address::path(line, at).map(|path| format!("use {path}")))
}
