//! What can be wrong with the catalogue of services.

use std::path::PathBuf;

use super::io;

/// A catalogue that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// The file cannot be read.
    #[error("unable to read the catalogue {}: {}", path.display(), io(reason))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: std::io::Error,
    },
    /// It is no catalogue.
    #[error("invalid catalogue {}: {reason}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column.
        reason: sk_core::catalogue::Invalid,
    },
}
