//! A cause on the real cluster: which manifest shows it, on which object, and what a diagnosis has to say of it.

use std::path::PathBuf;
use std::time::Duration;

/// A manifest, and what is found in it. Its files are `fixtures/CODE.yaml`, `CODE.sh` for what no manifest can say, and
/// `CODE.services` for the catalogue that the diagnosis needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fixture {
    /// The code that must be found.
    pub(crate) code: &'static str,
    /// `kind/name` of the object that it must be found on; a name that ends with `-` is the start of one.
    pub(crate) object: &'static str,
    /// What the summary must hold.
    pub(crate) says: &'static [&'static str],
    /// What the evidence must hold.
    pub(crate) shows: &'static [&'static str],
    /// Codes of severity `error` that belong to it; all others must be absent.
    pub(crate) beside: &'static [&'static str],
    /// Time from the manifest to the finding.
    pub(crate) deadline: Duration,
    /// Whether it is part of every run, and not only of `scripts/test --all`.
    pub(crate) every_run: bool,
    /// Whether the heart of its fake Node stops beating.
    pub(crate) falls_silent: bool,
}

/// Time for a busy cluster to schedule, start and probe a pod.
const USUAL: Duration = Duration::from_secs(90);

impl Fixture {
    /// A cause that is found on this object.
    pub(crate) const fn on(object: &'static str, code: &'static str) -> Self {
        Self {
            code,
            object,
            says: &[],
            shows: &[],
            beside: &[],
            deadline: USUAL,
            every_run: false,
            falls_silent: false,
        }
    }

    /// What the summary must hold: the key, the image, the probe.
    pub(crate) const fn says(self, words: &'static [&'static str]) -> Self {
        Self { says: words, ..self }
    }

    /// What the evidence must hold: fields with their values.
    pub(crate) const fn shows(self, words: &'static [&'static str]) -> Self {
        Self { shows: words, ..self }
    }

    /// Other errors that it comes with.
    pub(crate) const fn beside(self, codes: &'static [&'static str]) -> Self {
        Self { beside: codes, ..self }
    }

    /// More time than usual.
    pub(crate) const fn within(self, seconds: u64) -> Self {
        Self { deadline: Duration::from_secs(seconds), ..self }
    }

    /// Part of every run.
    pub(crate) const fn in_every_run(self) -> Self {
        Self { every_run: true, ..self }
    }

    /// Its fake Node is left alone, so that the node controller finds it silent.
    pub(crate) const fn falls_silent(self) -> Self {
        Self { falls_silent: true, ..self }
    }

    /// `image`, `crashloop` and so on.
    pub(crate) fn family(&self) -> &'static str {
        self.code.split('/').next().unwrap_or_default()
    }

    /// The manifest, the script or the catalogue.
    pub(crate) fn file(&self, extension: &str) -> PathBuf {
        folder().join(format!("{}.{extension}", self.code))
    }
}

/// Where the manifests are.
pub(crate) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/diagnose/fixtures")
}
