//! What has changed among files that are looked at now and then. No clock, no files: the looks of
//! files come from the caller.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What is known of some files. `S` tells a file from what it was before; `None` is one that is not
/// there.
pub(super) struct Looks<S> {
    files: BTreeMap<PathBuf, File<S>>,
}

struct File<S> {
    /// What it was when it was read.
    read: Option<S>,
    /// What it was at the last look.
    seen: Option<S>,
}

/// A file that is not what it was.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) path: PathBuf,
    /// Whether it is not there any more.
    pub(super) is_removed: bool,
}

impl<S: PartialEq + Clone> Looks<S> {
    pub(super) fn new() -> Looks<S> {
        Looks {
            files: BTreeMap::new(),
        }
    }

    /// Looks at these files from now on, and at no others; they have been read as they were then.
    pub(super) fn watch(&mut self, files: impl IntoIterator<Item = (PathBuf, Option<S>)>) {
        let known = |(path, read): (PathBuf, Option<S>)| {
            let seen = read.clone();
            (path, File { read, seen })
        };
        self.files = files.into_iter().map(known).collect();
    }

    /// Looks at all files. Gives those that are not what they were when they were read, once all of
    /// these have stayed the same since the last look: what is being written is not read yet.
    pub(super) fn look(&mut self, look: impl Fn(&Path) -> Option<S>) -> Vec<Change> {
        let mut is_quiet = true;
        for (path, file) in &mut self.files {
            let now = look(path);
            is_quiet &= now == file.seen;
            file.seen = now;
        }
        if !is_quiet {
            return Vec::new();
        }
        let changed = self.files.iter_mut();
        let changed = changed.filter(|(_, file)| file.read != file.seen);
        let told = changed.map(|(path, file)| {
            file.read.clone_from(&file.seen);
            Change {
                path: path.clone(),
                is_removed: file.seen.is_none(),
            }
        });
        told.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Files `a` and `b`, read when they were this.
    fn read(a: Option<u32>, b: Option<u32>) -> Looks<u32> {
        let mut looks = Looks::new();
        looks.watch([("a".into(), a), ("b".into(), b)]);
        looks
    }

    /// What is told when the files are this now; a hyphen is before one that was removed.
    fn look(looks: &mut Looks<u32>, a: Option<u32>, b: Option<u32>) -> String {
        let changed = looks.look(|path| if path == Path::new("a") { a } else { b });
        let names = changed.iter().map(|change| {
            let removed = if change.is_removed { "-" } else { "" };
            format!("{removed}{}", change.path.display())
        });
        names.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_change_is_told_once_when_it_is_over() {
        let mut looks = read(Some(1), Some(1));
        assert_eq!(look(&mut looks, Some(1), Some(1)), "");
        assert_eq!(look(&mut looks, Some(2), Some(1)), "");
        assert_eq!(look(&mut looks, Some(3), Some(1)), "");
        assert_eq!(look(&mut looks, Some(3), Some(1)), "a");
        assert_eq!(look(&mut looks, Some(3), Some(1)), "");
    }

    #[test]
    fn files_that_change_one_after_the_other_are_told_together() {
        let mut looks = read(Some(1), Some(1));
        assert_eq!(look(&mut looks, Some(2), Some(1)), "");
        assert_eq!(look(&mut looks, Some(2), Some(2)), "");
        assert_eq!(look(&mut looks, Some(2), Some(2)), "a b");
    }

    #[test]
    fn a_file_may_appear_and_go() {
        let mut looks = read(Some(1), None);
        assert_eq!(look(&mut looks, Some(1), None), "");
        assert_eq!(look(&mut looks, None, Some(1)), "");
        assert_eq!(look(&mut looks, None, Some(1)), "-a b");
        assert_eq!(look(&mut looks, Some(1), Some(1)), "");
        assert_eq!(look(&mut looks, Some(1), Some(1)), "a");
    }

    #[test]
    fn what_came_back_to_what_it_was_has_not_changed() {
        let mut looks = read(Some(1), Some(1));
        assert_eq!(look(&mut looks, None, Some(1)), "");
        assert_eq!(look(&mut looks, Some(1), Some(1)), "");
        assert_eq!(look(&mut looks, Some(1), Some(1)), "");
    }

    #[test]
    fn a_file_that_was_read_before_its_change_has_changed() {
        let mut looks = read(Some(1), Some(1));
        assert_eq!(look(&mut looks, Some(3), Some(1)), "");
        looks.watch([("a".into(), Some(2)), ("c".into(), None)]);
        assert_eq!(look(&mut looks, Some(3), None), "");
        assert_eq!(look(&mut looks, Some(3), None), "a");
        looks.watch([("a".into(), Some(3))]);
        assert_eq!(look(&mut looks, Some(3), None), "");
    }
}
