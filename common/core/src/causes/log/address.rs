//! What a line of a log names: an address, a host, a path, a setting.
//!
//! `at` is always where the line says what is wrong: what stands nearest before is meant, or else what follows.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Ends of the names of source files, which stand before a line's number as a host stands before its port.
const SOURCES: &[&str] = &[
    ".go", ".py", ".js", ".mjs", ".cjs", ".ts", ".java", ".kt", ".scala", ".rs", ".rb", ".php", ".cs", ".c",
    ".cpp",
];

/// Words before a colon and a number that are no hosts.
const NO_HOSTS: &[&str] = &["main", "node", "line", "pid", "port", "code", "errno", "level", "thread"];

/// Words that follow those which stand before a host, and are none.
const NO_NAMES: &[&str] = &[
    "failed", "failure", "error", "not", "is", "was", "for", "on", "in", "at", "of", "by", "the", "no",
    "name", "hostname", "host", "unknown", "could", "cannot", "timeout", "timed", "already", "to", "and",
    "or", "from", "syscall", "message", "stack", "msg", "code", "errno", "service", "lookup", "found",
];

/// Codes that the address or host follows.
const CODES: &[&str] = &["econnrefused", "eaddrinuse", "enotfound", "eai_again"];

/// Where a word stands by itself.
pub(super) fn find_word(text: &str, word: &str) -> Option<usize> {
    let edge = |c: Option<char>| !c.is_some_and(char::is_alphanumeric);
    text.match_indices(word)
        .map(|(at, _)| at)
        .find(|&at| edge(text[..at].chars().next_back()) && edge(text[at + word.len()..].chars().next()))
}

/// The line, as long as it was, without the colons after the keys of JSON, which are none of an address.
pub(super) fn without_keys(line: &str) -> String {
    let (mut quoted, mut last) = (false, ' ');
    let plain = |c: char| {
        let key = c == ':' && quoted && last.is_alphanumeric();
        quoted = c == '"' || c == '\'';
        if !quoted && c != '\\' {
            last = c;
        }
        if key { ' ' } else { c }
    };
    line.chars().map(plain).collect()
}

/// The address that a line is about: `host:port` or `:port`.
pub(super) fn address(line: &str, at: usize) -> Option<String> {
    let (before, after) = (&line[..at], &line[at..]);
    let word = after_marks(line, CODES, is_address).or_else(|| words(before).rfind(|word| is_address(word)));
    let apart = || pair(line).or_else(|| tuple(line));
    let after = || words(after).find(|word| is_address(word)).map(str::to_owned);
    word.map(str::to_owned).or_else(apart).or_else(after)
}

/// `:8080` of `port 8080`.
pub(super) fn port(line: &str) -> Option<String> {
    let all: Vec<&str> = words(line).collect();
    port_at(&all).map(|(_, port)| format!(":{port}"))
}

/// The host name that a line is about.
pub(super) fn host(line: &str, at: usize) -> Option<String> {
    let found = after_marks(line, &["lookup", "enotfound", "eai_again", "unknownhostexception"], is_name);
    let called = line.replace("host name ", "host ");
    let found = found.or_else(|| after_marks(&called, &["host", "hostname"], is_name));
    let url = || {
        let (_, url) = line.split_once("://")?;
        let place = url.split(|c: char| c.is_whitespace() || "/\"'".contains(c)).next()?;
        words(place).next_back().map(without_port)
    };
    let name = found.map(without_port).or_else(|| url().filter(|host| is_name(host)));
    let address = || address(line, at).map(|address| without_port(&address).to_owned());
    name.map(str::to_owned).or_else(|| address().filter(|host| is_name(host)))
}

/// The path of a file that a line is about.
pub(super) fn path(line: &str, at: usize) -> Option<String> {
    fn paths(text: &str) -> impl DoubleEndedIterator<Item = &str> {
        text.split(|c: char| c.is_whitespace() || "\"'`‘’(),;=[]<>{}".contains(c))
            .map(|word| word.trim_end_matches([':', '.', '!']))
            .filter(|word| word.len() > 1 && (word.starts_with('/') || word.starts_with("./")))
            .filter(|word| !word.starts_with("//") && !is_source(without_port(word)))
    }
    paths(&line[..at]).next_back().or_else(|| paths(&line[at..]).next()).map(str::to_owned)
}

/// The name of a setting: a word in capitals, or what is quoted after the words about settings.
pub(super) fn setting(line: &str, at: usize) -> Option<String> {
    let capital = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
    let is_setting = |word: &&str| {
        word.contains('_') && word.starts_with(|c: char| c.is_ascii_uppercase()) && word.bytes().all(capital)
    };
    let all = line.split(|c: char| !c.is_alphanumeric() && c != '_');
    let upper = all.filter(is_setting).find(|word| !word.starts_with("ERR_"));
    let quoted = || {
        let (place, quote) = line[at..].char_indices().find(|(_, c)| "\"'`".contains(*c))?;
        let (name, _) = line[at + place + 1..].split_once(quote)?;
        let is_name = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
        (is_name && name.bytes().any(|b| b.is_ascii_alphabetic())).then_some(name)
    };
    upper.or_else(quoted).map(str::to_owned)
}

fn is_source(name: &str) -> bool {
    SOURCES.iter().any(|end| name.ends_with(end))
}

fn is_address(word: &str) -> bool {
    let Some((host, port)) = word.rsplit_once(':') else { return false };
    let is_port = port.parse::<u16>().is_ok_and(|port| port > 0) && !port.starts_with(['0', '+']);
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    // A time of day has colons, too, and a place in the source a number.
    let is_host = bare.is_empty() || bare == "*" || bare.parse::<Ipv6Addr>().is_ok() || is_host(bare);
    is_port && is_host
}

/// Whether a word may be a host: an IPv4 address, or a name that is none of a file.
fn is_host(word: &str) -> bool {
    let digit = word.starts_with(|c: char| c.is_ascii_digit());
    let named = word.bytes().any(|b| b.is_ascii_alphabetic()) && (!digit || word.contains('.'));
    let signs = word.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b));
    let known = NO_HOSTS.contains(&word) || is_source(word);
    word.parse::<Ipv4Addr>().is_ok() || (named && signs && !known)
}

/// Whether a word is the name of a host, with or without a port.
fn is_name(word: &str) -> bool {
    let host = without_port(word);
    let lower = host.to_ascii_lowercase();
    let class = lower.ends_with("error") || lower.ends_with("exception");
    is_host(host) && host.parse::<Ipv4Addr>().is_err() && !class && !NO_NAMES.contains(&lower.as_str())
}

/// The first word that is fit and directly follows one of these, for the first of them that has one.
fn after_marks<'a>(line: &'a str, marks: &[&str], fit: fn(&str) -> bool) -> Option<&'a str> {
    let all: Vec<&str> = words(line).collect();
    marks.iter().find_map(|mark| {
        let mut pairs = all.windows(2).filter_map(|pair| Some((pair.first()?, pair.last()?)));
        pairs.find(|(word, next)| is_mark(word, mark) && fit(next)).map(|(_, next)| *next)
    })
}

/// Whether it is that word, or a class of a package with that name.
fn is_mark(word: &str, mark: &str) -> bool {
    word.rsplit('.').next().is_some_and(|word| word.eq_ignore_ascii_case(mark))
}

/// `at "db.prod" (10.0.0.9), port 5432`, `host='db', port=5432`
fn pair(line: &str) -> Option<String> {
    let all: Vec<&str> = words(line).collect();
    let (place, port) = port_at(&all)?;
    let before = &all[..place];
    let host = |marks: &[&str], near: bool| {
        let mark =
            before.iter().rposition(|word| marks.iter().any(|mark| word.eq_ignore_ascii_case(mark)))?;
        let (host, between) = before[mark + 1..].split_first()?;
        let is_near = between.iter().all(|word| word.parse::<IpAddr>().is_ok());
        let fit = is_name(host) || host.parse::<Ipv4Addr>().is_ok();
        (fit && (is_near || !near)).then_some(host)
    };
    let host = host(&["at", "for"], true).or_else(|| host(&["host", "hostname", "address"], false))?;
    Some(format!("{host}:{port}"))
}

/// The first port that is called one, and where.
fn port_at(all: &[&str]) -> Option<(usize, u16)> {
    let mut pairs = all.windows(2).enumerate();
    pairs.find_map(|(at, pair)| {
        let port = pair.last()?.parse().ok().filter(|port| *port > 0)?;
        pair.first()?.eq_ignore_ascii_case("port").then_some((at, port))
    })
}

/// `('0.0.0.0', 8000)`
fn tuple(line: &str) -> Option<String> {
    line.split("('").skip(1).find_map(|rest| {
        let (host, rest) = rest.split_once("', ")?;
        let port: u16 = rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()?;
        let v6 = host.parse::<Ipv6Addr>().is_ok();
        (v6 || is_host(host)).then(|| if v6 { format!("[{host}]:{port}") } else { format!("{host}:{port}") })
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
    line.split(|c: char| c.is_whitespace() || "\"'`(),;=<>{}/@|".contains(c))
        .map(|word| word.trim_end_matches([':', '.', '!', '?', '\\']))
        .filter(|word| !word.is_empty())
}
