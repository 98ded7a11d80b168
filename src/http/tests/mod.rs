//! The connection as a whole, driven as the loop drives it. Cases that are only bytes in and bytes
//! out are files in `tests/wire/`.

mod exchange;
mod pieces;
mod streaming;

use std::rc::Rc;

use micro_api::Reply;
use micro_api::host::{Context, Parts, RequestId};

use super::*;
use crate::config::Limits;

const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

fn stamp() -> Stamp<'static> {
    Stamp {
        id: RequestId::new(0x2a),
        date: DATE,
    }
}

/// A connection with everything that the loop keeps beside it.
struct Rig {
    connection: Connection,
    parts: Rc<Parts>,
    buffers: Buffers,
    limits: Limits,
}

impl Rig {
    fn new() -> Rig {
        Rig {
            connection: Connection::new(),
            parts: new_parts(),
            buffers: Buffers::new(),
            limits: Limits::default(),
        }
    }

    fn receive(&mut self, bytes: impl AsRef<[u8]>) {
        self.connection.receive(bytes.as_ref(), &mut self.buffers);
    }

    fn advance(&mut self) -> Step {
        let parts = Rc::get_mut(&mut self.parts).expect("nobody holds the parts");
        self.connection.advance(parts, &self.limits)
    }

    fn answer(&mut self, reply: Reply) -> Sent {
        let sent = self.connection.answer(reply, &stamp(), &mut self.buffers);
        if !self.connection.reclaim(&mut self.parts, &mut self.buffers) {
            self.parts = new_parts();
        }
        sent
    }

    fn refuse(&mut self, reject: Reject) -> Sent {
        self.connection.refuse(&reject, &stamp(), &mut self.buffers)
    }

    fn take_output(&mut self) -> String {
        let text = self.connection.output().concat();
        self.connection.sent(text.len(), &mut self.buffers);
        String::from_utf8(text).expect("the answer is text")
    }
}

fn new_parts() -> Rc<Parts> {
    Rc::new(Parts::new(Rc::new(Context::default())))
}
