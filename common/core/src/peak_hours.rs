//! Peak hours: times of the week at which a service should be left alone.

use std::fmt;

use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde::{Deserialize, Serialize};

/// Hours of a day, on some days of the week, in one time zone.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PeakHours {
    /// The days on which they begin; every day when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<Day>,
    /// First minute, as `08:00`.
    pub from: Time,
    /// First minute after them: of the next day, where it is not after `from`.
    pub to: Time,
    /// IANA name, as `Europe/London`.
    #[serde(with = "jiff::fmt::serde::tz::required")]
    pub timezone: TimeZone,
}

/// A day of the week, as the catalogue writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "a week has these days")]
pub enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl PeakHours {
    /// The time there.
    pub fn local(&self, now: Timestamp) -> Zoned {
        now.to_zoned(self.timezone.clone())
    }

    /// Whether `now` is within them.
    pub fn contain(&self, now: Timestamp) -> bool {
        let local = self.local(now);
        let (today, time) = (local.weekday(), local.time());
        let begin_on = |day| self.days.is_empty() || self.days.contains(&Day::of(day));
        if self.from < self.to {
            return begin_on(today) && self.from <= time && time < self.to;
        }
        (begin_on(today) && self.from <= time) || (begin_on(today.previous()) && time < self.to)
    }
}

impl fmt::Display for PeakHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, day) in self.days.iter().enumerate() {
            let after = if index + 1 == self.days.len() { ' ' } else { ',' };
            write!(f, "{day:?}{after}")?;
        }
        write!(f, "{}-{}", self.from.strftime("%H:%M"), self.to.strftime("%H:%M"))
    }
}

impl Day {
    fn of(day: Weekday) -> Self {
        match day {
            Weekday::Monday => Self::Mon,
            Weekday::Tuesday => Self::Tue,
            Weekday::Wednesday => Self::Wed,
            Weekday::Thursday => Self::Thu,
            Weekday::Friday => Self::Fri,
            Weekday::Saturday => Self::Sat,
            Weekday::Sunday => Self::Sun,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn hours(days: &[&str], from: &str, to: &str, timezone: &str) -> PeakHours {
        serde_json::from_value(json!({"days": days, "from": from, "to": to, "timezone": timezone})).unwrap()
    }

    #[test]
    fn are_judged_where_the_service_is_used() {
        let office = ["mon", "tue", "wed", "thu", "fri"];
        let day = hours(&office, "08:00", "18:00", "Europe/London");
        let night = hours(&["fri"], "22:00", "06:00", "America/New_York");
        let always = hours(&[], "00:00", "00:00", "UTC");
        for (hours, now, within) in [
            // A Monday, in winter and in summer time.
            (&day, "2026-11-23T08:00:00Z", true),
            (&day, "2026-11-23T07:59:59Z", false),
            (&day, "2026-11-23T18:00:00Z", false),
            (&day, "2026-06-22T07:00:00Z", true),
            (&day, "2026-11-22T12:00:00Z", false),
            // Friday night in New York ends on Saturday morning.
            (&night, "2026-11-28T03:00:00Z", true),
            (&night, "2026-11-28T10:59:59Z", true),
            (&night, "2026-11-28T11:00:00Z", false),
            (&night, "2026-11-27T10:00:00Z", false),
            (&night, "2026-11-29T03:30:00Z", false),
            (&always, "2026-11-29T03:30:00Z", true),
        ] {
            assert_eq!(hours.contain(now.parse().unwrap()), within, "{now}: {hours}");
        }
    }

    #[test]
    fn are_said_as_the_catalogue_says_them() {
        assert_eq!(hours(&["mon", "sun"], "08:00", "18:30", "UTC").to_string(), "Mon,Sun 08:00-18:30");
        assert_eq!(hours(&[], "22:00", "06:00", "UTC").to_string(), "22:00-06:00");
    }

    #[test]
    fn zones_are_known_where_the_machine_has_no_zones() {
        assert!(jiff::tz::TimeZoneDatabase::bundled().get("Europe/London").is_ok());
    }
}
