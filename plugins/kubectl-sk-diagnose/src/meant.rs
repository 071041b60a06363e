//! A name where a form should stand: which form was probably meant.

use std::ffi::OsString;
use std::path::PathBuf;

use sk_common::catalogue;
use sk_common::error::Error;
use sk_core::catalogue::Catalogue;
use sk_core::target::{self, Named};

use crate::args::NAME;

/// The error of an unknown command, with the form that takes this name.
pub(crate) fn form(error: Error, arguments: &[OsString]) -> Error {
    let Error::Usage { message, see } = error else { return error };
    let catalogue = || catalogue::load(services(arguments).as_deref()).map(|loaded| loaded.catalogue);
    let meant = unknown(&message).and_then(|(typed, is_like_a_form)| {
        let words = proposed(typed, is_like_a_form, &catalogue().ok()?)?;
        Some(format!("unknown command {typed:?} (did you mean `{NAME} {words}`?)"))
    });
    Error::Usage { message: meant.unwrap_or(message), see }
}

/// The command that is not known, and whether a form is like it.
fn unknown(message: &str) -> Option<(&str, bool)> {
    let (typed, rest) = message.strip_prefix("unknown command \"")?.split_once('"')?;
    Some((typed, !rest.is_empty()))
}

/// The form that takes this name: of a service or Deployment where it is one, else of a pod.
fn proposed(typed: &str, is_like_a_form: bool, catalogue: &Catalogue) -> Option<String> {
    if Named::read(typed, catalogue).is_ok() {
        return Some(format!("service {typed}"));
    }
    if let Some(pod) = target::pod(typed) {
        return Some(format!("pod {pod}"));
    }
    // A slip in the name of a form: that was proposed already.
    let name = target::pod_name(typed).filter(|_| !is_like_a_form)?;
    Some(match catalogue.nearest(name) {
        Some(service) => format!("service {service}"),
        None => format!("pod {name}"),
    })
}

/// The catalogue file that was typed, the last one as ever: the command line was not read any further.
fn services(arguments: &[OsString]) -> Option<PathBuf> {
    let typed: Vec<&str> = arguments.iter().filter_map(|argument| argument.to_str()).collect();
    let file = |at: usize| match typed[at] {
        "--services" => typed.get(at + 1).copied(),
        joined => joined.strip_prefix("--services="),
    };
    (0..typed.len()).rev().find_map(file).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_file_counts() {
        for (typed, file) in [
            ("web", None),
            ("--services a.yaml web", Some("a.yaml")),
            ("--services=a.yaml web --services b.yaml", Some("b.yaml")),
            ("--services b.yaml --services=a.yaml", Some("a.yaml")),
        ] {
            let arguments: Vec<OsString> = typed.split(' ').map(OsString::from).collect();
            assert_eq!(services(&arguments), file.map(PathBuf::from), "{typed}");
        }
    }
}
