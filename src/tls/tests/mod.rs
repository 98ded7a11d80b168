//! A session of ours and a server of the library's, with certificates made for the test.

mod files;
mod peers;
mod transfer;

use std::io::Read;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::version::{TLS12, TLS13};
use rustls::{RootCertStore, ServerConfig, ServerConnection, SupportedProtocolVersion};
use tempfile::TempDir;

use super::{Client, Error, Session, SystemRoots};
use crate::config::TlsFiles;

const HOST: &str = "shop.test";

/// Who certifies the peers of most tests.
static AUTHORITY: LazyLock<Authority> = LazyLock::new(|| Authority::new("ours"));

struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate with its key.
struct Certified {
    certificate: CertificateDer<'static>,
    certificate_pem: String,
    key: KeyPair,
}

impl Authority {
    fn new(name: &str) -> Authority {
        let mut asked = CertificateParams::default();
        asked.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        asked.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().expect("a key can be made");
        Authority(CertifiedIssuer::self_signed(asked, key).expect("it can be signed"))
    }

    fn certify(&self, names: &[&str]) -> Certified {
        self.certify_as(names, |_| {})
    }

    fn certify_as(&self, names: &[&str], ask: impl FnOnce(&mut CertificateParams)) -> Certified {
        let (asked, key) = asked(names, ask);
        Certified::new(asked.signed_by(&key, &self.0), key)
    }

    fn pem(&self) -> String {
        self.0.pem()
    }
}

impl Certified {
    fn new(made: Result<rcgen::Certificate, rcgen::Error>, key: KeyPair) -> Certified {
        let made = made.expect("it can be signed");
        Certified {
            certificate: made.der().clone(),
            certificate_pem: made.pem(),
            key,
        }
    }

    fn self_signed(names: &[&str], ask: impl FnOnce(&mut CertificateParams)) -> Certified {
        let (asked, key) = asked(names, ask);
        Certified::new(asked.self_signed(&key), key)
    }
}

fn asked(names: &[&str], ask: impl FnOnce(&mut CertificateParams)) -> (CertificateParams, KeyPair) {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut asked = CertificateParams::new(names).expect("these are names");
    ask(&mut asked);
    (asked, KeyPair::generate().expect("a key can be made"))
}

/// Files of a test.
struct Folder(TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().expect("a temporary folder can be made"))
    }

    fn file(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).expect("a file can be written");
        path
    }
}

/// A client that trusts the one authority, and has a certificate or none.
fn client_of(trusted: &str, certified: Option<&Certified>) -> Client {
    let folder = Folder::new();
    let mut files = TlsFiles {
        ca_file: Some(folder.file("ca.pem", trusted)),
        ..TlsFiles::default()
    };
    if let Some(certified) = certified {
        files.cert_file = Some(folder.file("cert.pem", &certified.certificate_pem));
        files.key_file = Some(folder.file("key.pem", certified.key.serialize_pem()));
    }
    Client::new(&files, &SystemRoots::default()).expect("the files can be used")
}

fn client() -> Client {
    client_of(&AUTHORITY.pem(), None)
}

fn session() -> Session {
    client().begin(HOST).expect("this is a name")
}

/// How a server is made.
struct Server<'a> {
    certified: &'a Certified,
    /// What it speaks; without this, what the library speaks.
    version: Option<&'static SupportedProtocolVersion>,
    /// Whose clients are let in; without one, everybody.
    clients: Option<&'a Authority>,
    protocols: &'a [&'a str],
}

impl<'a> Server<'a> {
    fn new(certified: &'a Certified) -> Server<'a> {
        Server {
            certified,
            version: None,
            clients: None,
            protocols: &["http/1.1"],
        }
    }

    fn config(&self) -> Arc<ServerConfig> {
        let versions = self
            .version
            .map_or(vec![&TLS13, &TLS12], |version| vec![version]);
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&versions)
            .expect("there are such versions");
        let builder = match self.clients {
            None => builder.with_no_client_auth(),
            Some(authority) => {
                let mut roots = RootCertStore::empty();
                roots.add(authority.0.der().clone()).expect("it is one");
                let roots = Arc::new(roots);
                let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider);
                builder.with_client_cert_verifier(verifier.build().expect("there are roots"))
            }
        };
        let key = PrivateKeyDer::try_from(self.certified.key.serialize_der()).expect("it is one");
        let mut config = builder
            .with_single_cert(vec![self.certified.certificate.clone()], key)
            .expect("they belong together");
        let protocols = self.protocols.iter();
        config.alpn_protocols = protocols.map(|name| name.as_bytes().to_vec()).collect();
        Arc::new(config)
    }

    fn start(&self) -> ServerConnection {
        ServerConnection::new(self.config()).expect("a server can be started")
    }
}

/// Both sides, and the way between them.
struct Pair {
    session: Session,
    server: ServerConnection,
    /// What the server has decrypted.
    heard: Vec<u8>,
    /// Bytes that go in one piece.
    piece: usize,
}

impl Pair {
    fn new(session: Session, server: ServerConnection) -> Pair {
        Pair {
            session,
            server,
            heard: Vec::new(),
            piece: usize::MAX,
        }
    }

    /// Two that have agreed already.
    fn agreed() -> Pair {
        let certified = AUTHORITY.certify(&[HOST]);
        let mut pair = Pair::new(session(), Server::new(&certified).start());
        pair.talk().expect("they agree");
        assert!(!pair.session.is_handshaking());
        pair
    }

    /// Moves bytes until both are silent.
    fn talk(&mut self) -> Result<(), Error> {
        while self.session.has_output() || self.server.wants_write() {
            self.carry_there();
            self.carry_back()?;
        }
        Ok(())
    }

    /// Moves a piece from the session to the server.
    fn carry_there(&mut self) {
        let output = self.session.output();
        let piece = &output[..output.len().min(self.piece)];
        let count = piece.len();
        let mut rest = piece;
        while !rest.is_empty() && matches!(self.server.read_tls(&mut rest), Ok(1..)) {
            // Why it fails, it tells the session.
            let _ = self.server.process_new_packets();
            // Ends with «would block».
            let _ = self.server.reader().read_to_end(&mut self.heard);
        }
        self.session.sent(count);
    }

    /// Moves what the server has to say to the session, in pieces.
    fn carry_back(&mut self) -> Result<(), Error> {
        let said = said(&mut self.server);
        let mut pieces = said.chunks(self.piece.min(said.len().max(1)));
        pieces.try_for_each(|piece| self.session.receive(piece))
    }

    /// What the session has decrypted.
    fn read(&mut self) -> Vec<u8> {
        let mut read = Vec::new();
        self.session.read(&mut read);
        read
    }
}

/// What a server has to send.
fn said(server: &mut ServerConnection) -> Vec<u8> {
    let mut said = Vec::new();
    while server.wants_write() {
        server
            .write_tls(&mut said)
            .expect("memory can be written to");
    }
    said
}

/// Why a session with this server fails.
#[track_caller]
fn refusal(session: Session, server: &Server<'_>) -> String {
    let mut pair = Pair::new(session, server.start());
    let error = pair.talk().expect_err("the session fails");
    assert_eq!(pair.session.receive(b"x"), Err(error.clone()));
    assert_eq!(pair.session.write(b"x"), 0);
    error.to_string()
}
