//! A line of a log: whether it tells of an error, goes on with another line, or is ordinary.

use super::about::About;

/// What a line is, the likelier the error that ended the process the later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Part of what another line tells: a stack frame, a dump.
    Part,
    /// No error.
    Ordinary,
    /// An error that the process itself takes for none.
    Told,
    /// A warning of something that no rule knows.
    Warning,
    /// An error.
    Error,
}

impl Kind {
    pub(super) fn is_ordinary(self) -> bool {
        matches!(self, Self::Ordinary | Self::Told)
    }
}

/// A line of a log.
#[derive(Debug)]
pub(super) struct Line<'a> {
    pub(super) text: &'a str,
    pub(super) kind: Kind,
    pub(super) about: Option<About>,
    /// Whether it calls itself a warning.
    pub(super) warns: bool,
}

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
    "not defined",
    "unknown flag",
    "unrecognized",
];

/// Starts of lines that are parts wherever they stand.
const PARTS: &[&str] = &[
    "File \"",
    "... ",
    "goroutine ",
    "created by ",
    "exit status ",
    "Traceback (",
    "Emitted 'error' event",
    "Node.js v",
    "note: ",
    "stack backtrace:",
    "(Background on this error",
];

/// Starts of what npm says of a script.
const NPM: &[&str] = &["npm ERR!", "npm error"];

/// Starts of lines between an exception and the one that it led to.
const LINKS: &[&str] =
    &["During handling of the above exception", "The above exception was the direct cause"];

/// What a process says that ends for a reason told before.
const HOLLOW: &[&str] = &[
    "giving up",
    "gave up",
    "exiting",
    "exited",
    "exit code",
    "shutting down",
    "aborted",
    "aborting",
    "terminating",
    "application run failed",
    "failed to start",
    "could not start",
    "cannot start",
    "unable to start",
    "startup failed",
    "failed to boot",
    "did not exit normally",
    "failed to connect",
    "could not connect",
    "cannot connect",
    "unable to connect",
];

/// Words of a line among which its level is.
const LEVEL_WITHIN: usize = 24;

/// How serious a line calls itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Quiet,
    Warning,
    Error,
}

impl<'a> Line<'a> {
    /// The line at a place among all, of which the last one is the first.
    pub(super) fn read(all: &'a [String], at: usize) -> Self {
        let text = all[at].trim();
        if is_part(all, at) {
            return Self { text, kind: Kind::Part, about: None, warns: false };
        }
        if let Some(said) = NPM.iter().find_map(|start| text.strip_prefix(start)) {
            // Of what it says of a script that failed, only what is known by itself tells more than the script's own words.
            let about = About::read(said, false);
            let kind = if about.is_some() { Kind::Error } else { Kind::Part };
            return Self { text, kind, about, warns: false };
        }
        let lower = text.to_lowercase();
        let (level, inner) = (level(text), is_indented(&all[at]));
        // Rust says below where it panicked why.
        let panics = all.get(at + 1).is_some_and(|above| is_panic(above));
        let wrong = panics || level == Some(Level::Error) || ERRORS.iter().any(|word| lower.contains(word));
        // The usage of a flag has words of settings, too, and so has much that went well.
        let setting = wrong && !inner && level != Some(Level::Quiet);
        let about = About::read(text, setting);
        // .NET puts what it says below the level.
        let below =
            all.get(at + 1).is_some_and(|above| ["fail: ", "crit: "].iter().any(|l| above.starts_with(l)));
        let kind = match (level, about.is_some()) {
            (Some(Level::Quiet), true) => Kind::Told,
            (_, true) => Kind::Error,
            (Some(Level::Quiet), false) => Kind::Ordinary,
            (Some(Level::Warning), false) if wrong => Kind::Warning,
            _ if inner && !below => Kind::Part,
            _ if wrong => Kind::Error,
            _ => Kind::Ordinary,
        };
        Self { text, kind, about, warns: level == Some(Level::Warning) }
    }

    /// Whether the line before it led to the one after it.
    pub(super) fn is_link(&self) -> bool {
        LINKS.iter().any(|start| self.text.starts_with(start))
    }

    /// Whether the line says only that the process ends.
    pub(super) fn is_hollow(&self) -> bool {
        let lower = self.text.to_lowercase();
        let message = ["\"msg\":\"", "\"message\":\"", "msg=\"", ": "].iter().find_map(|mark| {
            let (_, message) = lower.rsplit_once(mark)?;
            Some(message.split_once('"').map_or(message, |(message, _)| message))
        });
        let hollow = |part: &str| HOLLOW.iter().any(|words| part.contains(words));
        self.about.is_none() && message.unwrap_or(&lower).split([',', ';']).all(hollow)
    }
}

/// `thread 'main' panicked at src/main.rs:7:5:`
fn is_panic(line: &str) -> bool {
    line.contains(" panicked at ") && line.ends_with(':')
}

fn is_indented(line: &str) -> bool {
    line.starts_with([' ', '\t'])
}

/// Whether a line is a part of what another line tells by its form.
fn is_part(all: &[String], at: usize) -> bool {
    let (line, text) = (&all[at], all[at].trim());
    let starts = |words: &[&str]| words.iter().any(|start| text.starts_with(start));
    let frame = text.strip_prefix("at ").is_some_and(|frame| is_indented(line) || frame.ends_with(')'));
    let numbered =
        text.strip_prefix('#').is_some_and(|frame| frame.starts_with(|c: char| c.is_ascii_digit()));
    let signs = text.bytes().all(|b| b"{}[](),;^~".contains(&b));
    // Go has the place of a call below it, Python its code.
    let call = at > 0 && all[at - 1].starts_with("\t/") && text.contains('(') && !text.contains(": ");
    let code = all.get(at + 1).is_some_and(|above| above.trim_start().starts_with("File \""));
    is_panic(line) || frame || numbered || signs || call || code || starts(PARTS) || starts(LINKS)
}

/// The level that a line has for itself: its first word, a word in capitals, or a word after `level`.
fn level(text: &str) -> Option<Level> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    let (mut first, mut marked) = (true, false);
    for word in words.take(LEVEL_WITHIN) {
        // The color of a terminal ends with an m.
        let capitals = word.rsplit('m').next().unwrap_or(word);
        let shouted = !capitals.bytes().any(|b| b.is_ascii_lowercase());
        let named = if first || marked { level_of(word) } else { None };
        let named = named.or_else(|| if shouted { level_of(capitals) } else { None });
        let coded = if marked { pino(word) } else { None };
        let lettered = if first { klog(word) } else { None };
        if let Some(level) = named.or(coded).or(lettered) {
            return Some(level);
        }
        marked = ["level", "lvl", "severity"].iter().any(|mark| word.eq_ignore_ascii_case(mark));
        // A time has letters, too.
        first = first && !word.bytes().any(|b| b.is_ascii_alphabetic() && !b"TZ".contains(&b));
    }
    None
}

fn level_of(word: &str) -> Option<Level> {
    match word.to_ascii_lowercase().as_str() {
        "info" | "information" | "notice" | "debug" | "trace" | "verbose" => Some(Level::Quiet),
        "warn" | "warning" => Some(Level::Warning),
        "error" | "err" | "fatal" | "panic" | "critical" | "crit" | "severe" | "emerg" | "fail" => {
            Some(Level::Error)
        }
        _ => None,
    }
}

/// A level as a number.
fn pino(word: &str) -> Option<Level> {
    match word {
        "10" | "20" | "30" => Some(Level::Quiet),
        "40" => Some(Level::Warning),
        "50" | "60" => Some(Level::Error),
        _ => None,
    }
}

/// A level as a letter before the day: `I1126`.
fn klog(word: &str) -> Option<Level> {
    let day = word.get(1..).filter(|day| day.len() == 4 && day.bytes().all(|b| b.is_ascii_digit()))?;
    match word.strip_suffix(day)? {
        "I" => Some(Level::Quiet),
        "W" => Some(Level::Warning),
        "E" | "F" => Some(Level::Error),
        _ => None,
    }
}
