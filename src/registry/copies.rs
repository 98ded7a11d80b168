//! Libraries that may be rebuilt while the program runs: each is loaded from a private copy, and
//! again when its file has changed.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use micro_api::host::Descriptor;

use super::leftovers::remove_leftovers;
use super::{PrivateCopy, Unusable, load, preflight};
use crate::files::Stamp;

/// The libraries that were loaded so, in the state of their files in which that was last done.
#[derive(Debug, Default)]
pub(super) struct Copies {
    loaded: RefCell<HashMap<PathBuf, (Option<Stamp>, Descriptor)>>,
    /// The folders from which it was removed what others have left there.
    tidied: RefCell<HashSet<PathBuf>>,
}

impl Copies {
    /// The module of this name in this file, as it is now.
    ///
    /// # Errors
    ///
    /// If the file cannot be copied, or cannot be used.
    pub(super) fn load(&self, path: &Path, name: &str) -> Result<Descriptor, Unusable> {
        let stamp = Stamp::of(path);
        let known = self.loaded.borrow().get(path).cloned();
        if let Some((_, descriptor)) = known.filter(|(known, module)| {
            // The same file may be asked for under another name, which is a mistake to be told.
            *known == stamp && known.is_some() && module.name() == name
        }) {
            return Ok(descriptor);
        }
        self.tidy(path)?;
        let copy = PrivateCopy::of(path)?;
        // The file may have changed since it was judged; part of a library must not be loaded.
        match preflight(copy.path(), name) {
            Ok(_) | Err(Unusable::NeedsLoading(_)) => {}
            Err(why) => return Err(why),
        }
        let descriptor = load(copy.path(), name).map_err(|why| match (why, copy.not_beside()) {
            (Unusable::NotLoaded(why), Some(not_beside)) => Unusable::CopyNotLoaded {
                why,
                not_beside: not_beside.to_owned(),
            },
            (why, _) => why,
        })?;
        let entry = (stamp, descriptor.clone());
        self.loaded.borrow_mut().insert(path.to_owned(), entry);
        Ok(descriptor)
    }

    /// Removes what processes that were killed have left where a copy of this library would be.
    fn tidy(&self, library: &Path) -> Result<(), Unusable> {
        for folder in PrivateCopy::folders(library)? {
            if !self.tidied.borrow().contains(&folder) {
                remove_leftovers(&folder);
                self.tidied.borrow_mut().insert(folder);
            }
        }
        Ok(())
    }
}
