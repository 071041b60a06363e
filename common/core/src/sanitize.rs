//! Makes control and bidirectional characters visible, so that text from the cluster cannot drive a terminal.

use std::fmt::Write as _;

/// Bidirectional controls that can reorder what a reader sees (Unicode Standard Annex 9), and the line
/// and paragraph separators some terminals break on.
const fn reorders(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// One line of text, safe for a terminal: control and bidi characters appear as `\n`, `\x1b` or `\u{202e}`.
///
/// kubectl's own fix for such text is CVE-2021-25743's; a plugin that prints by itself does not inherit it.
pub fn visible(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => safe.push_str("  "),
            c if c.is_control() || reorders(c) => safe.extend(c.escape_default()),
            c => safe.push(c),
        }
    }
    safe
}

/// Whether text of several lines can be shown as it is.
pub fn is_plain(text: &str) -> bool {
    !text.chars().any(is_hidden)
}

/// A JSON document in which control and bidi characters are escaped. Whoever parses it reads the same as before.
pub fn json(document: &str) -> String {
    let mut safe = String::with_capacity(document.len());
    for c in document.chars() {
        if is_hidden(c) {
            let _ = write!(safe, "\\u{:04x}", u32::from(c));
        } else {
            safe.push(c);
        }
    }
    safe
}

/// Of text that has lines: all of these lie below U+10000.
fn is_hidden(c: char) -> bool {
    c != '\n' && (c.is_control() || reorders(c))
}

/// A word as a shell takes it.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@=,+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", visible(word).replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escapes_become_words() {
        assert_eq!(visible("\u{1b}[31mred\u{7}\r\n"), "\\u{1b}[31mred\\u{7}\\r\\n");
        assert_eq!(visible("abc\u{202e}fed"), "abc\\u{202e}fed");
        assert_eq!(visible("größe ✓ 日本"), "größe ✓ 日本");
    }

    #[test]
    fn words_are_quoted_for_a_shell_only_where_they_must_be() {
        for (word, shown) in [
            ("arn:aws:eks:eu:1:cluster/prod", "arn:aws:eks:eu:1:cluster/prod"),
            ("", "''"),
            ("a b", "'a b'"),
            ("$(id)", "'$(id)'"),
            ("it's", r"'it'\''s'"),
            ("x\u{1b}y", r"'x\u{1b}y'"),
        ] {
            assert_eq!(quoted(word), shown);
        }
    }

    proptest! {
        #[test]
        fn nothing_that_drives_a_terminal_comes_out(text in any::<String>()) {
            let safe = visible(&text);
            prop_assert!(!safe.chars().any(|c| c.is_control() || reorders(c)));
        }

        #[test]
        fn a_document_is_safe_too_and_says_the_same(text in any::<String>(), key in any::<String>()) {
            let document = serde_json::json!({key: ["\u{202e}\u{9b}", text]});
            let safe = json(&serde_json::to_string_pretty(&document).unwrap());
            prop_assert!(is_plain(&safe));
            prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&safe).unwrap(), document);
        }
    }
}
