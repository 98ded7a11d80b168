//! Sizes for people.

/// Such as `1.5 MiB`.
#[allow(clippy::cast_precision_loss, reason = "one digit of it is shown")]
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut size = bytes as f64 / 1024.0;
    let mut units = UNITS.into_iter();
    let mut unit = units.next().unwrap_or_default();
    while size >= 1024.0 {
        let Some(next) = units.next() else { break };
        (size, unit) = (size / 1024.0, next);
    }
    format!("{size:.1} {unit}")
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_are_read_by_people() {
        for (bytes, shown) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (16384, "16.0 KiB"),
            (1_572_864, "1.5 MiB"),
            (1 << 50, "1024.0 TiB"),
        ] {
            assert_eq!(size(bytes), shown);
        }
    }
}
