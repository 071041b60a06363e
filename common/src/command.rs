//! What every plugin's `main` does: read the command line, run on one thread, end with an exit code.

mod change;

use std::ffi::OsString;

use clap::Parser;
use sk_core::operation::Signal;
use sk_core::report::Header;

use crate::cli::{self, GlobalFlags, Unparsed};
use crate::error::Error;
use crate::exit;
use crate::operations::{self, Clock};
use crate::terminal::Terminal;

pub use change::{Changing, Proposal};

/// A plugin's command line.
pub trait Plugin: Parser {
    /// How users call it.
    const NAME: &'static str;

    /// Its output flags.
    fn global(&self) -> &GlobalFlags;

    /// The error of a command line that is wrong, with what was probably meant where the command knows.
    fn meant(error: Error, _arguments: &[OsString]) -> Error {
        error
    }

    /// Runs the command, and returns the exit code.
    fn run(&self, terminal: &mut Terminal) -> impl Future<Output = u8>;

    /// The document of a command line that is wrong; `arguments` is that command line.
    fn refused(header: Header, error: &Error, arguments: &[OsString], terminal: &mut Terminal);
}

/// Why a command ended before its operation began.
#[derive(Debug)]
pub enum Stop {
    /// Something is wrong, or refused.
    Error(Error),
    /// A signal asked for the end.
    Signal(Signal),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<Signal> for Stop {
    fn from(signal: Signal) -> Self {
        Self::Signal(signal)
    }
}

/// Parses the command line, runs it, and returns the exit code.
pub fn main<P: Plugin>(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let plugin = match cli::parse::<P>(P::NAME, arguments.clone()) {
        Ok(plugin) => plugin,
        Err(unparsed) => return not_parsed::<P>(unparsed, &arguments),
    };
    let mut terminal = Terminal::new(plugin.global());
    match operations::runtime() {
        Ok(runtime) => {
            let code = runtime.block_on(plugin.run(&mut terminal));
            // A prompt that nobody answered must not keep the process.
            runtime.shutdown_background();
            terminal.end(code)
        }
        Err(error) => {
            terminal.complain(format_args!("error: the runtime cannot be started: {error}"));
            exit::NOT_STARTED
        }
    }
}

/// Help and version are results; a wrong command line is a report too, where scripts asked for one.
fn not_parsed<P: Plugin>(unparsed: Unparsed, arguments: &[OsString]) -> u8 {
    let output = cli::output_of(arguments);
    let mut terminal = Terminal::new(&GlobalFlags { output, ..GlobalFlags::default() });
    let error = match unparsed {
        Unparsed::Text(text) => {
            terminal.result(text.ansi().to_string().trim_end());
            return terminal.end(exit::DONE);
        }
        Unparsed::Wrong(error) => P::meant(error, arguments),
    };
    terminal.error(&error);
    if !terminal.is_for_people() {
        P::refused(header(Clock::start()), &error, arguments, &mut terminal);
    }
    error.exit_code()
}

/// A header that says only which operation this is, and when it began.
pub fn header(clock: Clock) -> Header {
    Header {
        operation: operations::new_id(),
        context: String::new(),
        namespace: String::new(),
        service: String::new(),
        object: String::new(),
        started_at: clock.now(),
    }
}
