//! The body of a health endpoint, read for what it says is down: the JSON of the usual frameworks, cut off or whole.

use serde_json::Value;

use crate::causes::container::clip;

/// Something that an endpoint says is down, and what it says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::causes) struct Down {
    pub(in crate::causes) name: String,
    pub(in crate::causes) why: Option<String>,
}

/// Depth that is looked into, and places that are tried where a body is cut off.
const DEEPEST: usize = 8;
const TRIES: usize = 32;

/// Keys under which frameworks put how a component stands.
const STATES: &[&str] = &["status", "state", "health", "result", "ok", "healthy", "up"];

/// What stands for down.
const DOWN: &[&str] = &[
    "down",
    "unhealthy",
    "fail",
    "failed",
    "failing",
    "error",
    "critical",
    "ko",
    "false",
    "not ok",
    "unavailable",
    "out_of_service",
    "disconnected",
    "degraded",
    "unreachable",
];

/// Keys under which they put why.
const REASONS: &[&str] =
    &["error", "message", "description", "reason", "output", "exception", "detail", "details", "data"];

/// Keys that only hold components together.
const HOLDERS: &[&str] = &[
    "components",
    "details",
    "checks",
    "results",
    "entries",
    "dependencies",
    "services",
    "error",
    "info",
    "data",
    "items",
    "status",
    "health",
    "readiness",
];

/// What the body says is down.
pub(in crate::causes) fn down(body: &str) -> Vec<Down> {
    let body = body.trim();
    let mut found = Vec::new();
    if let Some(json) = json(body) {
        walk(&json, None, 0, &mut found);
    } else {
        found.extend(body.lines().filter_map(of_line));
    }
    found.dedup_by(|one, other| one.name == other.name);
    found.truncate(5);
    found
}

/// The body as JSON; one that was cut off is closed after its last whole value.
fn json(body: &str) -> Option<Value> {
    if !body.starts_with(['{', '[']) {
        return None;
    }
    if let Ok(whole) = serde_json::from_str(body) {
        return Some(whole);
    }
    let ends = body.char_indices().rev().filter(|(_, c)| matches!(c, ',' | '}' | ']' | '"'));
    let ends = ends.map(|(place, c)| if c == ',' { place } else { place + 1 });
    ends.take(TRIES).find_map(|end| {
        let start = &body[..end];
        serde_json::from_str(&format!("{start}{}", closers(start))).ok()
    })
}

/// What closes the brackets that are open at the end.
fn closers(start: &str) -> String {
    let (mut open, mut quoted, mut escaped) = (Vec::new(), false, false);
    for c in start.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '{' if !quoted => open.push('}'),
            '[' if !quoted => open.push(']'),
            '}' | ']' if !quoted => drop(open.pop()),
            _ => {}
        }
    }
    open.into_iter().rev().collect()
}

fn walk(value: &Value, name: Option<&str>, depth: usize, found: &mut Vec<Down>) {
    if depth > DEEPEST {
        return;
    }
    match value {
        Value::Object(fields) => {
            let named = fields.get("name").or_else(|| fields.get("key")).and_then(Value::as_str).or(name);
            let before = found.len();
            for (key, inner) in
                fields.iter().filter(|(key, _)| !STATES.contains(&key.to_lowercase().as_str()))
            {
                let holds = HOLDERS.contains(&key.to_lowercase().as_str());
                walk(inner, if holds { named } else { Some(key) }, depth + 1, found);
            }
            let state = fields.iter().find(|(key, _)| STATES.contains(&key.to_lowercase().as_str()));
            let is_down = state.is_some_and(|(_, state)| says_down(state));
            if let Some(name) = named.filter(|_| is_down && found.len() == before) {
                found.push(Down { name: clip(name), why: why(fields) });
            }
        }
        Value::Array(items) => items.iter().for_each(|item| walk(item, name, depth + 1, found)),
        Value::String(text) => {
            // `"database": "connection refused"`
            let plain = name.filter(|name| !REASONS.contains(&name.to_lowercase().as_str()));
            if let Some(name) = plain.filter(|_| says_down(value) || is_trouble(text)) {
                let why = (!says_down(value)).then(|| clip(text));
                found.push(Down { name: clip(name), why });
            }
        }
        Value::Bool(false) => {
            if let Some(name) = name.filter(|_| depth > 1) {
                found.push(Down { name: clip(name), why: None });
            }
        }
        _ => {}
    }
}

fn says_down(value: &Value) -> bool {
    match value {
        Value::String(text) => DOWN.contains(&text.trim().to_lowercase().as_str()),
        Value::Bool(up) => !up,
        _ => false,
    }
}

fn is_trouble(text: &str) -> bool {
    let text = text.to_lowercase();
    ["refused", "timed out", "timeout", "no such host", "unreachable", "cannot connect", "failed to"]
        .iter()
        .any(|sign| text.contains(sign))
}

/// The first text that says why, however deep.
fn why(fields: &serde_json::Map<String, Value>) -> Option<String> {
    let reason = |(key, value): (&String, &Value)| {
        REASONS.contains(&key.to_lowercase().as_str()).then(|| text(value, 0)).flatten()
    };
    fields.iter().find_map(reason)
}

fn text(value: &Value, depth: usize) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(clip(text)),
        Value::Object(fields) if depth < DEEPEST => fields.values().find_map(|inner| text(inner, depth + 1)),
        Value::Array(items) if depth < DEEPEST => items.iter().find_map(|inner| text(inner, depth + 1)),
        _ => None,
    }
}

/// `[-]etcd failed: reason withheld`, `database: connection refused`
fn of_line(line: &str) -> Option<Down> {
    let line = line.trim();
    if let Some(rest) = line.strip_prefix("[-]") {
        let (name, why) = rest.split_once(' ').unwrap_or((rest, ""));
        let why = why.trim_start_matches("failed: ").trim();
        return Some(Down { name: clip(name), why: (!why.is_empty()).then(|| clip(why)) });
    }
    let (name, why) = line.split_once(": ")?;
    let is_name = name.len() <= 40 && !name.contains(' ') && !name.is_empty();
    let wrong = is_trouble(why) || DOWN.contains(&why.trim().to_lowercase().as_str());
    (is_name && wrong).then(|| Down { name: clip(name), why: Some(clip(why)) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn said(body: &str) -> Vec<String> {
        down(body).into_iter().map(|down| format!("{}|{}", down.name, down.why.unwrap_or_default())).collect()
    }

    #[test]
    fn reads_the_bodies_of_the_usual_frameworks() {
        for (body, expected) in [
            // Spring Boot
            (
                r#"{"status":"DOWN","components":{"db":{"status":"DOWN","details":{"error":"Connection refused"}},"ping":{"status":"UP"}}}"#,
                vec!["db|Connection refused"],
            ),
            // ASP.NET
            (
                r#"{"status":"Unhealthy","entries":{"redis":{"status":"Unhealthy","description":"no connection","data":{}},"self":{"status":"Healthy"}}}"#,
                vec!["redis|no connection"],
            ),
            // Terminus (Node)
            (
                r#"{"status":"error","info":{},"error":{"database":{"status":"down","message":"connect ECONNREFUSED 10.0.0.1:5432"}}}"#,
                vec!["database|connect ECONNREFUSED 10.0.0.1:5432"],
            ),
            // MicroProfile
            (
                r#"{"status":"DOWN","checks":[{"name":"kafka","status":"DOWN","data":{"error":"no brokers"}},{"name":"x","status":"UP"}]}"#,
                vec!["kafka|no brokers"],
            ),
            (
                r#"{"ready":false,"checks":{"postgres":"connection refused","cache":"ok"}}"#,
                vec!["postgres|connection refused"],
            ),
            (r#"{"checks":{"postgres":false,"cache":true}}"#, vec!["postgres|"]),
            (r#"{"db":"down"}"#, vec!["db|"]),
            (r#"{"status":"not ready"}"#, vec![]),
            (r#"{"status":"DOWN"}"#, vec![]),
            (
                "[+]ping ok\n[-]etcd failed: reason withheld\nreadyz check failed",
                vec!["etcd|reason withheld"],
            ),
            (
                "database: dial tcp 10.0.0.1:5432: connect: connection refused",
                vec!["database|dial tcp 10.0.0.1:5432: connect: connection refused"],
            ),
            ("Service Unavailable", vec![]),
            ("", vec![]),
            // Cut off after so many bytes.
            (
                r#"{"status":"DOWN","components":{"db":{"status":"DOWN","details":{"error":"refused"}},"disk":{"sta"#,
                vec!["db|refused"],
            ),
        ] {
            assert_eq!(said(body), expected, "{body}");
        }
    }

    proptest! {
        #[test]
        fn any_body_is_read(body in "[\\[{\"a:,}\\]\\\\ é]{0,60}", open in 0..5000usize) {
            down(&body);
            down(&"[".repeat(open));
            down(&format!("{}{body}", "{\"a\":".repeat(open / 100)));
        }
    }
}
