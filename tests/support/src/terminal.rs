//! A plugin in a terminal, as people have it before them: 24 lines of 80 columns.

use std::io::{ErrorKind, Write as _};
use std::time::Duration;

use expectrl::process::unix::WaitStatus;
use expectrl::session::OsSession;
use tempfile::TempDir;

use crate::wait::until;

const LINES: u16 = 24;
const COLUMNS: u16 = 80;

/// Lines that are kept when they leave the screen.
const KEPT: usize = 1000;

/// A plugin that runs in a terminal; killed when it is dropped before its end.
pub struct InTerminal {
    command: String,
    session: OsSession,
    shown: vt100::Parser,
    _home: TempDir,
}

impl InTerminal {
    pub(crate) fn start(command: std::process::Command, line: String, home: TempDir) -> Self {
        let mut session = OsSession::spawn(command).unwrap_or_else(|error| panic!("{line}: {error}"));
        let terminal = session.get_process_mut();
        terminal.set_window_size(COLUMNS, LINES).expect("a terminal has a size");
        terminal.set_echo(true, None).expect("a terminal shows what is typed");
        let shown = vt100::Parser::new(LINES, COLUMNS, KEPT);
        Self { command: line, session, shown, _home: home }
    }

    /// Waits until what is shown, or what left the screen, satisfies `wanted`, and gives it.
    ///
    /// # Panics
    /// It did not within `deadline`, or the plugin ended without.
    #[track_caller]
    pub fn wait_for(&mut self, what: &str, deadline: Duration, wanted: impl Fn(&str) -> bool) -> String {
        until(deadline, || {
            let more = self.read();
            (wanted(&self.text()) || !more).then_some(())
        });
        let text = self.text();
        assert!(wanted(&text), "{what}: not within {deadline:?}\n$ {}\n{text}", self.command);
        text
    }

    /// Types this.
    pub fn press(&mut self, keys: &str) {
        self.session
            .write_all(keys.as_bytes())
            .and_then(|()| self.session.flush())
            .expect("the plugin reads");
    }

    /// Waits for its end: the exit code, and all that is left to be read.
    ///
    /// # Panics
    /// It does not end within `deadline`, or a signal ends it.
    #[track_caller]
    pub fn join(mut self, deadline: Duration) -> (i32, String) {
        let ended = until(deadline, || (!self.read()).then_some(())).is_some();
        let text = self.text();
        assert!(ended, "it does not end\n$ {}\n{text}", self.command);
        match self.session.get_process().wait() {
            Ok(WaitStatus::Exited(_, code)) => (code, text),
            other => panic!("{other:?}\n$ {}\n{text}", self.command),
        }
    }

    /// Reads what there is to read; false where there will be no more.
    fn read(&mut self) -> bool {
        let mut part = [0; 4096];
        loop {
            match self.session.try_read(&mut part) {
                Ok(0) => return false,
                Ok(length) => self.shown.process(&part[..length]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return true,
                // A terminal whose last program has ended answers EIO.
                Err(_) => return false,
            }
        }
    }

    /// What left the screen, and the screen, row by row: `vt100` joins rows that are as long as the screen is wide.
    fn text(&mut self) -> String {
        let screen = self.shown.screen_mut();
        screen.set_scrollback(KEPT);
        let mut rows: Vec<String> = Vec::new();
        for above in (1..=screen.scrollback()).rev() {
            screen.set_scrollback(above);
            rows.extend(screen.rows(0, COLUMNS).next());
        }
        screen.set_scrollback(0);
        rows.extend(screen.rows(0, COLUMNS));
        let rows: Vec<&str> = rows.iter().map(|row| row.trim_end()).collect();
        rows.join("\n").trim_end().to_owned()
    }
}
