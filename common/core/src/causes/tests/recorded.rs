//! Objects that a real cluster (Kubernetes 1.34) showed.

use std::path::{Path, PathBuf};

use super::Case;

pub(super) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/causes/fixtures")
}

pub(super) fn read(name: &str) -> Case {
    let text = std::fs::read_to_string(folder().join(name).with_extension("json")).unwrap();
    Case::read(&serde_json::from_str(&text).unwrap())
}

#[test]
fn show() {
    let mut names: Vec<_> = std::fs::read_dir(folder()).unwrap().map(|e| e.unwrap().path()).collect();
    names.sort();
    let mut out = String::new();
    for path in names {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        out += &format!("== {name}\n");
        for found in read(&name).found() {
            out += &format!(
                "{} {} obs={} needs={}\n   {}\n",
                found.finding.code,
                found.finding.object,
                found.observations,
                found.needs.len(),
                found.finding.summary
            );
            for e in &found.finding.evidence {
                out += &format!("     seen {e}\n");
            }
            for e in &found.finding.next {
                out += &format!("     next {e}\n");
            }
        }
    }
    std::fs::write("/tmp/rec/show.txt", out).unwrap();
}
