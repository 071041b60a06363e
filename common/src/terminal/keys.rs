//! Keys while something runs: read one by one, the terminal as it was afterwards.

use std::io::{Read, stdin};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// The keys that are pressed, until it is dropped.
pub struct Keys {
    before: Termios,
    pressed: UnboundedReceiver<u8>,
}

impl Keys {
    /// Reads keys without waiting for Enter and without showing them. Signals (Ctrl-C) stay signals.
    pub(super) fn listen() -> Option<Self> {
        let before = tcgetattr(stdin()).ok()?;
        let mut each = before.clone();
        each.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
        tcsetattr(stdin(), OptionalActions::Now, &each).ok()?;
        let (press, pressed) = unbounded_channel();
        // It ends with the process: a read of a terminal cannot be called off.
        std::thread::spawn(move || {
            for key in stdin().lock().bytes().map_while(Result::ok) {
                if press.send(key).is_err() {
                    return;
                }
            }
        });
        Some(Self { before, pressed })
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

impl Drop for Keys {
    fn drop(&mut self) {
        // Where this fails there is no terminal left to mend.
        let _ = tcsetattr(stdin(), OptionalActions::Now, &self.before);
    }
}
