//! The connection as a whole, driven as the loop drives it. Cases that are only bytes in and bytes
//! out are files in `tests/wire/`.

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
            parts: Rc::new(Parts::new(Rc::new(Context::default()))),
            buffers: Buffers::new(),
            limits: Limits::default(),
        }
    }

    fn receive(&mut self, text: &str) {
        self.connection.receive(text.as_bytes(), &mut self.buffers);
    }

    fn advance(&mut self) -> Step {
        let parts = Rc::get_mut(&mut self.parts).expect("nobody holds the parts");
        self.connection.advance(parts, &self.limits)
    }

    fn answer(&mut self, reply: Reply) -> Sent {
        let sent = self.connection.answer(reply, &stamp(), &mut self.buffers);
        if !self.connection.reclaim(&mut self.parts, &mut self.buffers) {
            self.parts = Rc::new(Parts::new(Rc::new(Context::default())));
        }
        sent
    }

    fn take_output(&mut self) -> String {
        let text = self.connection.output().concat();
        self.connection.sent(text.len(), &mut self.buffers);
        String::from_utf8(text).expect("the answer is text")
    }
}

#[test]
fn a_request_is_answered() {
    let mut rig = Rig::new();
    rig.receive("GET /a?b HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(rig.advance(), Step::Request);
    let parts = &rig.parts;
    assert_eq!(parts.path.of(&parts.bytes), b"/a");
    assert_eq!(parts.query.of(&parts.bytes), b"b");
    assert_eq!(rig.connection.phase(), Phase::Handler);
    let sent = rig.answer(Reply::text("hi"));
    assert_eq!(
        sent,
        Sent {
            status: 200,
            content_bytes: 2,
            failure: None
        }
    );
    assert_eq!(
        rig.take_output(),
        "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nX-Request-Id: 000000000000002a\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Length: 2\r\n\r\nhi"
    );
    assert_eq!(rig.connection.phase(), Phase::Idle);
    assert_eq!(rig.advance(), Step::Wait);
}

#[test]
fn an_idle_connection_owns_nothing_and_is_small() {
    let mut rig = Rig::new();
    rig.receive("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(rig.advance(), Step::Request);
    rig.answer(Reply::text("hi"));
    rig.take_output();
    assert_eq!(rig.connection.input.capacity(), 0);
    assert_eq!(rig.connection.output.capacity(), 0);
    assert!(
        size_of::<Connection>() <= 200,
        "{}",
        size_of::<Connection>()
    );
}
