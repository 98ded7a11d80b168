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

/// Those of the numbers that are waited for which were seen to be gone. The ones that were seen are
/// in order; if not all there are were seen, those above the last are unknown.
pub(crate) fn gone(waited: &[u64], seen: &[u64], is_all: bool) -> Vec<u64> {
    let is_known = |number: &u64| is_all || seen.last().is_some_and(|last| number <= last);
    let is_there = |number: &u64| seen.binary_search(number).is_ok();
    let gone = waited.iter().copied();
    gone.filter(|number| is_known(number) && !is_there(number))
        .collect()
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

    #[test]
    fn what_was_not_looked_at_is_not_gone() {
        assert_eq!(gone(&[1, 2, 3, 4], &[2, 3], true), [1, 4]);
        assert_eq!(gone(&[1, 2, 3, 4], &[2, 3], false), [1]);
        assert_eq!(gone(&[1], &[], true), [1]);
        assert_eq!(gone(&[1], &[], false), []);
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
