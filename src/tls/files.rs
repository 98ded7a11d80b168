//! The files of a client: whom it trusts, its certificate and the key of that.

use std::path::PathBuf;

use rustls::InconsistentKeys;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::pem::Pem;
use super::{Error, Fault};
use crate::config::TlsFiles;

/// Who we are.
pub(super) struct Identity {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
    pub(super) paths: Paths,
}

/// Where it was read from.
pub(super) struct Paths {
    certificate: PathBuf,
    key: PathBuf,
}

impl Identity {
    /// The client's certificate and key, if it has them.
    pub(super) fn read(files: &TlsFiles) -> Result<Option<Identity>, Error> {
        let paths = match (&files.cert_file, &files.key_file) {
            (None, None) => return Ok(None),
            (Some(path), None) => return Err(Error::NoKey(path.clone())),
            (None, Some(path)) => return Err(Error::NoCertificate(path.clone())),
            (Some(certificate), Some(key)) => Paths {
                certificate: certificate.clone(),
                key: key.clone(),
            },
        };
        Ok(Some(Identity {
            chain: Pem::read(&paths.certificate)?.certificates()?,
            key: Pem::read(&paths.key)?.key()?,
            paths,
        }))
    }
}

impl Paths {
    /// Why these two cannot be used together.
    pub(super) fn fault(self, error: &rustls::Error) -> Error {
        match error {
            rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                let fault = Fault::ForeignKey(self.certificate);
                Error::file(&self.key, fault)
            }
            rustls::Error::InvalidCertificate(_) => {
                Error::file(&self.certificate, Fault::Certificate(1))
            }
            _ => Error::file(&self.key, Fault::Key),
        }
    }
}
