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

/// A value that is kept from sight by what it is: an address with a password in it, a key, a signed token.
pub(super) fn is_secret_value(value: &str) -> bool {
    let with_password = value.split_once("://").is_some_and(|(_, rest)| {
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
    });
    with_password || value.contains("-----BEGIN ") || value.starts_with("eyJ") || value.contains("Bearer ")
}

/// What stands for a value. `salt` is this Deployment's own, so that nobody can look the digest up.
pub(super) fn digest(salt: &str, value: &str) -> String {
    let digest = Sha256::digest(format!("{salt}\0{value}"));
    let first = digest.iter().take(4).fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
    format!("(hidden, sha256 {first:08x})")
}

/// A word of a command line: of `--password=…` the name stays.
pub(super) fn word(salt: &str, before: Option<&str>, word: &str) -> String {
    if let Some((flag, value)) = word.split_once('=')
        && is_secret_name(flag)
    {
        return format!("{flag}={}", digest(salt, value));
    }
    let flagged =
        before.is_some_and(|flag| flag.starts_with('-') && !flag.contains('=') && is_secret_name(flag));
    if (flagged && !word.starts_with('-')) || is_secret_value(word) {
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
        for value in ["http://db:5432/x", "https://user@host/a:b", "redis://cache", "a@b:c"] {
            assert!(!is_secret_value(value), "{value}");
        }
    }

    #[test]
    fn a_flag_keeps_its_name() {
        assert!(word("d", None, "--db-password=hunter2").starts_with("--db-password=(hidden, sha256 "));
        assert!(word("d", Some("--token"), "abc").starts_with("(hidden, "));
        assert_eq!(word("d", Some("--token"), "--port"), "--port");
        assert_eq!(word("d", Some("--port"), "8080"), "8080");
    }

    #[test]
    fn the_same_value_has_the_same_digest_in_one_place_only() {
        assert_eq!(digest("a", "x"), digest("a", "x"));
        assert_ne!(digest("a", "x"), digest("a", "y"));
        assert_ne!(digest("a", "x"), digest("b", "x"));
    }
}
