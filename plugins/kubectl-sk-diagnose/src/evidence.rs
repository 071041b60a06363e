//! Evidence in so many lines: what is worth least goes first, and what the application said is never cut.

use sk_common::terminal::{self, WIDTH};
use sk_core::diagnose::{Worth, weighed};

/// Columns before evidence.
const INDENT: usize = 10;

/// A piece of evidence, with what it is worth, in lines as they are shown.
type Piece = (Worth, Vec<String>);

/// The evidence, in as many lines as there is room for.
fn lines(evidence: &[String], room: usize) -> Vec<String> {
    let pieces = weighed(evidence).into_iter().map(|(worth, text)| (worth, wrapped(text))).collect();
    fitted(pieces, room).into_iter().flat_map(|(_, lines)| lines).collect()
}

/// The same with the word before it that says what it is.
pub(crate) fn marked(evidence: &[String], room: usize) -> Vec<String> {
    let mut lines = lines(evidence, room);
    if let Some(first) = lines.first_mut() {
        *first = format!("    {}  {}", terminal::dim("seen"), first.trim_start());
    }
    lines
}

fn wrapped(text: &str) -> Vec<String> {
    terminal::lines(&" ".repeat(INDENT), INDENT, text).lines().map(str::to_owned).collect()
}

/// Settings go first, then ends of lines, then what was seen; the last piece stays, and so does what was said.
fn fitted(mut pieces: Vec<Piece>, room: usize) -> Vec<Piece> {
    drop_last(&mut pieces, Worth::Setting, room);
    for most in [2, 1] {
        if count(&pieces) > room {
            pieces
                .iter_mut()
                .filter(|(worth, _)| *worth != Worth::Said)
                .for_each(|(_, lines)| cut(lines, most));
        }
    }
    drop_last(&mut pieces, Worth::Seen, room);
    pieces
}

fn count(pieces: &[Piece]) -> usize {
    pieces.iter().map(|(_, lines)| lines.len()).sum()
}

/// Drops the last pieces that are worth so much, until there is room or one piece is left.
fn drop_last(pieces: &mut Vec<Piece>, worth: Worth, room: usize) {
    while count(pieces) > room && pieces.len() > 1 {
        let Some(index) = pieces.iter().rposition(|(one, _)| *one == worth) else { return };
        pieces.remove(index);
    }
}

/// Cuts lines to so many. Of a probe's failure the end tells, of all else the beginning.
fn cut(lines: &mut Vec<String>, most: usize) {
    if lines.len() <= most {
        return;
    }
    let more = terminal::sign(" …", " ...");
    let end = lines.last().map(|line| line.trim().to_owned()).unwrap_or_default();
    let is_probe = lines.first().is_some_and(|first| first.trim_start().starts_with("event Unhealthy"));
    lines.truncate(most);
    let Some(last) = lines.last_mut() else { return };
    let tail = if is_probe { format!("{more} {end}") } else { more.to_owned() };
    let room = WIDTH.saturating_sub(tail.chars().count());
    *last = last.chars().take(room.max(INDENT)).chain(tail.chars()).collect();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence() -> Vec<String> {
        let body =
            format!("{{\"status\":\"down\",{}\"last\":\"redis refuses\"}}", "\"x\":\"up\", ".repeat(14));
        vec![
            "status.containerStatuses[app].ready: false".to_owned(),
            "event Unhealthy (900 times): Readiness probe failed: HTTP probe failed with statuscode: 503"
                .to_owned(),
            "spec.containers[app].readinessProbe: GET /health/ready on port http".to_owned(),
            "spec.containers[app].readinessProbe: initialDelaySeconds 0, periodSeconds 1".to_owned(),
            format!("asked now (GET /health/ready on port http): HTTP 503 in 24 ms: {body}"),
        ]
    }

    #[test]
    fn what_was_said_stays_whole_and_the_status_too() {
        for room in 2..12 {
            let shown = lines(&evidence(), room);
            let text = shown.join("\n");
            assert!(text.contains("redis refuses"), "{room}: {text}");
            assert!(shown.iter().all(|line| line.chars().count() <= WIDTH), "{room}: {text}");
            assert!(text.matches("readinessProbe").count() <= 1, "{room}: {text}");
            assert!(room < 5 || text.contains("statuscode: 503"), "{room}: {text}");
            assert!(room > 7 || !text.contains("spec."), "{room}: {text}");
        }
    }

    #[test]
    fn of_settings_alone_one_is_left() {
        let settings: Vec<String> =
            (0..5).map(|number| format!("spec.a{number}: {}", "word ".repeat(40))).collect();
        let shown = lines(&settings, 2);
        assert_eq!(shown.len(), 2, "{shown:?}");
        assert!(shown[0].starts_with("          spec.a0: "), "{shown:?}");
    }
}
