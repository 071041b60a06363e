//! A template as lines in the manner of YAML: the same template always gives the same lines, and secrets stay out.

use std::fmt::Write;

use serde_json::{Map, Value};

use super::hidden;

/// The lines of a template. `salt` keeps digests of hidden values from being looked up.
pub(super) fn lines(template: &Value, salt: &str) -> String {
    let mut template = template.clone();
    hide(&mut template, salt);
    let mut text = String::new();
    if let Value::Object(fields) = &template {
        write_fields(&mut text, fields, 0);
    }
    text
}

/// Puts a digest in the place of every value that looks secret.
fn hide(value: &mut Value, salt: &str) {
    match value {
        Value::Array(items) => {
            hide_words(items, salt);
            for item in items.iter_mut().filter(|item| !item.is_string()) {
                hide(item, salt);
            }
        }
        Value::Object(fields) => {
            let named = fields.get("name").and_then(Value::as_str).is_some_and(hidden::is_secret_name);
            for (key, field) in fields.iter_mut() {
                match (key.as_str(), field) {
                    ("value", Value::String(text)) if named || hidden::is_secret_value(text) => {
                        *text = hidden::digest(salt, text);
                    }
                    ("annotations" | "labels", Value::Object(entries)) => hide_entries(entries, salt),
                    (_, field) => hide(field, salt),
                }
            }
        }
        Value::String(text) if hidden::is_secret_value(text) => *text = hidden::digest(salt, text),
        _ => {}
    }
}

fn hide_entries(entries: &mut Map<String, Value>, salt: &str) {
    for (key, entry) in entries.iter_mut() {
        if let Value::String(text) = entry
            && (hidden::is_secret_name(key) || hidden::is_secret_value(text))
        {
            *text = hidden::digest(salt, text);
        }
    }
}

/// Commands and arguments: lists of words.
fn hide_words(items: &mut [Value], salt: &str) {
    let mut before: Option<String> = None;
    for item in items {
        let Value::String(text) = item else { continue };
        let shown = hidden::word(salt, before.as_deref(), text);
        before = Some(std::mem::replace(text, shown));
    }
}

fn write_fields(text: &mut String, fields: &Map<String, Value>, indent: usize) {
    let mut keys: Vec<&String> = fields.keys().collect();
    // What an item of a list is called stands first: it is what people look for.
    keys.sort_by_key(|key| (key.as_str() != "name", key.as_str()));
    for key in keys {
        let _ = write!(text, "{:indent$}{}:", "", scalar(key));
        write_value(text, &fields[key], indent);
    }
}

/// A value behind `key:` or `-`, with the line's end.
fn write_value(text: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            text.push('\n');
            write_fields(text, fields, indent + 2);
        }
        Value::Array(items) if !items.is_empty() => {
            text.push('\n');
            for item in items {
                write_item(text, item, indent);
            }
        }
        Value::String(block) if block.contains('\n') => {
            text.push_str(" |\n");
            for line in block.split('\n') {
                let _ = writeln!(text, "{:width$}{line}", "", width = indent + 2);
            }
        }
        Value::String(word) => {
            let _ = writeln!(text, " {}", scalar(word));
        }
        other => {
            let _ = writeln!(text, " {other}");
        }
    }
}

fn write_item(text: &mut String, item: &Value, indent: usize) {
    match item {
        Value::Object(fields) if !fields.is_empty() => {
            let mut lines = String::new();
            write_fields(&mut lines, fields, indent + 2);
            let _ = write!(text, "{:indent$}- {}", "", lines.trim_start());
        }
        item => {
            let _ = write!(text, "{:indent$}-", "");
            write_value(text, item, indent);
        }
    }
}

/// A word as it is, or quoted where YAML would read something else.
fn scalar(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./+@%=,:() ".contains(c);
    let begins = word.chars().next().is_some_and(|c| c.is_alphabetic() || "/.(_-+".contains(c));
    let reads_as_text =
        !matches!(word, "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "-" | "+" | ".");
    let is_plain = begins && reads_as_text && word.parse::<f64>().is_err() && word.chars().all(plain);
    let ambiguous =
        word.contains(": ") || word.ends_with(':') || word.ends_with(' ') || word.starts_with("- ");
    if is_plain && !ambiguous { word.to_owned() } else { Value::from(word).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reads_like_yaml_and_hides_secrets() {
        let template = json!({"spec": {"containers": [{
            "image": "web:1", "name": "app", "args": ["--port=80", "--token", "s3cret"],
            "env": [{"name": "DB_PASSWORD", "value": "hunter2"}, {"name": "RATE", "value": "5"},
                {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "web", "key": "token"}}}],
            "command": ["sh", "-c", "a\nb"], "ports": [], "tty": true,
        }]}, "metadata": {"labels": {"app": "web"}}});
        let text = lines(&template, "d");
        let digest = |value: &str| hidden::digest("d", value);
        let expected = format!(
            "metadata:\n  labels:\n    app: web\nspec:\n  containers:\n  - name: app\n    args:\n    - --port=80\n    \
             - --token\n    - {}\n    command:\n    - sh\n    - -c\n    - |\n      a\n      b\n    env:\n    \
             - name: DB_PASSWORD\n      value: {}\n    - name: RATE\n      value: \"5\"\n    - name: TOKEN\n      \
             valueFrom:\n        secretKeyRef:\n          name: web\n          key: token\n    image: web:1\n    \
             ports: []\n    tty: true\n",
            digest("s3cret"),
            digest("hunter2"),
        );
        assert_eq!(text, expected);
    }
    #[test]
    fn nothing_secret_is_shown_of_any_shape() {
        let template = json!({"spec": {"containers": [{
            "name": "app", "image": "ghcr.io/acme/auth-service:1.2",
            "command": ["sh", "-c", "app --port=80 --db-password=hunter2"],
            "args": ["--password", "hunter2", "--token=hunter2", "--level=debug"],
            "env": [
                {"name": "DB_URL", "value": "jdbc:postgresql://db/x?user=app&password=hunter2"},
                {"name": "STORE", "value": "Server=db;User Id=app;Password=hunter2"},
                {"name": "PEERS", "value": "http://one/ http://app:hunter2@two/"},
            ],
            "lifecycle": {"preStop": {"exec": {"command": ["curl", "http://localhost/?token=hunter2"]}}},
        }]}, "metadata": {"annotations": {"note": "call with --token hunter2"}}});
        let text = lines(&template, "d");
        assert!(!text.contains("hunter2"), "{text}");
        let token = format!("- --token={}\n", hidden::digest("d", "hunter2"));
        for shown in ["image: ghcr.io/acme/auth-service:1.2\n", "- sh\n", "- --level=debug\n", &token] {
            assert!(text.contains(shown), "{shown:?} is not in\n{text}");
        }
    }
}
