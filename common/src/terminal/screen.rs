//! Who looks at a running rollout: the live view, the verdict before the soak, the soak.

use jiff::Timestamp;
use sk_core::restart::Restart;

use super::{Keys, Live, SoakView, Terminal, rollout};
use crate::operations::Audience;

/// The screen of one rollout.
pub struct Screen<'a> {
    terminal: &'a mut Terminal,
    // Dropped in this order: the mode of the keys was put over that of the live view.
    keys: Option<Keys>,
    live: Live,
    announced: bool,
}

impl<'a> Screen<'a> {
    /// Begins with the live view.
    pub fn new(terminal: &'a mut Terminal) -> Self {
        let live = terminal.live();
        Self { terminal, live, keys: None, announced: false }
    }

    /// Clears what was redrawn; says whether the verdict is out already.
    pub fn finish(mut self) -> bool {
        self.keys = None;
        self.live.finish();
        self.announced
    }

    /// The rollout's verdict comes before the soak, which may take longer than anybody waits.
    fn announce(&mut self, restart: &Restart, now: Timestamp) {
        self.announced = true;
        self.live.finish();
        let verdict = rollout::ended(restart, now);
        if self.terminal.is_for_people() {
            self.terminal.result(verdict);
        } else {
            self.terminal.tell(verdict);
        }
        self.live = self.terminal.live();
        self.keys = self.terminal.keys();
    }
}

impl Audience<Restart> for Screen<'_> {
    fn show(&mut self, restart: &Restart, now: Timestamp) {
        let Some(soak) = restart.soak() else {
            // Before the change the pods of the present template are the newest there are.
            if !self.announced && (restart.patched().is_some() || restart.trouble().is_some()) {
                self.live.show(&rollout::view(restart, now));
            }
            return;
        };
        if !self.announced {
            self.announce(restart, now);
        }
        self.live.show_soak(&SoakView {
            length: soak.until().duration_since(soak.began()),
            elapsed: now.duration_since(soak.began()),
            summary: soak.summary(),
        });
    }

    async fn quit(&mut self) {
        match &mut self.keys {
            Some(keys) => keys.wait_for(b'q').await,
            None => std::future::pending().await,
        }
    }
}
