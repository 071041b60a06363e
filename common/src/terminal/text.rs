//! Checks, plans and findings as lines of at most 80 columns; what must be pasted is never broken.

use std::fmt::Write;

use comfy_table::{ColumnConstraint, ContentArrangement, Table};
use owo_colors::OwoColorize;
use sk_core::causes::Cause;
use sk_core::checks::Verdict;
use sk_core::fact::Fact;
use sk_core::finding::{Finding, Severity};
use sk_core::report::{CheckView, PlannedStep};
use sk_core::sanitize::visible;

use crate::catalogue::Loaded;

/// Columns that a line may have.
pub const WIDTH: usize = 80;

/// Names that are shown one by one; more are counted.
const SHOWN: usize = 5;

/// Lines that grow one by one.
#[derive(Debug, Default)]
pub struct Text(String);

impl Text {
    /// Adds a line.
    pub fn line(&mut self, line: impl std::fmt::Display) -> &mut Self {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        let _ = write!(self.0, "{line}");
        self
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds an empty line.
    pub fn gap(&mut self) -> &mut Self {
        self.line("")
    }
}

impl std::fmt::Display for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a verdict looks like: a sign that says the same without its colour.
pub fn mark(verdict: Verdict) -> String {
    match verdict {
        Verdict::Pass => sign("✓", "ok").green().to_string(),
        Verdict::Warn => "!".yellow().to_string(),
        Verdict::Refuse | Verdict::Fail => sign("✗", "x").red().to_string(),
        Verdict::Unknown => "?".yellow().to_string(),
        Verdict::Skipped => "-".dimmed().to_string(),
    }
}

/// A sign, or what stands for it where the locale is not UTF-8.
pub fn sign(unicode: &'static str, ascii: &'static str) -> &'static str {
    if speaks_utf8() { unicode } else { ascii }
}

/// What is there for completeness.
pub fn dim(text: &str) -> String {
    text.dimmed().to_string()
}

/// What is read first.
pub fn strong(text: &str) -> String {
    text.bold().to_string()
}

/// Whether the locale can show more than ASCII, by the rules of POSIX: the first that is set counts, and none is `C`.
fn speaks_utf8() -> bool {
    let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG"));
    locale.is_some_and(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

/// Text from anywhere, made visible, wrapped, with `first` before it and its width of spaces before what follows.
pub fn lines(first: &str, width: usize, text: &str) -> String {
    let indent = " ".repeat(width);
    let safe = visible(text);
    let options = textwrap::Options::new(WIDTH.saturating_sub(width))
        .break_words(false)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    let wrapped = textwrap::wrap(&safe, options);
    let mut result = first.to_owned();
    for (index, line) in wrapped.iter().enumerate() {
        if index > 0 {
            let _ = write!(result, "\n{indent}");
        }
        result.push_str(line);
    }
    result
}

/// A command to paste, made visible: whole where it fits, else continued with `\\` between its words.
pub fn command(first: &str, width: usize, command: &str) -> String {
    let safe = visible(command);
    if width + safe.chars().count() <= WIDTH {
        return format!("{first}{safe}");
    }
    let (mut result, mut column) = (first.to_owned(), width);
    for (index, word) in words(&safe).into_iter().enumerate() {
        let length = word.chars().count();
        // A space before the word, and after it room for the next backslash.
        if index > 0 && column + 1 + length + 2 > WIDTH {
            let _ = write!(result, " \\\n{}", " ".repeat(width + 2));
            column = width + 2;
        } else if index > 0 {
            result.push(' ');
            column += 1;
        }
        result.push_str(word);
        column += length;
    }
    result
}

/// The words of a command line, a flag together with its value; a space in quotes is part of a word.
fn words(command: &str) -> Vec<&str> {
    let mut breaks = Vec::new();
    let mut quote = None;
    for (place, c) in command.char_indices() {
        match (quote, c) {
            (None, ' ') => breaks.push(place),
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    let (mut words, mut start) = (Vec::new(), 0);
    for place in breaks {
        let word = &command[start..place];
        let wants_value = word.starts_with('-') && !word.contains(['=', ' ']);
        if !wants_value || command[place + 1..].starts_with('-') {
            words.push(word);
            start = place + 1;
        }
    }
    words.push(&command[start..]);
    words
}

/// The checks, one a line. What was skipped has nothing to say to people.
pub fn checks(checks: &[CheckView]) -> Text {
    let mut text = Text::default();
    text.line(strong("Checks"));
    for check in checks.iter().filter(|check| check.verdict != Verdict::Skipped) {
        let detail = match check.verdict {
            Verdict::Unknown => format!("{}: {}", check.check, check.detail),
            _ => check.detail.clone(),
        };
        text.line(lines(&format!("  {} ", mark(check.verdict)), 4, &detail));
    }
    text
}

/// The steps, with the kubectl command that does the same below each.
pub fn plan(steps: &[PlannedStep]) -> Text {
    let mut text = Text::default();
    text.line(strong("Plan"));
    for (index, step) in steps.iter().enumerate() {
        text.line(lines(&format!("  {} {:<7} ", index + 1, step.step), 12, &step.words));
        text.line(dim(&command("            ", 12, &step.kubectl)));
    }
    text
}

/// Findings: the code and its sentence, the evidence, what to type next.
pub fn findings(findings: &[Finding]) -> Text {
    let mut text = Text::default();
    for finding in findings {
        let code = code(finding.severity, &finding.code);
        text.line(format_args!("  {code}  {}", dim(&visible(&finding.object))));
        text.line(lines("    ", 4, &finding.summary));
        for seen in &finding.evidence {
            text.line(lines(&format!("    {} ", dim("seen")), 9, seen));
        }
        for next in &finding.next {
            text.line(command(&format!("    {} ", dim("next")), 9, next));
        }
    }
    text
}

/// A finding's code, coloured by how bad it is.
pub fn code(severity: Severity, code: &str) -> String {
    match severity {
        Severity::Error => code.red().to_string(),
        Severity::Warning => code.yellow().to_string(),
        Severity::Info => code.to_owned(),
    }
}

/// A unified diff: what goes is red, what comes is green; the signs say the same.
pub fn diff(diff: &str, indent: &str) -> Text {
    let mut text = Text::default();
    for line in diff.lines() {
        let shown = visible(line);
        let coloured = match line.as_bytes().first() {
            Some(b'-') => shown.red().to_string(),
            Some(b'+') => shown.green().to_string(),
            Some(b'@') => shown.dimmed().to_string(),
            _ => shown,
        };
        text.line(format_args!("{indent}{coloured}"));
    }
    text
}

/// The causes that can be named, as a table.
pub(super) fn causes(causes: &[Cause]) -> Text {
    let mut table = plain_table(["CODE", "SEVERITY", "ABOUT"]);
    for cause in causes {
        table.add_row([cause.code, severity(cause), cause.about]);
    }
    // A code is copied: it stays in one piece.
    if let Some(codes) = table.column_mut(0) {
        codes.set_constraint(ColumnConstraint::ContentWidth);
    }
    let mut text = Text::default();
    text.line(table.trim_fmt());
    text
}

/// How bad a cause is, in its report's word.
pub(super) fn severity(cause: &Cause) -> &'static str {
    match cause.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    }
}

fn plain_table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(80);
    table.load_style(comfy_table::presets::NOTHING).set_header(header);
    table
}

/// The services of the catalogue as a table, and where they came from.
pub(super) fn services(loaded: &Loaded) -> Text {
    let mut table = plain_table(["SERVICE", "NAMESPACE", "MIN", "FLOOR", "ABOUT"]);
    let number = |number: Option<u32>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
    for service in &loaded.catalogue.services {
        table.add_row([
            visible(&service.name),
            visible(service.namespace.as_deref().unwrap_or("-")),
            number(service.min_replicas),
            number(service.min_available),
            visible(service.criticality.as_deref().unwrap_or_default()),
        ]);
    }
    let mut text = Text::default();
    text.line(table.trim_fmt()).gap().line(format_args!("catalogue: {}", visible(&loaded.source)));
    text
}

/// The first names, and how many more.
pub fn some(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(SHOWN).map(String::as_str).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// The pods that there are instead of the one that was asked about.
pub(super) fn pods_there(namespace: &str, names: &Fact<Vec<String>>) -> String {
    match names {
        Fact::Unavailable(reason) => lines("pods there: not known: ", 2, reason),
        Fact::Known(names) if names.is_empty() => {
            format!("there are no pods in namespace {}", visible(namespace))
        }
        Fact::Known(names) => lines("pods there: ", 2, &some(names)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_command_is_continued_between_its_words() {
        let short = "kubectl get pods -n shop";
        assert_eq!(command("next ", 5, short), "next kubectl get pods -n shop");
        let long = "kubectl patch pod web-75d9bb5f6-k95rb -n skillancer-production --type=json \
                    -p '[{\"op\": \"remove\", \"path\": \"/metadata/finalizers\"}]'";
        let shown = command("next ", 5, long);
        assert!(shown.lines().all(|line| line.chars().count() <= WIDTH), "{shown}");
        assert_eq!(shown.replacen("next ", "", 1).replace(" \\\n       ", " "), long);
        let word = "x".repeat(100);
        assert_eq!(command("", 0, &format!("a {word}")), format!("a \\\n  {word}"));
        assert_eq!(words("a -n b -A --c=d e"), ["a", "-n b", "-A", "--c=d", "e"]);
    }
}
