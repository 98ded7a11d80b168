//! The files that are watched: those that a definition was read from, as far as they are regular.

use std::path::{Path, PathBuf};

use crate::cli::output::complain;
use crate::directives::Loaded;
use crate::files::Stamp;

/// Files, and what they looked like when they were read.
pub(super) type Files = Vec<(PathBuf, Option<Stamp>)>;

/// Tells of the files that are not watched.
pub(super) fn tell_unwatched(loaded: &Loaded) {
    for path in unwatched(loaded) {
        let path = path.display();
        complain(format_args!(
            "warning: `{path}` is no regular file: it is not watched, and cannot be read again\n"
        ));
    }
}

/// Whether a change of something that `loaded` was read from could be seen.
pub(super) fn can_change(loaded: &Loaded) -> bool {
    loaded.files().count() > unwatched(loaded).count()
}

/// Pipes and the like.
fn unwatched(loaded: &Loaded) -> impl Iterator<Item = &Path> {
    let files = loaded.files().filter(|(_, stamp)| stamp.is_none());
    let others = files.filter(|(path, _)| path.exists() && !path.is_dir());
    // It may have become one just now.
    others
        .map(|(path, _)| path)
        .filter(|path| Stamp::of(path).is_none())
}

/// What `loaded` was read from.
pub(super) fn files_of(loaded: &Loaded) -> Files {
    let files = loaded.files();
    files
        .map(|(path, stamp)| (path.to_owned(), stamp))
        .collect()
}
