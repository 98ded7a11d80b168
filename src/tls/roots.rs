//! Those that we trust.

use std::path::Path;

use rustls::RootCertStore;
use rustls_native_certs::CertificateResult;

use super::pem::Pem;
use super::{Error, Fault};

/// The authorities whose word we take for who a peer is.
pub(super) struct Roots {
    pub(super) store: RootCertStore,
    /// How they are called.
    pub(super) name: String,
}

impl Roots {
    /// Those in the file, or else those that the system trusts.
    pub(super) fn new(file: Option<&Path>) -> Result<Roots, Error> {
        match file {
            Some(path) => Roots::of_file(path),
            None => Roots::of_system(rustls_native_certs::load_native_certs()),
        }
    }

    fn of_file(path: &Path) -> Result<Roots, Error> {
        let mut store = RootCertStore::empty();
        for (at, certificate) in Pem::read(path)?.certificates()?.into_iter().enumerate() {
            let added = store.add(certificate);
            added.map_err(|_| Error::file(path, Fault::Certificate(at + 1)))?;
        }
        let name = format!("the authorities in `{}`", path.display());
        Ok(Roots { store, name })
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
        Ok(Roots { store, name })
    }
}
