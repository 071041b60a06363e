//! What could be read and what could not: absent is never the same as empty.

/// A fact about the cluster. `Unavailable` says why it is not known; nothing may call that success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact<T> {
    /// Read from the cluster.
    Known(T),
    /// Withheld by RBAC, a missing API or a dead server; the text says which.
    Unavailable(String),
}

impl<T> Fact<T> {
    /// The value, when it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unavailable(_) => None,
        }
    }

    /// The fact about something that follows from the value.
    pub fn map<U>(self, follow: impl FnOnce(T) -> U) -> Fact<U> {
        match self {
            Self::Known(value) => Fact::Known(follow(value)),
            Self::Unavailable(reason) => Fact::Unavailable(reason),
        }
    }

    /// Why the value is not known.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Known(_) => None,
            Self::Unavailable(reason) => Some(reason),
        }
    }
}

impl<T, E: std::fmt::Display> From<Result<T, E>> for Fact<T> {
    fn from(result: Result<T, E>) -> Self {
        match result {
            Ok(value) => Self::Known(value),
            Err(error) => Self::Unavailable(error.to_string()),
        }
    }
}
