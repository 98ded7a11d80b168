//! The words in which settings are written: booleans, durations, sizes.
//!
//! The language, the configuration file and [`Config::get`](crate::Config::get) all read values
//! through these functions, so that a value means the same wherever it stands.

use std::time::Duration;

/// Reads a boolean as the family does: `true`, `t`, `1`, `false`, `f`, `0`, in any case.
#[must_use]
pub fn find_bool(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "t" | "1" => Some(true),
        "false" | "f" | "0" => Some(false),
        _ => None,
    }
}

/// Reads a duration: a number with a unit `ms`, `s`, `m`, `h` or `d`; a bare number is seconds.
///
/// ```
/// use std::time::Duration;
/// assert_eq!(micro_api::units::find_duration("1.5"), Some(Duration::from_millis(1500)));
/// assert_eq!(micro_api::units::find_duration("20ms"), Some(Duration::from_millis(20)));
/// ```
#[must_use]
pub fn find_duration(text: &str) -> Option<Duration> {
    let (number, unit) = split_unit(text)?;
    let seconds = match unit {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        "d" => 86400.0,
        _ => return None,
    };
    Duration::try_from_secs_f64(number.parse::<f64>().ok()? * seconds).ok()
}

/// Reads a size in bytes: a whole number with a unit `KiB`, `MiB`, `GiB` (also `K`, `M`, `G`) or
/// `B`; a bare number is bytes. Units ignore case.
///
/// ```
/// assert_eq!(micro_api::units::find_size("1MiB"), Some(1 << 20));
/// ```
#[must_use]
pub fn find_size(text: &str) -> Option<u64> {
    let (number, unit) = split_unit(text)?;
    let shift = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kib" => 10,
        "m" | "mib" => 20,
        "g" | "gib" => 30,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(1 << shift)
}

// No sign, no exponent and no `inf`: only what has one reading beside a unit.
fn split_unit(text: &str) -> Option<(&str, &str)> {
    let is_number = |c: char| c.is_ascii_digit() || c == '.';
    let end = text.find(|c| !is_number(c)).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = unit.strip_prefix(' ').unwrap_or(unit);
    let is_unit = unit.bytes().all(|byte| byte.is_ascii_alphabetic());
    (!number.is_empty() && is_unit).then_some((number, unit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations_of_every_unit() {
        let of = |text| find_duration(text).map(|duration| duration.as_millis());
        assert_eq!(of("0"), Some(0));
        assert_eq!(of("5"), Some(5000));
        assert_eq!(of("5s"), Some(5000));
        assert_eq!(of("5 s"), Some(5000));
        assert_eq!(of("1.5m"), Some(90_000));
        assert_eq!(of("2h"), Some(7_200_000));
        assert_eq!(of("1d"), Some(86_400_000));
        assert_eq!(of("7ms"), Some(7));
    }

    #[test]
    fn what_is_no_duration() {
        for text in [
            "",
            " ",
            "s",
            "-1",
            "-0",
            "+1",
            "-1s",
            "nan",
            "NaN",
            "inf",
            "infinity",
            "1e5",
            "e5",
            "5e",
            "5e5s",
            "1_000",
            "1,5",
            "5 s s",
            "5min",
            "5S",
            "..5",
            "1.2.3",
            ".",
            " 5",
            "5\t",
            "0x5",
            "٥",
            "5µs",
            "99999999999999999999999d",
        ] {
            assert_eq!(find_duration(text), None, "{text:?}");
        }
    }

    #[test]
    fn sizes_at_their_limits() {
        assert_eq!(find_size("0"), Some(0));
        assert_eq!(find_size("1B"), Some(1));
        assert_eq!(find_size("2k"), Some(2048));
        assert_eq!(find_size("3 GiB"), Some(3 << 30));
        assert_eq!(find_size("18446744073709551615"), Some(u64::MAX));
        for text in [
            "18446744073709551616",
            "17179869184GiB",
            "1.5M",
            "-1",
            "+1",
            "1T",
            "K",
            "",
        ] {
            assert_eq!(find_size(text), None, "{text:?}");
        }
    }

    #[test]
    fn booleans_in_any_case() {
        for text in ["true", "TRUE", "t", "T", "1"] {
            assert_eq!(find_bool(text), Some(true), "{text}");
        }
        for text in ["false", "False", "f", "0"] {
            assert_eq!(find_bool(text), Some(false), "{text}");
        }
        for text in ["", "yes", "on", "2", " true"] {
            assert_eq!(find_bool(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".*") {
            let _ = (find_bool(&text), find_duration(&text), find_size(&text));
        }

        #[test]
        fn whole_milliseconds_are_exact(millis in 0_u64..1_000_000_000) {
            let duration = Some(Duration::from_millis(millis));
            prop_assert_eq!(find_duration(&format!("{millis}ms")), duration);
        }

        #[test]
        fn a_size_is_its_number_times_its_unit(number: u32) {
            let bytes = u64::from(number) << 20;
            prop_assert_eq!(find_size(&format!("{number}MiB")), Some(bytes));
        }
    }
}
