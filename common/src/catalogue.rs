//! Finds the catalogue of services: a file when there is one, else the built-in one.

use std::path::{Path, PathBuf};

use sk_core::catalogue::Catalogue;

use crate::error::{CatalogueError, Error};

/// The catalogue, and where it came from.
#[derive(Debug)]
pub struct Loaded {
    /// The services.
    pub catalogue: Catalogue,
    /// `--services`, `$SK_SERVICES`, the user's file or `built in`, in words.
    pub source: String,
}

/// Reads the first catalogue there is: `--services`, `$SK_SERVICES`, `~/.config/kubectl-sk/services.yaml`, built in.
///
/// # Errors
/// A named file that cannot be read, and whatever [`Catalogue::parse`] refuses.
pub fn load(flag: Option<&Path>) -> Result<Loaded, Error> {
    if let Some(path) = flag {
        return from_file(path, "--services");
    }
    if let Some(path) = std::env::var_os("SK_SERVICES").filter(|path| !path.is_empty()) {
        return from_file(Path::new(&path), "$SK_SERVICES");
    }
    if let Some(path) = users_files().into_iter().flatten().find(|path| path.exists()) {
        return from_file(&path, "your configuration");
    }
    let catalogue = Catalogue::built_in()
        .map_err(|reason| CatalogueError::Invalid { path: PathBuf::from("services.yaml"), reason })?;
    Ok(Loaded { catalogue, source: "built in".to_owned() })
}

/// Under `$XDG_CONFIG_HOME`, and under `~/.config`.
fn users_files() -> [Option<PathBuf>; 2] {
    let moved = std::env::var_os("XDG_CONFIG_HOME").filter(|path| !path.is_empty()).map(PathBuf::from);
    let usual = std::env::home_dir().map(|home| home.join(".config"));
    [moved, usual].map(|config| Some(config?.join("kubectl-sk").join("services.yaml")))
}

fn from_file(path: &Path, named_by: &str) -> Result<Loaded, Error> {
    let yaml = std::fs::read_to_string(path)
        .map_err(|reason| CatalogueError::Unreadable { path: path.to_owned(), reason })?;
    let catalogue = Catalogue::parse(&yaml)
        .map_err(|reason| CatalogueError::Invalid { path: path.to_owned(), reason })?;
    Ok(Loaded { catalogue, source: format!("{} ({named_by})", path.display()) })
}
