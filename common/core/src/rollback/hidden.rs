//! What must not be shown of a template: values that look like secrets become digests, so that a change is still seen.

use sha2::{Digest, Sha256};

/// Parts of a name that say that its value is secret.
const SECRET: [&str; 19] = [
    "secret",
    "token",
    "passw",
    "passphrase",
    "pwd",
    "credential",
    "apikey",
    "api_key",
    "api-key",
    "access_key",
    "access-key",
    "private",
    "auth",
    "cookie",
    "session",
    "signature",
    "dsn",
    "salt",
    "webhook",
];

/// Whether a value of this name is kept from sight.
pub(super) fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET.iter().any(|part| name.contains(part)) || name.ends_with("key")
}

/// A value that is kept from sight by what it is: an address with a password in it, a key, a signed token; or because
/// something in it has a secret name, wherever that stands.
pub(super) fn is_secret_value(value: &str) -> bool {
    has_password(value)
        || names_secret(value)
        || flags_secret(value)
        || value.contains("-----BEGIN ")
        || value.contains("Bearer ")
        || value.split(between).any(|part| part.starts_with("eyJ"))
}

/// Whether an address in it has a password. A password may hold a `/` or a `?` that nobody escaped, so that all up to
/// the last `@` counts. Addresses of `MySQL` in Go have no scheme.
fn has_password(value: &str) -> bool {
    let with_password = |rest: &str| {
        let address = rest.split(|c: char| c.is_whitespace() || is_quote(c)).next().unwrap_or_default();
        address.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
    };
    value.match_indices("://").any(|(at, mark)| with_password(&value[at + mark.len()..]))
        || value.contains("@tcp(")
        || value.contains("@unix(")
}

/// Whether any `NAME=`, `"NAME":` or `NAME: ` in it has a secret name.
fn names_secret(value: &str) -> bool {
    let is_mark = |at: usize, mark: &str| {
        let quoted = value[..at].ends_with(is_quote);
        mark == "=" || quoted || value[at + mark.len()..].starts_with(char::is_whitespace)
    };
    let name = |at: usize| {
        let before = value[..at].trim_end_matches(|c: char| c.is_whitespace() || is_quote(c));
        before.rsplit(between).next().unwrap_or_default()
    };
    let marks = value.match_indices(['=', ':']).filter(|(at, mark)| is_mark(*at, mark));
    marks.into_iter().any(|(at, _)| is_secret_name(name(at)))
}

/// Whether it is a command line with a flag of a secret name, and something behind it.
fn flags_secret(value: &str) -> bool {
    let mut words = value.split_whitespace().peekable();
    std::iter::from_fn(|| words.next().map(|word| (word, words.peek().is_some())))
        .any(|(word, followed)| followed && word.starts_with('-') && is_secret_name(word))
}

/// What stands between the settings in a command line, a query or a connection string.
fn between(c: char) -> bool {
    c.is_whitespace() || is_quote(c) || ";&?=,{}".contains(c)
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\'' | '`')
}

/// What stands for a value, so that a change of it is seen. It keeps a value from sight, not from guesses: whoever may
/// read the Deployment knows `salt`, its UID, and reads the value there anyway; for others ready-made tables of digests
/// are of no use. Of 2³² different values two may look the same.
pub(super) fn digest(salt: &str, value: &str) -> String {
    let digest = Sha256::digest(format!("{salt}\0{value}"));
    let first = digest.iter().take(4).fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
    format!("(hidden, sha256 {first:08x})")
}

/// A word of a command line: of `--password=…` the name stays, where nothing else stands before it.
pub(super) fn word(salt: &str, before: Option<&str>, word: &str) -> String {
    if let Some((flag, value)) = word.split_once('=')
        && is_secret_name(flag)
        && !flag.contains(between)
        && !flag.contains("://")
    {
        return format!("{flag}={}", digest(salt, value));
    }
    let flagged =
        before.is_some_and(|flag| flag.starts_with('-') && !flag.contains('=') && is_secret_name(flag));
    if (flagged && !word.starts_with("--")) || is_secret_value(word) {
        return digest(salt, word);
    }
    word.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_that_look_secret_are() {
        for name in
            ["DB_PASSWORD", "apiToken", "STRIPE_KEY", "Authorization", "SENTRY_DSN", "AWS_SECRET_ACCESS_KEY"]
        {
            assert!(is_secret_name(name), "{name}");
        }
        for name in ["RATE_LIMIT_RPS", "LOG_LEVEL", "PORT", "KEYBOARD_LAYOUT", "checksum/config"] {
            assert!(!is_secret_name(name), "{name}");
        }
        for value in
            ["postgres://app:pw@db/x", "https://u:p@host", "-----BEGIN PRIVATE KEY-----", "eyJhbGciOi"]
        {
            assert!(is_secret_value(value), "{value}");
        }
    }

    #[test]
    fn a_secret_is_seen_wherever_it_stands() {
        for value in [
            "http://a:80,postgres://app:pw@db/x",
            "amqp://one/ amqp://app:p/w?#@two",
            "jdbc:postgresql://db:5432/x?user=app&password=hunter2",
            "Server=db;Database=x;User Id=app;Password=hunter2",
            "Server=db; Password = hunter2",
            "app:hunter2@tcp(db:3306)/x",
            "{\"user\":\"app\",\"password\":\"hunter2\"}",
            "user: app\npassword: hunter2\n",
            "-Xmx1g -Ddb.password=hunter2",
            "exec app --port 80 --password hunter2",
            "app --header 'Authorization: Basic YTpi'",
            "--jwt=eyJhbGciOi",
        ] {
            assert!(is_secret_value(value), "{value}");
        }
        for value in [
            "http://db:5432/x",
            "https://user@host/a:b",
            "redis://cache",
            "a@b:c",
            "ghcr.io/acme/auth-service:1.2@sha256:0f",
            "postgres://db/x?sslmode=require&pool=5",
            "Server=db;Database=x",
            "exec app --port=80 --level debug",
            "app --enable-auth",
            "topology.kubernetes.io/zone=a",
        ] {
            assert!(!is_secret_value(value), "{value}");
        }
    }

    #[test]
    fn a_flag_keeps_its_name() {
        assert!(word("d", None, "--db-password=hunter2").starts_with("--db-password=(hidden, sha256 "));
        assert!(word("d", Some("--token"), "abc").starts_with("(hidden, "));
        assert_eq!(word("d", Some("--token"), "--port"), "--port");
        assert_eq!(word("d", Some("--port"), "8080"), "8080");
        assert!(word("d", Some("--password"), "-hunter2").starts_with("(hidden, "));
    }

    #[test]
    fn a_command_line_in_one_word_is_hidden_whole() {
        for line in [
            "app --port=80 --db-password=hunter2",
            "app --token hunter2 --password=x",
            "--url=http://db/?token=hunter2",
            "--set=db.password=hunter2",
            "PGPASSWORD=hunter2 psql",
        ] {
            assert!(!word("d", None, line).contains("hunter2"), "{line}");
        }
        assert_eq!(word("d", None, "app --port=80 --level=debug"), "app --port=80 --level=debug");
    }

    #[test]
    fn the_same_value_has_the_same_digest_in_one_place_only() {
        assert_eq!(digest("a", "x"), digest("a", "x"));
        assert_ne!(digest("a", "x"), digest("a", "y"));
        assert_ne!(digest("a", "x"), digest("b", "x"));
    }
}
