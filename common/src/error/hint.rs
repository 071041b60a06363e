//! What to do about an error: words for people, and the command in them for whoever reads the report.

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    text: String,
    command: Option<String>,
}

impl Hint {
    /// Words alone.
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), command: None }
    }

    /// Words that end with the command they lead to.
    pub(super) fn with_command(words: &str, command: String) -> Self {
        Self::new(format!("{words} {command}")).command(command)
    }

    /// The command that its words hold.
    pub(super) fn command(self, command: String) -> Self {
        Self { command: Some(command), ..self }
    }

    /// The command to paste, where there is one.
    pub fn to_paste(&self) -> Option<&str> {
        self.command.as_deref()
    }
}

impl std::fmt::Display for Hint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}
