//! PEM: sections of text, in each a certificate or a key.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::{Error, Fault};
use crate::files::Accept;

const START: &str = "-----BEGIN ";
const END: &str = "-----";
/// How the key of a section in the older form is said to be encrypted (RFC 1421 section 4.6.1.1).
const ENCRYPTED: &str = "Proc-Type: 4,ENCRYPTED";

/// A file of PEM.
pub(super) struct Pem {
    path: PathBuf,
    bytes: Vec<u8>,
    /// What the sections are.
    labels: Vec<String>,
}

impl Pem {
    /// Reads a file with at least one section.
    pub(super) fn read(path: &Path) -> Result<Pem, Error> {
        let bytes = Accept::Everything.read(path);
        let bytes = bytes.map_err(|error| match error.kind() {
            ErrorKind::NotFound => Error::file(path, Fault::Missing),
            _ => Error::file(path, Fault::Unreadable(error.to_string())),
        })?;
        let labels: Vec<String> = lines(&bytes).filter_map(label).collect();
        let path = path.to_owned();
        match labels.is_empty() {
            true => Err(Error::file(&path, Fault::NotPem)),
            false => Ok(Pem {
                path,
                bytes,
                labels,
            }),
        }
    }

    /// The certificates, at least one.
    pub(super) fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, Error> {
        let certificates = CertificateDer::pem_slice_iter(&self.bytes);
        let certificates: Vec<_> = certificates
            .collect::<Result<_, _>>()
            .map_err(|error| self.broken(&error))?;
        match certificates.is_empty() {
            true => Err(self.lacks("CERTIFICATE")),
            false => Ok(certificates),
        }
    }

    /// The first key.
    pub(super) fn key(&self) -> Result<PrivateKeyDer<'static>, Error> {
        // One that is encrypted in the older form would be taken for broken.
        if lines(&self.bytes).any(|line| line.starts_with(ENCRYPTED)) {
            return Err(self.fault(Fault::EncryptedKey));
        }
        let key = PrivateKeyDer::pem_slice_iter(&self.bytes).next();
        match key {
            Some(key) => key.map_err(|error| self.broken(&error)),
            None if self.has("ENCRYPTED PRIVATE KEY") => Err(self.fault(Fault::EncryptedKey)),
            None => Err(self.lacks("PRIVATE KEY")),
        }
    }

    fn has(&self, wanted: &str) -> bool {
        self.labels.iter().any(|label| label == wanted)
    }

    fn lacks(&self, wanted: &'static str) -> Error {
        let mut found = self.labels.clone();
        found.dedup();
        self.fault(Fault::Lacks { wanted, found })
    }

    fn broken(&self, error: &pem::Error) -> Error {
        let why = match error {
            pem::Error::MissingSectionEnd { .. } => "a section of it does not end",
            pem::Error::IllegalSectionStart { .. } => "the first line of a section does not end",
            pem::Error::Base64Decode(_) => "a section of it is not base64",
            _ => "a section of it cannot be read",
        };
        self.fault(Fault::BrokenPem(why))
    }

    fn fault(&self, fault: Fault) -> Error {
        Error::file(&self.path, fault)
    }
}

/// The lines that are text.
fn lines(bytes: &[u8]) -> impl Iterator<Item = &str> {
    let lines = bytes.split(|byte| matches!(byte, b'\n' | b'\r'));
    lines.filter_map(|line| str::from_utf8(line).ok())
}

/// What a section is, by its first line.
fn label(line: &str) -> Option<String> {
    let label = line.strip_prefix(START)?.trim_end();
    let label = label.strip_suffix(END).unwrap_or(label);
    let is_label = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == ' ';
    label.chars().all(is_label).then(|| label.to_owned())
}
