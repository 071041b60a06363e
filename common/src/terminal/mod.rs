//! The only printer: results to stdout, everything else to stderr.

pub mod eviction;
mod keys;
mod live;
pub mod rollout;
mod screen;
mod text;

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use serde::Serialize;
use sk_core::catalogue::Catalogue;
use sk_core::causes::CAUSES;
use sk_core::fact::Fact;
use sk_core::finding::Finding;
use sk_core::sanitize;
use tokio::sync::oneshot;

pub use keys::Keys;
pub use live::{Live, RolloutView, SoakView};
pub use screen::Screen;
pub use text::{
    Text, WIDTH, checks, code, command, diff, dim, findings, lines, mark, plan, sign, some, strong,
};

use crate::catalogue::Loaded;
use crate::cli::{Color, GlobalFlags, Output};
use crate::error::Error;
use crate::exit;

/// Pods that the report names instead of one that is not there.
const NAMED: usize = 20;

/// What a person answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Go ahead.
    Yes,
    /// Leave it.
    No,
    /// There is nobody to ask: stdin or stderr is no terminal.
    Nobody,
}

/// The terminal, or the pipes in its place.
pub struct Terminal {
    out: AutoStream<io::Stdout>,
    err: AutoStream<io::Stderr>,
    output: Output,
    quiet: bool,
    attended: bool,
    lost: bool,
}

impl Terminal {
    /// Decides on colour and form; `-v N` turns the log on.
    pub fn new(flags: &GlobalFlags) -> Self {
        if flags.verbosity >= SHOWS_REQUESTS {
            log_requests();
        }
        let choice = color_choice(flags.color);
        Self {
            out: AutoStream::new(io::stdout(), choice),
            err: AutoStream::new(io::stderr(), choice),
            output: flags.output,
            quiet: flags.quiet,
            attended: io::stdin().is_terminal() && io::stderr().is_terminal(),
            lost: false,
        }
    }

    /// Whether people read the result, and not a script.
    pub fn is_for_people(&self) -> bool {
        self.output == Output::Text
    }

    /// The result, for people.
    pub fn result(&mut self, text: impl Display) {
        match writeln!(self.out, "{text}").and_then(|()| self.out.flush()) {
            Ok(()) => {}
            // `| head` is the reader's choice, not an error.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            Err(error) => {
                self.lost = true;
                self.complain(format_args!("error: the result cannot be written: {error}"));
            }
        }
    }

    /// The exit code to end with: never 0 when the result could not be written.
    pub fn end(&self, code: u8) -> u8 {
        if self.lost && code == exit::DONE { exit::UNKNOWN } else { code }
    }

    /// The result, as the one document of `-o json|yaml`.
    pub fn document(&mut self, document: &impl Serialize) {
        let json = || {
            let text = serde_json::to_string_pretty(document).map_err(|error| error.to_string())?;
            Ok(sanitize::json(&text))
        };
        let text: Result<String, String> = match self.output {
            Output::Yaml => match serde_saphyr::to_string(document) {
                // Only double-quoted text can hold escapes, and all JSON is YAML.
                Ok(yaml) if !sanitize::is_plain(&yaml) => json(),
                yaml => yaml.map_err(|error| error.to_string()),
            },
            _ => json(),
        };
        match text {
            Ok(text) => self.result(text.trim_end()),
            Err(error) => self.complain(format!("error: the report cannot be written: {error}")),
        }
    }

    /// What people should know while it happens; `--quiet` leaves it out.
    pub fn tell(&mut self, text: impl Display) {
        if !self.quiet {
            self.complain(text);
        }
    }

    /// What went wrong.
    pub fn complain(&mut self, text: impl Display) {
        let _ = writeln!(self.err, "{text}");
    }

    /// An error in kubectl's form, and what to do next.
    pub fn error(&mut self, error: &Error) {
        self.complain(error);
        if let Some(hint) = error.hint() {
            self.complain(format_args!("{} {hint}", text::dim("hint:")));
        }
    }

    /// A pod that is not there: says so in kubectl's words, and which pods there are. The finding tells scripts the same.
    pub fn no_such_pod(
        &mut self,
        error: &Error,
        object: &str,
        namespace: &str,
        there: &Fact<Vec<String>>,
    ) -> Finding {
        self.error(error);
        self.complain(text::pods_there(namespace, there));
        let names = there.known().into_iter().flatten().take(NAMED);
        names.fold(error.finding(object), |finding, name| finding.seen(format!("pod/{name} is there")))
    }

    /// The services of the catalogue, and where it came from.
    pub fn services(&mut self, loaded: &Loaded) {
        if self.is_for_people() {
            self.result(text::services(loaded));
        } else {
            self.document(&Listed { source: &loaded.source, catalogue: &loaded.catalogue });
        }
    }

    /// Every cause that can be named.
    pub fn causes(&mut self) {
        if self.is_for_people() {
            self.result(text::causes(CAUSES));
        } else {
            let causes = CAUSES.iter().map(|cause| CauseView {
                code: cause.code,
                severity: text::severity(cause),
                about: cause.about,
            });
            self.document(&ListedCauses { causes: causes.collect() });
        }
    }

    /// Asks once; anything but yes is no, the end of input too (at which `dialoguer` would ask again for ever). The line is read
    /// in the terminal's own mode, so that a signal leaves the terminal as it was.
    pub async fn confirm(&mut self, question: &str) -> Answer {
        if !self.attended {
            return Answer::Nobody;
        }
        let _ = write!(self.err, "{question} [y/N]: ").and_then(|()| self.err.flush());
        let (tell, told) = oneshot::channel();
        // No task of the runtime, which would wait for it: a read of a terminal cannot be called off.
        std::thread::spawn(move || {
            let mut line = String::new();
            let read = io::stdin().read_line(&mut line);
            tell.send(read.is_ok_and(|length| length > 0).then_some(line))
        });
        match told.await {
            Ok(Some(line)) if ["y", "yes"].contains(&line.trim().to_ascii_lowercase().as_str()) => {
                Answer::Yes
            }
            Ok(Some(_)) => Answer::No,
            // The input has ended, and with it the line.
            Ok(None) | Err(_) => {
                let _ = writeln!(self.err);
                Answer::No
            }
        }
    }

    /// The keys that are pressed from now on; none where nobody sits there.
    pub fn keys(&self) -> Option<Keys> {
        if self.attended { Keys::listen() } else { None }
    }

    /// A view of a rollout: redrawn on a terminal, a line for each change elsewhere, nothing with `--quiet`.
    pub fn live(&self) -> Live {
        if self.quiet {
            Live::silent()
        } else if io::stderr().is_terminal() {
            Live::redrawn(self.err.current_choice() != ColorChoice::Never)
        } else {
            Live::lines()
        }
    }
}

/// The catalogue as scripts read it: itself, and where it came from.
#[derive(Serialize)]
struct Listed<'a> {
    source: &'a str,
    #[serde(flatten)]
    catalogue: &'a Catalogue,
}

#[derive(Serialize)]
struct ListedCauses {
    causes: Vec<CauseView>,
}

#[derive(Serialize)]
struct CauseView {
    code: &'static str,
    severity: &'static str,
    about: &'static str,
}

/// kubectl's level at which requests are shown.
const SHOWS_REQUESTS: u8 = 6;

/// `--color`, else `NO_COLOR` and `FORCE_COLOR`, else whether it is a terminal.
fn color_choice(color: Color) -> ColorChoice {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
    match color {
        Color::Always => ColorChoice::Always,
        Color::Never => ColorChoice::Never,
        Color::Auto if set("NO_COLOR") => ColorChoice::Never,
        Color::Auto if set("FORCE_COLOR") => ColorChoice::Always,
        Color::Auto => ColorChoice::Auto,
    }
}

/// Requests go to stderr as they are made.
fn log_requests() {
    use tracing_subscriber::filter::{LevelFilter, Targets};
    use tracing_subscriber::layer::SubscriberExt;
    use tracing_subscriber::util::SubscriberInitExt;

    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(false).with_target(false);
    let only = Targets::new().with_target("request", LevelFilter::TRACE);
    // A second subscriber is refused, and the first one serves.
    let _ = tracing_subscriber::registry().with(lines).with(only).try_init();
}
