//! The end of a log, read for the error that ended the process.

use std::cmp::Reverse;
use std::mem::discriminant;

use super::container::clip;
use crate::{redact, words};

mod about;
mod address;
mod line;
#[cfg(test)]
mod tests;

pub(in crate::causes) use about::About;
use line::{Kind, Line};

/// The last error of a log: its line, and what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::causes) struct LastError {
    pub(in crate::causes) about: About,
    pub(in crate::causes) line: String,
}

/// Lines looked at, from the end.
const LINES: usize = 200;

/// Reads the last error of a log, or its last line where nothing in it looks like one.
///
/// It is the last line that looks like an error. What came before it was survived, unless it calls that its cause, or
/// says nothing of its own: then it is the last one that does.
pub(in crate::causes) fn last_error(log: &str) -> Option<LastError> {
    let texts: Vec<String> =
        ends(log).map(|line| redact::line(outdent(&words::without_colours(line)))).collect();
    let lines: Vec<Line<'_>> = (0..texts.len()).map(|at| Line::read(&texts, at)).collect();
    let likely = lines.iter().enumerate().max_by_key(|(at, line)| (line.kind, Reverse(*at)));
    let told = told(&lines[likely.map(|(at, _)| at)?..])?;
    Some(LastError { about: told.about.clone().unwrap_or(About::Other), line: clip(told.text) })
}

/// Which line is told of those from the last error on, the last one first.
fn told<'a>(lines: &'a [Line<'a>]) -> Option<&'a Line<'a>> {
    let (last, before) = lines.split_first()?;
    if last.is_hollow() {
        return before.iter().find(|line| line.kind == Kind::Error && !line.is_hollow()).or(Some(last));
    }
    // What an ordinary line follows did not end the process.
    let mut before = before.iter().take_while(|line| !line.kind.is_ordinary());
    let mut led_to = || {
        let mut led = before.by_ref().skip_while(|line| !line.is_link());
        led.find(|line| line.about.is_some())
    };
    let told = if last.about.is_some() { last } else { led_to().unwrap_or(last) };
    let Some(about) = told.about.as_ref().filter(|about| about.name().is_none()) else { return Some(told) };
    // A dump says again without the address what takes no connections. What was only warned of was survived.
    let same = |other: &About| {
        other.is_of_network() && discriminant(other) == discriminant(about) && other.name().is_some()
    };
    let named = before.find(|line| !line.warns && line.about.as_ref().is_some_and(same));
    Some(named.unwrap_or(told))
}

/// The last line of a log, cut where nobody reads on.
pub(in crate::causes) fn last_line(log: &str) -> Option<String> {
    ends(log).next().map(|line| clip(&redact::line(line.trim())))
}

/// The last lines that are not blank, the last one first.
fn ends(log: &str) -> impl Iterator<Item = &str> {
    log.lines().rev().take(LINES).map(str::trim_end).filter(|line| !line.is_empty())
}

/// The line with no more than the last sign of its indentation.
fn outdent(line: &str) -> &str {
    let indent = &line[..line.len() - line.trim_start().len()];
    &line[indent.char_indices().next_back().map_or(0, |(at, _)| at)..]
}
