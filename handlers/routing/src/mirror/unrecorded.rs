//! What the mirror does while the database can be read, and has no room for anything more.

use micro_store::{Error, ErrorKind};

use super::apply::set_all;
use super::failure::Failure;
use super::link::Written;
use super::rows::{Batch, Change, Losses};
use super::worker::Worker;

/// What the database has no room for.
#[derive(Default)]
pub(super) struct Unrecorded {
    /// A loss of Redis that it could not note.
    pub(super) loss: Option<Loss>,
    /// How many of these there were.
    pub(super) count: u64,
    /// The last of those that it has noted that is repaired, without its knowing so.
    pub(super) repaired_to: u64,
    /// Whether there was no room for what was last to be recorded.
    pub(super) is_full: bool,
}

/// A loss that is not noted.
pub(super) struct Loss {
    /// The mark of Redis, which stays while this is so.
    seen: Option<Vec<u8>>,
    /// Whether a sweep has repaired it, and said in Redis that it is filled.
    is_repaired: bool,
}

impl Unrecorded {
    /// What was written, if there was room for it.
    pub(super) fn if_room<T>(&mut self, written: Result<T, Error>) -> Result<Option<T>, Failure> {
        match written {
            Err(error) if error.kind() == ErrorKind::Full => {
                if !std::mem::replace(&mut self.is_full, true) {
                    log::warn!("{error}: what the mirror does cannot be recorded, and goes on");
                }
                Ok(None)
            }
            written => {
                let written = written?;
                self.is_full = false;
                Ok(Some(written))
            }
        }
    }

    /// The losses of which the database knows, as far as this process knows.
    pub(super) fn known(&self, losses: Losses) -> Losses {
        Losses {
            repaired_to: losses.repaired_to.max(self.repaired_to),
            ..losses
        }
    }

    /// Everything is repaired, and said to be.
    pub(super) fn repair(&mut self) {
        if let Some(loss) = &mut self.loss {
            loss.is_repaired = true;
        }
    }
}

impl Worker {
    /// Whether Redis may have lost something that is not repaired.
    pub(super) fn is_suspect(&self) -> bool {
        let loss = self.unrecorded.loss.as_ref();
        self.losses.are_open() || loss.is_some_and(|loss| !loss.is_repaired)
    }

    /// Applies rows of the outbox after a loss that could not be noted. The mark stays as it is:
    /// were it raised, nobody would see the loss any more.
    pub(super) fn apply_unrecorded(
        &mut self,
        seen: Option<&[u8]>,
        batch: &Batch,
    ) -> Result<Written, Failure> {
        let mut commands = set_all(&self.target.prefix, batch.changes.iter().map(Change::set));
        let is_new = !self.is_known(seen)?;
        if is_new {
            commands.add(&[b"DEL", &self.target.filled_key]);
        }
        let written = match commands.count() {
            0 => Written::Done(0),
            _ => self.link()?.write_if(seen, &commands, None)?,
        };
        if is_new && written != Written::Void {
            self.unrecorded.count += 1;
            self.unrecorded.loss = Some(Loss {
                seen: seen.map(<[u8]>::to_vec),
                is_repaired: false,
            });
        }
        self.status.suspect(self.is_suspect());
        Ok(written)
    }

    /// Whether it is the loss that was found before: else what was repaired is gone again.
    fn is_known(&mut self, seen: Option<&[u8]>) -> Result<bool, Failure> {
        let loss = self.unrecorded.loss.as_ref();
        match loss.filter(|loss| loss.seen.as_deref() == seen) {
            Some(Loss { is_repaired, .. }) => Ok(!is_repaired || self.link()?.is_filled()?),
            None => Ok(false),
        }
    }
}
