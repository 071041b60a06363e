//! Numbers in words, and words cut where nobody reads on.

use std::fmt::Display;

/// `1 node`, `3 nodes`.
pub fn counted<N: Copy + Display + PartialEq + From<bool>>(count: N, thing: &str) -> String {
    // One, of whatever integer.
    let one = count == N::from(true);
    format!("{count} {thing}{}", if one { "" } else { "s" })
}

/// `once`, `3 times`.
pub fn times<N: Copy + Display + PartialEq + From<bool>>(count: N) -> String {
    if count == N::from(true) { "once".to_owned() } else { format!("{count} times") }
}

/// The first `longest` characters, and that there are more.
pub(crate) fn clip(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

/// A line without what colours it on a terminal (`ESC [ … m`).
pub(crate) fn without_colours(line: &str) -> String {
    let mut parts = line.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    let codes = |c: char| c.is_ascii_digit() || c == ';';
    parts.fold(first, |line, part| {
        let rest = part.trim_start_matches(codes);
        line + rest.strip_prefix('m').unwrap_or(rest)
    })
}

/// The start of a text that may be very long: so many bytes at most, cut between characters.
pub(crate) fn cut(text: &str, bytes: usize) -> &str {
    let mut end = text.len().min(bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_one() {
        assert_eq!([counted(1_usize, "pod"), counted(2_i32, "pod")], ["1 pod", "2 pods"]);
        assert_eq!([times(1_u32), times(3_u64)], ["once", "3 times"]);
    }

    #[test]
    fn a_cut_falls_between_characters() {
        assert_eq!([clip("größe", 3), clip("größe", 5)], ["grö...", "größe"]);
        assert_eq!([cut("größe", 3), cut("größe", 4), cut("ö", 9)], ["gr", "grö", "ö"]);
    }
}
