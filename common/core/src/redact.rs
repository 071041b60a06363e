//! Passwords and tokens in what a process says, which are not repeated.

use std::ops::Range;

use crate::words;

/// What stands in the place of a secret.
const HIDDEN: &str = "***";

/// Ends of the names of secrets.
const NAMES: &[&str] = &[
    "password",
    "passwd",
    "secret",
    "token",
    "api_key",
    "api-key",
    "apikey",
    "access_key",
    "secret_key",
    "authorization",
    "_pass",
    "pwd",
    "passphrase",
    "sig",
];

/// Starts of tokens that say themselves what they are.
const TOKENS: &[&str] = &["ghp_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "AKIA", "eyJ"];

/// Shortest text with such a start that is one.
const TOKEN: usize = 16;

/// What is said of a secret after a colon, and is none.
const NO_VALUES: &[&str] = &[
    "yes",
    "no",
    "required",
    "missing",
    "invalid",
    "null",
    "none",
    "undefined",
    "empty",
    "expired",
    "false",
    "true",
];

/// How a credential in a header is to be read.
const SCHEMES: &[&str] = &["bearer ", "basic "];

/// Signs that end a value, as space does.
const ENDS: &[char] = &[',', ';', '&', '"', '\'', '`', ')', '}', ']'];

/// A text with its secrets hidden, in one pass over it: text that was redacted stays as it is.
pub(crate) fn redact(text: &str) -> String {
    let mark = |c: char| c.is_whitespace() || "\"'`<>".contains(c);
    let urls: String = text.split_inclusive(mark).map(hide_user).collect();
    hide_values(&urls)
}

/// Bytes of a line that are read.
const BYTES: usize = 4_096;

/// The start of a line that may be very long, with its secrets hidden; before it is cut any further, for half a secret
/// cannot be told.
pub(crate) fn line(text: &str) -> String {
    redact(words::cut(text, BYTES))
}

/// A command with its secrets hidden: also the word after a flag that names one.
pub(crate) fn command(words: &[String]) -> String {
    let names =
        |flag: &str| flag.starts_with('-') && NAMES.iter().any(|name| flag.to_lowercase().ends_with(name));
    let mut after = false;
    let shown = words.iter().map(|word| {
        let hidden = std::mem::replace(&mut after, names(word)) && !word.starts_with('-');
        if hidden { HIDDEN } else { word.as_str() }
    });
    redact(&shown.collect::<Vec<_>>().join(" "))
}

/// `scheme://user:***@host`; a word that is a token by its start, as a whole.
fn hide_user(word: &str) -> String {
    let start = word.find(|c: char| c.is_ascii_alphanumeric()).unwrap_or_default();
    let bare = word[start..].trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
    if bare.len() >= TOKEN && TOKENS.iter().any(|token| bare.starts_with(token)) {
        return format!("{}{HIDDEN}{}", &word[..start], &word[start + bare.len()..]);
    }
    let (mut shown, mut rest) = (String::new(), word);
    while let Some((start, after)) = rest.split_once("://") {
        shown.push_str(start);
        shown.push_str("://");
        rest = after;
        if let Some(secret) = user_secret(after) {
            shown.push_str(&after[..secret.start]);
            shown.push_str(HIDDEN);
            rest = &after[secret.end..];
        }
    }
    shown + rest
}

/// The password between the user and the host of a URL.
fn user_secret(after: &str) -> Option<Range<usize>> {
    let url = after.split_once("://").map_or(after, |(url, _)| url);
    let slash = url.find('/').unwrap_or(url.len());
    let start = url[..slash].find(':')? + 1;
    // No port has letters: what has them is a password, even with a slash in it.
    let port = url[start..slash].bytes().all(|b| b.is_ascii_digit()) || url.starts_with('[');
    let end = url[..slash].rfind('@').or_else(|| if port { None } else { url.rfind('@') })?;
    (start < end).then_some(start..end)
}

fn hide_values(text: &str) -> String {
    // Bytes stay where they are.
    let lower = text.to_ascii_lowercase();
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || b"_-".contains(b);
    let (mut shown, mut done) = (String::with_capacity(text.len()), 0);
    let (mut run, mut start) = (0..0, None);
    for (at, byte) in lower.bytes().enumerate() {
        if is_name(&byte) {
            start = start.or(Some(at));
            continue;
        }
        let Some(name) = start.take().map(|start| start..at).filter(|name| name.start >= done) else {
            continue;
        };
        let Some(value) = value(&lower, name, &mut run) else { continue };
        shown.push_str(&text[done..value.start]);
        shown.push_str(HIDDEN);
        done = value.end;
    }
    shown + &text[done..]
}

/// Where the value of a secret stands, if it is the name of one; `run` is the last word without a sign that was seen.
fn value(text: &str, name: Range<usize>, run: &mut Range<usize>) -> Option<Range<usize>> {
    let flag = text[name.clone()].starts_with('-');
    NAMES.iter().find(|end| text[name.clone()].ends_with(*end))?;
    let after = text[name.end..].trim_start_matches(['\\', '"', '\'', ']']);
    let sign = after.trim_start_matches([' ', '\t']);
    let spaced = sign.len() < after.len();
    let (rest, sure) = if let Some(rest) = sign.strip_prefix('=') {
        let rest = rest.trim_start_matches(['=', '>']);
        (if spaced { rest.trim_start_matches(' ') } else { rest }, true)
    } else if let Some(rest) = sign.strip_prefix(':') {
        (rest.trim_start_matches(' '), false)
    } else if flag && spaced && !sign.starts_with('-') {
        (sign, false)
    } else {
        return None;
    };
    let bare = SCHEMES.iter().find_map(|scheme| rest.strip_prefix(scheme));
    let sure = sure || bare.is_some();
    let rest = bare.unwrap_or(rest);
    let start = text.len() - rest.len();
    if let Some(value) = quoted(rest) {
        return Some(start + value.start..start + value.end);
    }
    let end = word_end(text, start, run);
    let next = text[end..].strip_prefix(' ').unwrap_or(&text[end..]);
    let alone = next.is_empty() || next.starts_with(ENDS) || next.starts_with(['\n', '\r']);
    let opens = rest.starts_with([':', '{', '[', '(', '<']) || NO_VALUES.contains(&&text[start..end]);
    let is_value = sure || (!opens && (alone || (flag && next.starts_with('-'))));
    (is_value && start < end).then_some(start..end)
}

/// What stands between quotes, which may be escaped themselves.
fn quoted(rest: &str) -> Option<Range<usize>> {
    let inner = rest.trim_start_matches('\\');
    let escaped = inner.len() < rest.len();
    let quote = inner.chars().next().filter(|c| "\"'`".contains(*c))?;
    let start = rest.len() - inner.len() + 1;
    let mut skip = false;
    let end = rest[start..].find(|c| {
        let ends = !skip && (c == quote || (escaped && c == '\\'));
        skip = !skip && c == '\\';
        ends
    });
    let end = end.map_or(rest.len(), |end| start + end);
    (start < end).then_some(start..end)
}

/// The end of the word at a place; many names may stand in one long word, which is measured once.
fn word_end(text: &str, start: usize, run: &mut Range<usize>) -> usize {
    if !(run.start..=run.end).contains(&start) {
        let end = text[start..].find(|c: char| c.is_whitespace() || ENDS.contains(&c));
        *run = start..end.map_or(text.len(), |end| start + end);
    }
    run.end
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hides_secrets_and_nothing_else() {
        for (text, expected) in [
            ("postgres://billing:hunter2secret@db.prod:5432/x", "postgres://billing:***@db.prod:5432/x"),
            ("dial redis://:p@ss@redis:6379: refused", "dial redis://:***@redis:6379: refused"),
            ("amqp://user:ab/c==@rabbit:5672/", "amqp://user:***@rabbit:5672/"),
            ("http://a:80/x@y,https://u:p@b/", "http://a:80/x@y,https://u:***@b/"),
            ("ssh://git@github.com:22/x", "ssh://git@github.com:22/x"),
            ("host=db password=hunter2 dbname=x", "host=db password=*** dbname=x"),
            ("DB_PASSWORD = 'a b' TOKEN=\"x\\\"y\"!", "DB_PASSWORD = '***' TOKEN=\"***\"!"),
            ("jdbc:x?user=a&password=b&ssl=true", "jdbc:x?user=a&password=***&ssl=true"),
            ("{\"password\":\"x\",\"user\":\"y\"}", "{\"password\":\"***\",\"user\":\"y\"}"),
            ("{\\\"password\\\":\\\"x\\\",\\\"user\\\":1}", "{\\\"password\\\":\\\"***\\\",\\\"user\\\":1}"),
            ("{:password=>\"x\"}", "{:password=>\"***\"}"),
            ("password: hunter2", "password: ***"),
            ("DB_PASS=x;Pwd=y;", "DB_PASS=***;Pwd=***;"),
            ("apiKey: abc, user: x", "apiKey: ***, user: x"),
            ("Authorization: Bearer abc.def sent", "Authorization: Bearer *** sent"),
            ("run --password hunter2 --host db", "run --password *** --host db"),
            ("(using password: YES)", "(using password: YES)"),
            ("GET /x?sv=2022&sig=S3c%3D failed", "GET /x?sv=2022&sig=*** failed"),
            ("rejected token eyJhbGciOiJIUzI1.eyJzdWIi.c2ln.", "rejected token ***."),
            ("push with ghp_0123456789abcdef", "push with ***"),
            ("token is missing", "token is missing"),
            ("flag --token is required", "flag --token is required"),
            (
                "password authentication failed for user \"x\"",
                "password authentication failed for user \"x\"",
            ),
            ("secret \"db\" not found", "secret \"db\" not found"),
            ("invalid token", "invalid token"),
            ("invalid token: signature is invalid", "invalid token: signature is invalid"),
            ("password: required", "password: required"),
            ("token::Kind password_file=/x tokens=5", "token::Kind password_file=/x tokens=5"),
            ("Missing variable: JWT_SECRET", "Missing variable: JWT_SECRET"),
            ("password=größe ü", "password=*** ü"),
            ("password=", "password="),
        ] {
            assert_eq!(redact(text), expected);
        }
    }

    #[test]
    fn a_command_hides_what_follows_a_secrets_flag() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        for (given, shown) in [
            ("/app --password hunter2 serve", "/app --password *** serve"),
            ("mysqladmin ping --password=x", "mysqladmin ping --password=***"),
            ("/app --token --verbose", "/app --token --verbose"),
            ("sh -c exit", "sh -c exit"),
        ] {
            assert_eq!(command(&words(given)), shown);
        }
    }

    #[test]
    fn long_text_grows_by_no_more_than_itself() {
        for part in ["token:", "token=", "x://", "x://a:b@", "token:\"", "password "] {
            let text = part.repeat(200_000);
            assert!(redact(&text).len() <= 2 * text.len());
        }
    }

    proptest! {
        #[test]
        fn what_is_hidden_stays_hidden(
            parts in prop::collection::vec(prop_oneof![
                prop::sample::select(vec!["password", "token", "authorization", "bearer ", "=", ":", " ", "\"", "'", "\\", "://", "@", "/",
                    "x", "--", ",", "}", "***", "é", "\n"]).prop_map(str::to_owned),
                any::<String>(),
            ], 0..12),
        ) {
            let text = parts.concat();
            let once = redact(&text);
            prop_assert!(once.len() <= 2 * text.len());
            prop_assert_eq!(redact(&once), once);
        }
    }
}
