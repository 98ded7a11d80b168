//! What sessions have in common: whom we trust, and who we are.

use std::fmt;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::client::WantsClientCert;
use rustls::crypto::ring;
use rustls::pki_types::ServerName;

use super::files::Identity;
use super::roots::{Roots, SystemRoots};
use super::{Error, Session};
use crate::config::TlsFiles;

/// The protocol that we offer to speak inside of TLS.
const PROTOCOL: &[u8] = b"http/1.1";

type Builder = rustls::ConfigBuilder<ClientConfig, WantsClientCert>;

/// What a connection needs to begin sessions. A clone is the same client: sessions with a peer are
/// resumed, whichever of them began the first.
#[derive(Clone)]
pub struct Client {
    config: Arc<ClientConfig>,
    us: Arc<Us>,
}

/// What of us is told when a peer and we do not agree.
#[derive(Debug)]
pub(super) struct Us {
    /// Those that we trust: `the system's authorities`.
    pub(super) trusted: String,
    /// Whether we have a certificate.
    pub(super) has_certificate: bool,
}

impl Client {
    /// A client that trusts and shows what is in these files. Reads them, and may wait for that.
    ///
    /// # Errors
    ///
    /// If a file cannot be used, a certificate is given without its key or a key without its
    /// certificate, or there is nobody to trust.
    pub fn new(files: &TlsFiles, system: &SystemRoots) -> Result<Client, Error> {
        let identity = Identity::read(files)?;
        let roots = Roots::new(files.ca_file.as_deref(), system)?;
        let us = Us {
            trusted: roots.name,
            has_certificate: identity.is_some(),
        };
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the provider serves TLS 1.2 and 1.3")
            .with_root_certificates(roots.store);
        let mut config = match identity {
            Some(identity) => with_identity(builder, identity)?,
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = vec![PROTOCOL.to_vec()];
        Ok(Client {
            config: Arc::new(config),
            us: Arc::new(us),
        })
    }

    /// Begins a session with a peer: a name, or an IP address without brackets. A dot at its end
    /// is not part of it.
    ///
    /// # Errors
    ///
    /// If this is neither a name nor an address.
    pub fn begin(&self, host: &str) -> Result<Session, Error> {
        let name = host.strip_suffix('.').unwrap_or(host);
        let name = ServerName::try_from(name.to_owned());
        let name = name.map_err(|_| Error::Host(host.to_owned()))?;
        let session = Session::new(&self.config, name, &self.us);
        session.map_err(|error| Error::System(error.to_string()))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Client");
        shown.field("us", &self.us).finish_non_exhaustive()
    }
}

fn with_identity(builder: Builder, identity: Identity) -> Result<ClientConfig, Error> {
    let built = builder.with_client_auth_cert(identity.chain, identity.key);
    built.map_err(|error| identity.paths.fault(&error))
}
