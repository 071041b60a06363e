//! Durations as kubectl's flags take them (`5m`, `1m30s`, `0`) and as people read them.

use jiff::SignedDuration;

/// A year: nothing here is waited for longer, and times far beyond cannot be reckoned with.
const LONGEST: SignedDuration = SignedDuration::from_hours(8_760);

/// Why a text is no duration.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Invalid {
    /// Not in Go's form.
    #[error("not a duration: use a number with a unit, such as 30s, 5m or 1h30m")]
    Form,
    /// Below zero.
    #[error("must not be negative")]
    Negative,
    /// Zero, where time has to pass.
    #[error("must be more than 0")]
    Zero,
    /// More than a year.
    #[error("must not be more than 8760h")]
    TooLong,
}

/// Parses Go's duration form (`time.ParseDuration`, which kubectl's flags use): `300ms`, `1.5h`, `1h30m`, a bare `0`.
///
/// # Errors
/// A number without a unit (but `0`), an unknown unit, and anything below zero.
pub fn parse(text: &str) -> Result<SignedDuration, Invalid> {
    let unsigned = text.strip_prefix('+').unwrap_or(text);
    if unsigned == "0" {
        return Ok(SignedDuration::ZERO);
    }
    let negative = unsigned.starts_with('-');
    let spelled_as_go = unsigned
        .trim_start_matches('-')
        .chars()
        .all(|c| c.is_ascii_digit() || matches!(c, '.' | 'h' | 'm' | 's' | 'u' | 'µ' | 'n'));
    if !spelled_as_go {
        return Err(Invalid::Form);
    }
    let duration: SignedDuration = unsigned.trim_start_matches('-').parse().map_err(|_| Invalid::Form)?;
    match duration {
        _ if negative => Err(Invalid::Negative),
        longer if longer > LONGEST => Err(Invalid::TooLong),
        duration => Ok(duration),
    }
}

/// As [`parse`], and not 0.
///
/// # Errors
/// As [`parse`], and 0.
pub fn parse_positive(text: &str) -> Result<SignedDuration, Invalid> {
    match parse(text)? {
        SignedDuration::ZERO => Err(Invalid::Zero),
        duration => Ok(duration),
    }
}

/// The two largest units, rounded down to seconds: `58s`, `1m12s`, `3h5m`, `9d`.
pub fn short(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().max(0);
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    let pair = |large: i64, unit: char, small: i64, small_unit: char| match small {
        0 => format!("{large}{unit}"),
        _ => format!("{large}{unit}{small}{small_unit}"),
    };
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => pair(minutes, 'm', seconds % 60, 's'),
        3_600..86_400 => pair(hours, 'h', minutes, 'm'),
        _ => pair(days, 'd', hours, 'h'),
    }
}

/// As a clock for something that runs: `00:41`, `12:40`, `1:02:03`.
pub fn clock(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().max(0);
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes:02}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_what_kubectl_parses() {
        for (text, millis) in [
            ("0", 0),
            ("0s", 0),
            ("300ms", 300),
            ("30s", 30_000),
            ("5m", 300_000),
            ("1m30s", 90_000),
            ("1.5h", 5_400_000),
            ("1h30m", 5_400_000),
        ] {
            assert_eq!(parse(text), Ok(SignedDuration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn refuses_what_kubectl_refuses() {
        for text in ["", "5", "5x", "5 m", "m", "5m3", "1d", "P1D", "PT5M", "5m ago", "5min", "+", "-", "."] {
            assert_eq!(parse(text), Err(Invalid::Form), "{text}");
        }
        assert_eq!(parse("-5m"), Err(Invalid::Negative));
        assert_eq!(parse("9999999h"), Err(Invalid::TooLong));
        assert_eq!(parse_positive("0s"), Err(Invalid::Zero));
    }

    #[test]
    fn reads_as_people_say_it() {
        for (seconds, text) in [
            (-5, "0s"),
            (0, "0s"),
            (58, "58s"),
            (72, "1m12s"),
            (300, "5m"),
            (11_100, "3h5m"),
            (777_600, "9d"),
        ] {
            assert_eq!(short(SignedDuration::from_secs(seconds)), text);
        }
        assert_eq!(clock(SignedDuration::from_secs(41)), "00:41");
        assert_eq!(clock(SignedDuration::from_secs(3_723)), "1:02:03");
    }
}
