//! Sealing with the first key what was sealed with others, so that those are not needed any more.

use micro_api::Error;

use crate::broker::{PROOF, Shared};
use crate::ledger::{self, Proof};
use crate::provisioner::Secret;

/// How many secrets are sealed at once.
const SLICE: u64 = 500;

impl Shared {
    /// Seals everything with the first key.
    pub(crate) async fn reseal(&self, proof: &Proof) -> Result<(), Error> {
        let keys = &self.settings.keys;
        let head = keys.head();
        if !proof.sealed.starts_with(&head) {
            let sealed = keys.seal(&Secret(PROOF.to_owned()), &proof.mark)?;
            let replaced = self
                .store
                .write(move |transaction| ledger::replace_proof(transaction, &sealed));
            replaced.await?;
        }
        let mut count = 0;
        loop {
            let head = head.clone();
            let others = self
                .store
                .read(move |transaction| ledger::other_seals(transaction, &head, SLICE));
            let mut pairs = Vec::new();
            for old in others.await? {
                let owner = old.label.as_str();
                let secret = keys.open(&old.content, owner)?;
                let new = keys.seal(&secret, owner)?;
                pairs.push((old, new));
            }
            if pairs.is_empty() {
                break;
            }
            count += pairs.len();
            let replaced = self.store.write(move |transaction| {
                for (old, new) in &pairs {
                    ledger::replace_seal(transaction, old, new)?;
                }
                Ok(())
            });
            replaced.await?;
        }
        if count > 0 {
            log::info!("{count} secrets are sealed with the first key now");
        }
        Ok(())
    }
}
