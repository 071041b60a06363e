//! Runs a plugin's real binary in a safe environment, and holds it to exact results.

use std::ffi::{OsStr, OsString};
use std::io::{Read, Write as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::terminal::InTerminal;
use crate::wait::until;

/// A plugin that takes longer than this hangs.
const DEADLINE: Duration = Duration::from_secs(240);

/// Time to read what a plugin said before it ended.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A plugin about to be run: no KUBECONFIG, no proxies, an empty home, an UTF-8 locale, the PATH of the test.
pub struct Plugin {
    command: Command,
    stdin: Vec<u8>,
    home: TempDir,
}

impl Plugin {
    /// `binary` is `env!("CARGO_BIN_EXE_…")` of the test's own package.
    pub fn new(binary: impl AsRef<OsStr>) -> Self {
        let home = TempDir::new().expect("a home directory");
        let mut command = Command::new(binary);
        command.env_clear().env("HOME", home.path()).env("LC_ALL", "C.UTF-8").current_dir(home.path());
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        Self { command, stdin: Vec::new(), home }
    }

    /// kubectl with this kubeconfig, and with a plugin under the file name (`sk_restart`) that kubectl looks for.
    pub fn kubectl(kubeconfig: &Path, name: &str, binary: &str) -> Self {
        let plugin = Self::new("kubectl");
        let bin = plugin.home().join("bin");
        std::fs::create_dir(&bin).expect("a directory in the home directory");
        let link = bin.join(format!("kubectl-{name}"));
        std::os::unix::fs::symlink(binary, link).expect("a link to the plugin");
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
        plugin.env("PATH", path).kubeconfig(kubeconfig)
    }

    /// Adds arguments.
    pub fn args(mut self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(arguments);
        self
    }

    /// Sets a variable of the environment.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Sets KUBECONFIG.
    pub fn kubeconfig(self, path: impl AsRef<OsStr>) -> Self {
        self.env("KUBECONFIG", path)
    }

    /// Writes this to its standard input, which is a pipe in any case.
    pub fn stdin(mut self, text: &str) -> Self {
        text.as_bytes().clone_into(&mut self.stdin);
        self
    }

    /// Its home directory, for files that it should find there.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Runs it to its end.
    ///
    /// # Panics
    /// It cannot be started, or does not end within four minutes.
    pub fn run(self) -> Run {
        self.spawn().join()
    }

    /// Starts it, and leaves it running.
    ///
    /// # Panics
    /// It cannot be started.
    pub fn spawn(mut self) -> Running {
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let command = self.line();
        let mut child = self.command.spawn().unwrap_or_else(|error| panic!("{command}: {error}"));
        let stdout = child.stdout.take().map(Collected::from);
        let stderr = child.stderr.take().map(Collected::from);
        if let Some(mut stdin) = child.stdin.take() {
            // A plugin need not read what it is given.
            let _ = stdin.write_all(&self.stdin);
        }
        Running { command, child, stdout, stderr, _home: self.home }
    }

    /// Starts it in a terminal.
    ///
    /// # Panics
    /// It cannot be started.
    pub fn in_terminal(mut self) -> InTerminal {
        self.command.env("TERM", "xterm-256color");
        let line = self.line();
        InTerminal::start(self.command, line, self.home)
    }

    fn line(&self) -> String {
        let words: Vec<OsString> = std::iter::once(self.command.get_program())
            .chain(self.command.get_args())
            .map(OsStr::to_owned)
            .collect();
        words.join(OsStr::new(" ")).to_string_lossy().into_owned()
    }
}

/// What a pipe has said so far.
struct Collected {
    bytes: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<()>,
}

impl<R: Read + Send + 'static> From<R> for Collected {
    fn from(mut pipe: R) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let into = Arc::clone(&bytes);
        let reader = std::thread::spawn(move || {
            let mut part = [0; 4096];
            // What came before an error is what there is.
            while let Ok(length @ 1..) = pipe.read(&mut part) {
                into.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&part[..length]);
            }
        });
        Self { bytes, reader }
    }
}

impl Collected {
    fn so_far(&self) -> String {
        String::from_utf8_lossy(&self.bytes.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }

    fn all(self) -> String {
        let Self { bytes, reader } = self;
        // It panics nowhere; if it did, what was read is still there.
        let _ = reader.join();
        String::from_utf8_lossy(&bytes.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

/// A plugin that runs; killed when it is dropped before its end.
pub struct Running {
    command: String,
    child: Child,
    stdout: Option<Collected>,
    stderr: Option<Collected>,
    _home: TempDir,
}

impl Running {
    /// What it has said on standard error so far.
    pub fn stderr(&self) -> String {
        self.stderr.as_ref().map(Collected::so_far).unwrap_or_default()
    }

    /// Whether it runs no more.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("the plugin is our child").is_some()
    }

    /// Waits until its standard error holds this.
    ///
    /// # Panics
    /// It did not within `deadline`, or the plugin ended without.
    #[track_caller]
    pub fn wait_for(&mut self, part: &str, deadline: Duration) {
        let said = until(deadline, || {
            let ended = self.has_ended();
            let said = self.stderr().contains(part);
            (said || ended).then_some(said)
        });
        // What it said last may be read only after its end was noticed.
        let said = said
            .map(|said| said || until(LAST_WORDS, || self.stderr().contains(part).then_some(())).is_some());
        assert!(
            said == Some(true),
            "{part:?} is not on stderr within {deadline:?}\n$ {}\n{}",
            self.command,
            self.stderr()
        );
    }

    /// Sends it a signal, as `INT` or `KILL`.
    ///
    /// # Panics
    /// It is not there any more.
    #[track_caller]
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "SIG{name} cannot be sent to {}", self.command);
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// It does not end within four minutes.
    #[track_caller]
    pub fn join(mut self) -> Run {
        let status = wait(&mut self.child);
        let text = |collected: Option<Collected>| collected.map(Collected::all).unwrap_or_default();
        let (stdout, stderr) = (text(self.stdout.take()), text(self.stderr.take()));
        let run = Run { command: self.command.clone(), status, stdout, stderr };
        assert!(status.is_some(), "it does not end\n{run}");
        run
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Best effort: it has ended, or it must not outlive its test.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// None: it had to be killed.
fn wait(child: &mut Child) -> Option<ExitStatus> {
    let status = until(DEADLINE, || child.try_wait().expect("the plugin is our child"));
    if status.is_none() {
        let _ = child.kill();
        let _ = child.wait();
    }
    status
}

/// What a plugin did. Each check panics with the command, its status and both streams.
#[derive(Debug)]
pub struct Run {
    command: String,
    status: Option<ExitStatus>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let status = self.status.map_or("killed by the test".to_owned(), |status| status.to_string());
        let Self { command, stdout, stderr, .. } = self;
        write!(f, "$ {command}\n{status}\n--- stdout\n{stdout}\n--- stderr\n{stderr}\n---")
    }
}

impl Run {
    /// The exit code; none where a signal ended it.
    pub fn exit_code(&self) -> Option<i32> {
        self.status.and_then(|status| status.code())
    }

    /// The exit code, as it must be.
    #[track_caller]
    pub fn code(self, expected: i32) -> Self {
        assert_eq!(self.exit_code(), Some(expected), "another exit code\n{self}");
        self
    }

    /// All of standard output.
    #[track_caller]
    pub fn stdout(self, expected: &str) -> Self {
        assert_eq!(self.stdout, expected, "other stdout\n{self}");
        self
    }

    /// All of standard error.
    #[track_caller]
    pub fn stderr(self, expected: &str) -> Self {
        assert_eq!(self.stderr, expected, "other stderr\n{self}");
        self
    }

    /// Part of standard output.
    #[track_caller]
    pub fn stdout_has(self, part: &str) -> Self {
        assert!(self.stdout.contains(part), "stdout without {part:?}\n{self}");
        self
    }

    /// Part of standard error.
    #[track_caller]
    pub fn stderr_has(self, part: &str) -> Self {
        assert!(self.stderr.contains(part), "stderr without {part:?}\n{self}");
        self
    }

    /// Neither stream says this.
    #[track_caller]
    pub fn never_says(self, part: &str) -> Self {
        assert!(!self.stdout.contains(part) && !self.stderr.contains(part), "{part:?} appears\n{self}");
        self
    }

    /// Standard output as the one JSON document that it must be.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("stdout is no JSON document: {error}\n{self}"))
    }
}
