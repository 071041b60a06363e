//! Amounts of resources, exact: the quantities of `k8s.io/apimachinery/pkg/api/resource`.

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

/// An amount in billionths: the finest that Kubernetes keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(i128);

/// Text that is no quantity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no quantity")]
pub struct Invalid(String);

const ONE: i128 = 1_000_000_000;
const MEBI: i128 = 1 << 20;

impl Amount {
    /// This many.
    pub fn whole(number: i32) -> Self {
        Self(i128::from(number) * ONE)
    }

    /// Reads `500m`, `1.5Gi`, `12e6` …
    ///
    /// # Errors
    /// The text is no quantity, or beyond all that a cluster could hold.
    pub fn read(quantity: &Quantity) -> Result<Self, Invalid> {
        parse(&quantity.0).map(Self).ok_or_else(|| Invalid(quantity.0.clone()))
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// What is left of it; less than nothing where the other is more.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// How many times `each` fits in; negative where less than nothing is there, and no number for nothing.
    pub fn holds(self, each: Self) -> Option<i128> {
        self.0.checked_div_euclid(each.0)
    }

    /// Its hundredths of a whole, rounded down.
    pub fn percent_of(self, whole: Self) -> Option<i128> {
        self.0.saturating_mul(100).checked_div(whole.0)
    }

    /// In the units of `kubectl top`: `250m` or `2` of cpu, `512Mi` or `2Gi` of bytes, rounded up; plain numbers of
    /// all else. `resource` is a key of a quota or of a container's resources.
    pub fn of(self, resource: &str) -> String {
        let name = resource.trim_start_matches("requests.").trim_start_matches("limits.");
        match name {
            "cpu" if self.0 % ONE != 0 => format!("{}m", up(self.0, ONE / 1000)),
            "memory" | "storage" | "ephemeral-storage" => bytes(up(self.0, MEBI * ONE)),
            _ if name.starts_with("hugepages-") => bytes(up(self.0, MEBI * ONE)),
            _ => up(self.0, ONE).to_string(),
        }
    }
}

fn bytes(mebi: i128) -> String {
    if mebi != 0 && mebi % 1024 == 0 { format!("{}Gi", mebi / 1024) } else { format!("{mebi}Mi") }
}

/// A division that rounds up, by a divisor above 0.
fn up(value: i128, by: i128) -> i128 {
    value.div_euclid(by) + i128::from(value.rem_euclid(by) != 0)
}

fn parse(text: &str) -> Option<i128> {
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
    let (number, suffix) = unsigned.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits: i128 = [whole, fraction].concat().parse().ok()?;
    let (twos, tens) = scale(suffix)?;
    let tens = tens.checked_add(9)?.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    let scaled = digits.checked_mul(1 << twos)?;
    let power = 10_i128.checked_pow(tens.unsigned_abs())?;
    let value = if tens < 0 { up(scaled, power) } else { scaled.checked_mul(power)? };
    Some(sign * value)
}

/// Powers of two and of ten that a suffix stands for.
fn scale(suffix: &str) -> Option<(u32, i32)> {
    Some(match suffix {
        "" => (0, 0),
        "n" => (0, -9),
        "u" => (0, -6),
        "m" => (0, -3),
        "k" => (0, 3),
        "M" => (0, 6),
        "G" => (0, 9),
        "T" => (0, 12),
        "P" => (0, 15),
        "E" => (0, 18),
        "Ki" => (10, 0),
        "Mi" => (20, 0),
        "Gi" => (30, 0),
        "Ti" => (40, 0),
        "Pi" => (50, 0),
        "Ei" => (60, 0),
        _ => (0, suffix.strip_prefix(['e', 'E'])?.parse().ok()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<Amount, Invalid> {
        Amount::read(&Quantity(text.to_owned()))
    }

    #[test]
    fn reads_quantities_as_kubernetes_does() {
        for (text, billionths) in [
            ("0", 0),
            ("1", ONE),
            ("+1", ONE),
            ("-1", -ONE),
            ("100m", ONE / 10),
            ("0.1", ONE / 10),
            (".5", ONE / 2),
            ("5.", 5 * ONE),
            ("250u", 250_000),
            ("7n", 7),
            // Nothing finer than a billionth is kept; it is rounded up.
            ("0.1n", 1),
            ("2k", 2000 * ONE),
            ("1.5Gi", 1_610_612_736 * ONE),
            ("1Ki", 1024 * ONE),
            ("12e6", 12_000_000 * ONE),
            ("12E-3", 12 * ONE / 1000),
            ("1E", 1_000_000_000_000_000_000 * ONE),
            ("9223372036854775807", i128::from(i64::MAX) * ONE),
        ] {
            assert_eq!(read(text), Ok(Amount(billionths)), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_quantity() {
        for text in
            ["", ".", "-", "m", "1.2.3", "1 Gi", "1gi", "1KiB", "0x1", "1e", "1e99", "--1", "1e99999999999"]
        {
            assert_eq!(read(text), Err(Invalid(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn says_amounts_as_kubectl_top_does() {
        for (text, resource, words) in [
            ("0.25", "cpu", "250m"),
            ("12345678n", "cpu", "13m"),
            ("2000m", "requests.cpu", "2"),
            ("0", "cpu", "0"),
            ("-500m", "limits.cpu", "-500m"),
            ("268435456", "memory", "256Mi"),
            ("2Gi", "limits.memory", "2Gi"),
            ("1", "memory", "1Mi"),
            ("0", "memory", "0Mi"),
            ("64Mi", "hugepages-2Mi", "64Mi"),
            ("10", "pods", "10"),
            ("2", "requests.nvidia.com/gpu", "2"),
        ] {
            assert_eq!(read(text).unwrap().of(resource), words, "{text} of {resource}");
        }
    }

    #[test]
    fn divides_by_nothing_into_no_number() {
        assert_eq!(Amount::whole(3).holds(Amount::default()), None);
        assert_eq!(Amount::whole(3).percent_of(Amount::default()), None);
        assert_eq!(Amount::whole(-1).holds(Amount::whole(2)), Some(-1));
    }

    proptest! {
        #[test]
        fn never_panics(text in "[-+]?[0-9.]{0,40}[a-zA-Z]{0,3}[-+0-9]{0,12}", other in any::<i32>()) {
            if let Ok(amount) = read(&text) {
                let other = Amount::whole(other);
                let _ = (amount.plus(other).of("cpu"), amount.minus(other).of("memory"));
                let _ = (amount.holds(other), other.percent_of(amount));
            }
        }

        #[test]
        fn whole_numbers_keep_their_value(number in any::<i32>()) {
            prop_assert_eq!(read(&number.to_string()), Ok(Amount::whole(number)));
        }
    }
}
