//! Checks, plans and findings as lines of at most 80 columns; what must be pasted is never broken.

use std::fmt::Write;

use comfy_table::{ContentArrangement, Table};
use owo_colors::OwoColorize;
use sk_core::checks::Verdict;
use sk_core::finding::{Finding, Severity};
use sk_core::report::{CheckView, PlannedStep};
use sk_core::sanitize::visible;

use crate::catalogue::Loaded;

/// Columns that a line may have.
const WIDTH: usize = 80;

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

/// Whether the locale can show more than ASCII, by the rules of POSIX: the first that is set counts.
fn speaks_utf8() -> bool {
    let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG"));
    locale.is_none_or(|locale| {
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
        text.line(format_args!("            {}", dim(&visible(&step.kubectl))));
    }
    text
}

/// Findings: the code and its sentence, the evidence, what to type next.
pub fn findings(findings: &[Finding]) -> Text {
    let mut text = Text::default();
    for finding in findings {
        let code = match finding.severity {
            Severity::Error => finding.code.red().to_string(),
            Severity::Warning => finding.code.yellow().to_string(),
            Severity::Info => finding.code.clone(),
        };
        text.line(format_args!("  {code}  {}", dim(&visible(&finding.object))));
        text.line(lines("    ", 4, &finding.summary));
        for seen in &finding.evidence {
            text.line(lines(&format!("    {} ", dim("seen")), 9, seen));
        }
        for command in &finding.next {
            text.line(format_args!("    {} {}", dim("next"), visible(command)));
        }
    }
    text
}

/// The services of the catalogue as a table, and where they came from.
pub(super) fn services(loaded: &Loaded) -> Text {
    let mut table = Table::new();
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(80);
    table.load_style(comfy_table::presets::NOTHING).set_header([
        "SERVICE",
        "NAMESPACE",
        "MIN",
        "FLOOR",
        "ABOUT",
    ]);
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
