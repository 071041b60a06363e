//! What the catalogue wants known before a restart: peak hours and warnings.

use jiff::Timestamp;

use super::{Check, Verdict};
use crate::catalogue::Service;
use crate::peak_hours::PeakHours;

pub(super) fn peak_hours(service: Option<&Service>, now: Timestamp) -> Check {
    const NAME: &str = "peak-hours";
    let hours = service.map(|service| service.peak_hours.as_slice()).unwrap_or_default();
    let words = |hours: &PeakHours| {
        let now = hours.local(now);
        let place = now.time_zone().iana_name().unwrap_or_default();
        format!("{hours} in {place}, where it is {}", now.strftime("%a %H:%M"))
    };
    if hours.is_empty() {
        return Check::new(NAME, Verdict::Skipped, "no peakHours are configured");
    }
    if let Some(peak) = hours.iter().find(|hours| hours.contain(now)) {
        return Check::new(NAME, Verdict::Warn, format!("peak hours: {}", words(peak)));
    }
    let all: Vec<_> = hours.iter().map(words).collect();
    Check::new(NAME, Verdict::Pass, format!("outside peak hours: {}", all.join("; ")))
}

/// Each text of `warnBefore`.
pub(super) fn warnings(service: Option<&Service>) -> impl Iterator<Item = Check> {
    let texts = service.into_iter().flat_map(|service| &service.warn_before);
    texts.map(|text| Check::new("warning", Verdict::Warn, text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;
    use crate::fixtures::at;
    use crate::target::{Named, Scope, Target};

    fn target(service: &str) -> Target {
        let catalogue = Catalogue::parse(&format!("services: [{{name: web, {service}}}]")).unwrap();
        let scope = Scope { namespace_flag: None, context_namespace: "default", connection: "" };
        Named::read("web", &catalogue).unwrap().within(scope, &catalogue)
    }

    #[test]
    fn peak_hours_are_told_with_the_time_there() {
        // Saturday, 22:26:40 UTC.
        let now = at(0);
        let hours = |days: &str, from: &str, to: &str| {
            format!("{{days: [{days}], from: '{from}', to: '{to}', timezone: Asia/Tokyo}}")
        };
        let (early, late) = (hours("sun", "07:00", "08:00"), hours("", "08:00", "18:00"));
        for (windows, verdict, detail) in [
            (String::new(), Verdict::Skipped, "no peakHours are configured"),
            (
                format!("{late}, {early}"),
                Verdict::Warn,
                "peak hours: Sun 07:00-08:00 in Asia/Tokyo, where it is Sun 07:26",
            ),
            (late, Verdict::Pass, "outside peak hours: 08:00-18:00 in Asia/Tokyo, where it is Sun 07:26"),
        ] {
            let check = peak_hours(target(&format!("peakHours: [{windows}]")).service.as_ref(), now);
            assert_eq!((check.verdict, check.detail.as_str()), (verdict, detail), "{windows}");
        }
    }

    #[test]
    fn each_warning_is_a_check() {
        assert_eq!(warnings(target("port: 80").service.as_ref()).count(), 0);
        let target = target("warnBefore: [coordinate with finance, sessions end]");
        let told: Vec<_> = warnings(target.service.as_ref())
            .map(|check| (check.name, check.verdict, check.detail))
            .collect();
        let warning = |text: &str| ("warning", Verdict::Warn, text.to_owned());
        assert_eq!(told, [warning("coordinate with finance"), warning("sessions end")]);
    }
}
