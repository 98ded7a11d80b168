//! Who waits for what becomes of something.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::ledger::{Fate, Key};

/// From how many things on it is looked whether somebody still waits for each of them.
const MANY: usize = 1024;

/// Who waits for what becomes of something.
#[derive(Default)]
pub(crate) struct Waiters(RefCell<HashMap<Key, Vec<oneshot::Sender<Fate>>>>);

impl Waiters {
    /// Gives what becomes of it next.
    pub(crate) fn wait(&self, key: Key) -> oneshot::Receiver<Fate> {
        let (sender, receiver) = oneshot::channel();
        let mut waiting = self.0.borrow_mut();
        if waiting.len() >= MANY {
            // What others have settled is not told here.
            waiting.retain(|_, list| list.iter().any(|sender| !sender.is_closed()));
        }
        let list = waiting.entry(key).or_default();
        // Those who have given up meanwhile.
        list.retain(|sender| !sender.is_closed());
        list.push(sender);
        receiver
    }

    /// Tells everybody who waits for it.
    pub(crate) fn tell(&self, key: Key, fate: &Fate) {
        let waiting = self.0.borrow_mut().remove(&key);
        for sender in waiting.into_iter().flatten() {
            // He may have given up.
            let _ = sender.send(fate.clone());
        }
    }
}
