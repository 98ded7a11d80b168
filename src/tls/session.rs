//! A session with a peer: ciphertext on one side, plaintext on the other.

use std::fmt;
use std::io::{BufRead, Write};
use std::mem;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};

use super::Error;
use super::client::Us;
use super::peer::{self, RECORD_HEAD_BYTES};

/// Of what is to be sent, no more is taken while this much waits.
pub const OUTPUT_BYTES_MAX: usize = 64 << 10;
/// How much memory for output a session keeps that has nothing to send.
const KEPT_BYTES_MAX: usize = 8 << 10;

/// A session: what begins as a handshake and goes on until one side says that it ends.
pub struct Session {
    connection: ClientConnection,
    us: Arc<Us>,
    /// The first bytes that came, which tell whether the peer speaks TLS at all.
    start: Vec<u8>,
    plaintext: Vec<u8>,
    output: Vec<u8>,
    sent: usize,
    is_ended: bool,
    was_cut: bool,
    is_closed: bool,
    failure: Option<Error>,
}

impl Session {
    pub(super) fn new(
        config: &Arc<ClientConfig>,
        name: ServerName<'static>,
        us: &Arc<Us>,
    ) -> Result<Session, rustls::Error> {
        let mut connection = ClientConnection::new(Arc::clone(config), name)?;
        connection.set_buffer_limit(Some(OUTPUT_BYTES_MAX));
        let mut session = Session {
            connection,
            us: Arc::clone(us),
            start: Vec::new(),
            plaintext: Vec::new(),
            output: Vec::new(),
            sent: 0,
            is_ended: false,
            was_cut: false,
            is_closed: false,
            failure: None,
        };
        session.fill_output();
        Ok(session)
    }

    /// Takes bytes that the peer sent, as many as there are and however they are cut. What they
    /// mean is to be [read](Session::read) before more is received, for it is kept without limit.
    /// What comes behind the peer's end is ignored.
    ///
    /// # Errors
    ///
    /// If the session fails; each further call tells the same. What came before that can still be
    /// read, and what is to be sent then tells the peer why.
    pub fn receive(&mut self, mut bytes: &[u8]) -> Result<(), Error> {
        let wanted = RECORD_HEAD_BYTES - self.start.len();
        self.start.extend(bytes.iter().take(wanted));
        let mut taken = self.failure.clone().map_or(Ok(()), Err);
        while taken.is_ok() && !bytes.is_empty() && !self.is_ended {
            taken = self.receive_some(&mut bytes);
        }
        self.fill_output();
        taken
    }

    /// Learns that the peer will send nothing more.
    ///
    /// # Errors
    ///
    /// If the session has failed, or the handshake was not done.
    pub fn receive_end(&mut self) -> Result<(), Error> {
        self.was_cut = !self.is_ended;
        match &self.failure {
            Some(failure) => Err(failure.clone()),
            None if self.is_handshaking() => {
                let sentence = peer::early_end(&self.start);
                Err(self.fail(sentence))
            }
            None => Ok(()),
        }
    }

    /// Moves what the peer said behind what is in the buffer.
    pub fn read(&mut self, buffer: &mut Vec<u8>) {
        match buffer.is_empty() {
            true => mem::swap(buffer, &mut self.plaintext),
            false => buffer.append(&mut self.plaintext),
        }
    }

    /// Takes as much of this as there is room for, to be sent, and says how much that is: nothing
    /// while [`OUTPUT_BYTES_MAX`] or more waits, and nothing after [`Session::close`] or a failure.
    /// What is written during the handshake is sent when it is done.
    pub fn write(&mut self, plaintext: &[u8]) -> usize {
        if self.is_closed || self.failure.is_some() {
            return 0;
        }
        let room = OUTPUT_BYTES_MAX.saturating_sub(self.output().len());
        let plaintext = &plaintext[..plaintext.len().min(room)];
        let taken = self.connection.writer().write(plaintext).unwrap_or(0);
        self.fill_output();
        taken
    }

    /// Tells the peer, behind all that was written, that nothing more is said. During the
    /// handshake this gives the session up.
    pub fn close(&mut self) {
        self.is_closed = true;
        self.connection.send_close_notify();
        self.fill_output();
    }

    /// What to send next.
    #[must_use]
    pub fn output(&self) -> &[u8] {
        &self.output[self.sent..]
    }

    /// Learns that this many bytes of the output were sent.
    pub fn sent(&mut self, count: usize) {
        self.sent += count;
        debug_assert!(self.sent <= self.output.len());
        if self.sent >= self.output.len() {
            self.sent = 0;
            self.output.clear();
            self.output.shrink_to(KEPT_BYTES_MAX);
        }
    }

    /// Whether something is to be sent.
    #[must_use]
    pub fn has_output(&self) -> bool {
        !self.output().is_empty()
    }

    /// Whether nothing can be said to each other yet.
    #[must_use]
    pub fn is_handshaking(&self) -> bool {
        self.connection.is_handshaking()
    }

    /// Whether the peer has told that it says nothing more.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.is_ended
    }

    /// Whether the peer sends nothing more and has not told so: anybody on the way may have made
    /// that end, and content that goes on until the end may not be whole.
    #[must_use]
    pub fn was_cut(&self) -> bool {
        self.was_cut
    }

    /// The version of TLS and the cipher suite, once they are known: `TLS 1.3` and
    /// `TLS13_AES_256_GCM_SHA384`.
    #[must_use]
    pub fn negotiated(&self) -> Option<(&'static str, &'static str)> {
        let version = peer::version_name(self.connection.protocol_version()?);
        let cipher = self.connection.negotiated_cipher_suite()?.suite();
        Some((version, cipher.as_str().unwrap_or("unknown")))
    }

    /// Takes a part of the bytes.
    fn receive_some(&mut self, bytes: &mut &[u8]) -> Result<(), Error> {
        if self.connection.read_tls(bytes).is_err() {
            return Err(self.fail(peer::TOO_LARGE.to_owned()));
        }
        let processed = self.connection.process_new_packets();
        self.take_plaintext();
        match processed {
            Ok(state) => {
                self.is_ended = state.peer_has_closed();
                Ok(())
            }
            Err(error) => {
                let sentence = peer::sentence(&error, &self.start, &self.us);
                Err(self.fail(sentence))
            }
        }
    }

    fn take_plaintext(&mut self) {
        let mut reader = self.connection.reader();
        // That there is nothing now is told as an error.
        while let Ok(part) = reader.fill_buf()
            && !part.is_empty()
        {
            self.plaintext.extend_from_slice(part);
            let count = part.len();
            reader.consume(count);
        }
    }

    fn fill_output(&mut self) {
        if !self.connection.wants_write() {
            return;
        }
        self.output.drain(..self.sent);
        self.sent = 0;
        while self.connection.wants_write() {
            let written = self.connection.write_tls(&mut self.output);
            written.expect("memory can be written to");
        }
    }

    fn fail(&mut self, sentence: String) -> Error {
        let failure = Error::Peer(sentence);
        self.failure.insert(failure).clone()
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("negotiated", &self.negotiated())
            .field("is_handshaking", &self.is_handshaking())
            .field("is_ended", &self.is_ended)
            .field("was_cut", &self.was_cut)
            .field("failure", &self.failure)
            .finish_non_exhaustive()
    }
}
