//! Evidence for people: nothing twice, and what each line is worth where there is no room for all.

/// What a line of evidence is worth, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Worth {
    /// What is set, or follows from what the finding says anyway.
    Setting,
    /// What was seen.
    Seen,
    /// What the application said itself: the answer of its endpoint, the last line of its log.
    Said,
}

/// End of the evidence that a container is not ready.
const NOT_READY: &str = "].ready: false";

/// The lines without those that a later one repeats, each with its worth.
pub fn weighed(evidence: &[String]) -> Vec<(Worth, &str)> {
    let last_log = evidence.iter().rposition(|line| log(line).is_some());
    let lines = evidence.iter().enumerate();
    let lines = lines.filter(|(index, line)| {
        let later = &evidence[index + 1..];
        // That it is not ready is why anybody looks.
        let told = later.iter().any(|later| repeats(line, later))
            || (line.ends_with(NOT_READY) && !later.is_empty());
        !told
    });
    lines.map(|(index, line)| (worth(line, last_log == Some(index)), line.as_str())).collect()
}

/// A sentence without the asides in brackets that another one has, too.
pub fn without_asides(sentence: &str, other: &str) -> String {
    let asides = other.match_indices(" (").filter_map(|(start, _)| {
        let end = other[start..].find(')')?;
        Some(&other[start..=start + end])
    });
    asides.fold(sentence.to_owned(), |sentence, aside| sentence.replacen(aside, "", 1))
}

fn worth(line: &str, is_last_log: bool) -> Worth {
    if is_last_log || line.starts_with("asked now (") {
        Worth::Said
    } else if line.starts_with("spec.") || line.ends_with(NOT_READY) {
        Worth::Setting
    } else {
        Worth::Seen
    }
}

/// Whether the later line says what this one does: the same words, the same log line, more of the same field.
fn repeats(line: &str, later: &str) -> bool {
    let field =
        |line: &str| Some(line.split_once(": ")?.0.to_owned()).filter(|path| path.starts_with("spec."));
    let same_field = field(line).is_some() && field(line) == field(later);
    let same_log = log(line).is_some() && log(line) == log(later);
    line == later || same_field || (same_log && is_unnamed(line))
}

/// A log line that a rule quotes, and not one of those that were asked for.
fn is_unnamed(line: &str) -> bool {
    ["log: ", "log ends: ", "previous log: ", "previous log ends: "]
        .iter()
        .any(|start| line.starts_with(start))
}

/// The line of a log, without the words before it.
fn log(line: &str) -> Option<&str> {
    let (source, said) = line.split_once(": ")?;
    let is_log = source == "log" || source.starts_with("log ") || source.starts_with("previous log");
    is_log.then_some(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_stands_twice_and_what_the_application_says_is_worth_most() {
        let evidence = [
            "status.containerStatuses[app].ready: false",
            "event Unhealthy (9 times): Readiness probe failed: HTTP probe failed with statuscode: 503",
            "spec.containers[app].readinessProbe: GET /ready on port 8080",
            "spec.containers[app].readinessProbe: periodSeconds 5",
            "asked now (GET /ready on port 8080): HTTP 503 in 4 ms: db is down",
            "log: ERROR db is down",
            "log app: started",
            "log app: ERROR db is down",
        ];
        let evidence = evidence.map(str::to_owned);
        let weighed: Vec<(Worth, usize)> = weighed(&evidence)
            .into_iter()
            .map(|(worth, line)| (worth, evidence.iter().position(|one| one == line).unwrap()))
            .collect();
        let (setting, seen, said) = (Worth::Setting, Worth::Seen, Worth::Said);
        assert_eq!(weighed, [(seen, 1), (setting, 3), (said, 4), (seen, 6), (said, 7)]);
    }

    #[test]
    fn an_aside_is_not_told_twice() {
        let cause = "container app says why it is not ready (GET /ready on port 8080): db is down (down)";
        let asks = "container app answers its probe (GET /ready on port 8080) with HTTP 503";
        assert_eq!(without_asides(asks, cause), "container app answers its probe with HTTP 503");
        assert_eq!(without_asides("not ready (since 2m", cause), "not ready (since 2m");
        assert_eq!(without_asides("it (x", "open (and"), "it (x");
    }
}
