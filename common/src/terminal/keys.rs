//! Keys while something runs: not shown, or read one by one; the terminal as it was afterwards.

use std::io::{Read, stdin};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// Another mode of the terminal, until it is dropped.
pub(super) struct Mode {
    before: Termios,
}

impl Mode {
    /// What is typed is not shown: the `^C` of a signal would move what is redrawn.
    pub(super) fn unechoed() -> Option<Self> {
        Self::without(LocalModes::ECHO)
    }

    fn without(modes: LocalModes) -> Option<Self> {
        let before = tcgetattr(stdin()).ok()?;
        let mut other = before.clone();
        other.local_modes.remove(modes);
        tcsetattr(stdin(), OptionalActions::Now, &other).ok()?;
        Some(Self { before })
    }
}

impl Drop for Mode {
    fn drop(&mut self) {
        // Where this fails there is no terminal left to mend.
        let _ = tcsetattr(stdin(), OptionalActions::Now, &self.before);
    }
}

/// The keys that are pressed, until it is dropped.
pub struct Keys {
    _mode: Mode,
    pressed: UnboundedReceiver<u8>,
}

impl Keys {
    /// Reads keys without waiting for Enter and without showing them. Signals (Ctrl-C) stay signals.
    pub(super) fn listen() -> Option<Self> {
        let mode = Mode::without(LocalModes::ICANON | LocalModes::ECHO)?;
        let (press, pressed) = unbounded_channel();
        // It ends with the process: a read of a terminal cannot be called off.
        std::thread::spawn(move || {
            for key in stdin().lock().bytes().map_while(Result::ok) {
                if press.send(key).is_err() {
                    return;
                }
            }
        });
        Some(Self { _mode: mode, pressed })
    }

    /// Resolves when this key is pressed.
    pub async fn wait_for(&mut self, wanted: u8) {
        loop {
            match self.pressed.recv().await {
                Some(key) if key == wanted => return,
                Some(_) => {}
                None => std::future::pending().await,
            }
        }
    }
}
