//! Numbers in runs without gaps.

/// The runs of these numbers, which are in order: the first and the last of each. Numbers that are
/// not among them are in none, so that what lies in a gap, such as a row that is still on its way,
/// is not taken for one of them.
pub(crate) fn runs(numbers: &[u64]) -> Vec<(u64, u64)> {
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for &number in numbers {
        match runs.last_mut() {
            Some((_, last)) if number <= last.saturating_add(1) => *last = number.max(*last),
            _ => runs.push((number, number)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn finds_runs() {
        assert_eq!(runs(&[]), []);
        assert_eq!(runs(&[7]), [(7, 7)]);
        assert_eq!(runs(&[1, 2, 3, 5, 8, 9]), [(1, 3), (5, 5), (8, 9)]);
        assert_eq!(runs(&[u64::MAX - 1, u64::MAX]), [(u64::MAX - 1, u64::MAX)]);
    }

    proptest! {
        #[test]
        fn runs_hold_exactly_the_numbers(numbers in prop::collection::btree_set(0..60_u64, 0..40)) {
            let list: Vec<u64> = numbers.iter().copied().collect();
            let runs = runs(&list);
            let held: BTreeSet<u64> = runs.iter().flat_map(|&(first, last)| first..=last).collect();
            prop_assert_eq!(held, numbers);
            prop_assert!(runs.windows(2).all(|pair| pair[0].1 + 1 < pair[1].0));
        }
    }
}
