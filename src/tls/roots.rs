//! Those that we trust.

use std::cell::OnceCell;
use std::path::Path;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls_native_certs::CertificateResult;

use super::pem::Pem;
use super::{Error, Fault};

/// The authorities that the system trusts, read once, when they are first wanted.
#[derive(Default)]
pub struct SystemRoots {
    roots: OnceCell<Result<Roots, Error>>,
}

impl SystemRoots {
    fn roots(&self) -> Result<Roots, Error> {
        let read = || Roots::of_system(rustls_native_certs::load_native_certs());
        self.roots.get_or_init(read).clone()
    }
}

/// The authorities whose word we take for who a peer is.
#[derive(Clone)]
pub(super) struct Roots {
    pub(super) store: Arc<RootCertStore>,
    /// How they are called.
    pub(super) name: String,
}

impl Roots {
    /// Those in the file, or else those that the system trusts.
    pub(super) fn new(file: Option<&Path>, system: &SystemRoots) -> Result<Roots, Error> {
        match file {
            Some(path) => Roots::of_file(path),
            None => system.roots(),
        }
    }

    fn of_file(path: &Path) -> Result<Roots, Error> {
        let mut store = RootCertStore::empty();
        for (at, certificate) in Pem::read(path)?.certificates()?.into_iter().enumerate() {
            let added = store.add(certificate);
            added.map_err(|_| Error::file(path, Fault::Certificate(at + 1)))?;
        }
        let name = format!("the authorities in `{}`", path.display());
        Ok(Roots {
            store: Arc::new(store),
            name,
        })
    }

    /// Some of what a system has may be broken or too old to be read: it is enough that there are
    /// others.
    pub(super) fn of_system(found: CertificateResult) -> Result<Roots, Error> {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(found.certs);
        if store.is_empty() {
            let why = found.errors.first().map(ToString::to_string);
            return Err(Error::NoRoots(why));
        }
        let name = "the system's authorities".to_owned();
        Ok(Roots {
            store: Arc::new(store),
            name,
        })
    }
}
