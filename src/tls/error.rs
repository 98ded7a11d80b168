//! Why there is no session, or no more of it.

use std::fmt;
use std::path::{Path, PathBuf};

/// A failure of TLS: a file is wrong, the system lacks something, or a peer and we do not agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// A file cannot be used.
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: Fault,
    },
    /// This certificate of ours is given without its key.
    NoKey(PathBuf),
    /// This key of ours is given without its certificate.
    NoCertificate(PathBuf),
    /// The system trusts nobody, or this prevents that we see whom.
    NoRoots(Option<String>),
    /// This is neither a name nor an address, so no certificate can be for it.
    Host(String),
    /// The system failed us.
    System(String),
    /// The peer is not who it should be, does not want us, or breaks the rules: a sentence.
    Peer(String),
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// There is none.
    Missing,
    /// It cannot be read, for this reason.
    Unreadable(String),
    /// It has no section of PEM.
    NotPem,
    /// It is PEM, but not to its end.
    BrokenPem(&'static str),
    /// It has sections, but none of the kind that is wanted.
    Lacks {
        /// The kind.
        wanted: &'static str,
        /// The kinds that it has.
        found: Vec<String>,
    },
    /// This certificate in it, counted from 1, is none.
    Certificate(usize),
    /// Its key is encrypted.
    EncryptedKey,
    /// Its key is none that we can use.
    Key,
    /// Its key is not the one of the certificate in this other file.
    ForeignKey(PathBuf),
}

impl Error {
    pub(super) fn file(path: &Path, fault: Fault) -> Error {
        let path = path.to_owned();
        Error::File { path, fault }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::File { path, fault } => fault.say(path, f),
            Error::NoKey(path) => write!(
                f,
                "the client certificate `{}` is given without a key, and needs one",
                path.display()
            ),
            Error::NoCertificate(path) => write!(
                f,
                "the key `{}` is given without a client certificate, and needs one",
                path.display()
            ),
            Error::NoRoots(why) => {
                f.write_str("this system has no certificates of authorities to trust")?;
                match why {
                    Some(why) => write!(f, ": {why}"),
                    None => f.write_str(", and some are needed, or a file of them"),
                }
            }
            Error::Host(host) => write!(
                f,
                "`{}` is neither the name of a host nor an IP address",
                host.escape_debug()
            ),
            Error::System(why) => write!(f, "TLS cannot be begun: {why}"),
            Error::Peer(sentence) => f.write_str(sentence),
        }
    }
}

impl std::error::Error for Error {}

impl Fault {
    /// The sentence, for the file at this path.
    fn say(&self, path: &Path, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = path.display();
        match self {
            Fault::Missing => write!(f, "there is no file `{path}`"),
            Fault::Unreadable(why) => write!(f, "`{path}` cannot be read: {why}"),
            Fault::NotPem => write!(
                f,
                "`{path}` is not PEM: it has no line such as `-----BEGIN CERTIFICATE-----`"
            ),
            Fault::BrokenPem(why) => write!(f, "`{path}` is broken PEM: {why}"),
            Fault::Lacks { wanted, found } => {
                let found = found.join("` and `");
                write!(f, "`{path}` has no `{wanted}`, but `{found}`")
            }
            Fault::Certificate(number) => write!(
                f,
                "certificate {number} in `{path}` is broken: one of X.509 was expected"
            ),
            Fault::EncryptedKey => write!(
                f,
                "the key in `{path}` is encrypted: one that is not was expected"
            ),
            Fault::Key => write!(
                f,
                "the key in `{path}` cannot be used: one for RSA, ECDSA or Ed25519 was expected"
            ),
            Fault::ForeignKey(certificate) => write!(
                f,
                "the key in `{path}` does not belong to the certificate in `{}`",
                certificate.display()
            ),
        }
    }
}
