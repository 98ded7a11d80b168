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
    let (number, unit) = split_unit(text);
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
    let (number, unit) = split_unit(text);
    let shift = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kib" => 10,
        "m" | "mib" => 20,
        "g" | "gib" => 30,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(1 << shift)
}

fn split_unit(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    (text[..end].trim_end(), &text[end..])
}
