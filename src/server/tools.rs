//! What every session works with and none owns: memory, time, sites and tasks.

use std::hash::{BuildHasher, RandomState};
use std::rc::Rc;
use std::sync::Arc;

use micro_api::host::{Context, Parts, RequestId};

use super::application::Site;
use super::clock::Clock;
use super::runtime::LoopRuntime;
use super::tasks::Tasks;
use super::wake::Alarm;
use crate::config::Limits;
use crate::http::Buffers;

/// How much is read from a socket at once.
const READ_BYTES: usize = 64 << 10;

/// The tools of one loop.
pub(super) struct Tools {
    pub(super) registry: mio::Registry,
    pub(super) clock: Clock,
    pub(super) alarm: Arc<Alarm>,
    pub(super) runtime: Rc<LoopRuntime>,
    pub(super) tasks: Tasks,
    /// What answers behind each door, by the number of the door, and the limits there.
    pub(super) sites: Vec<(Site, Limits)>,
    context: Rc<Context>,
    /// Where bytes from any socket arrive first.
    pub(super) scratch: Box<[u8]>,
    pub(super) buffers: Buffers,
    /// The request to be filled in next; nobody else holds it.
    parts: Option<Rc<Parts>>,
    /// Sessions that have more to do and will get no event for it.
    pub(super) again: Vec<usize>,
    next_request: u64,
    next_session: u64,
}

impl Tools {
    pub(super) fn new(
        registry: mio::Registry,
        alarm: Arc<Alarm>,
        runtime: Rc<LoopRuntime>,
        context: Rc<Context>,
    ) -> Tools {
        Tools {
            registry,
            clock: Clock::new(),
            runtime,
            tasks: Tasks::new(Arc::clone(&alarm)),
            alarm,
            sites: Vec::new(),
            parts: None,
            context,
            scratch: vec![0; READ_BYTES].into_boxed_slice(),
            buffers: Buffers::default(),
            again: Vec::new(),
            // Numbers start anywhere, so that ids of two runs differ.
            next_request: RandomState::new().hash_one(std::process::id()),
            next_session: 0,
        }
    }

    /// An identity that no other request has.
    pub(super) fn next_request_id(&mut self) -> RequestId {
        self.next_request = self.next_request.wrapping_add(1);
        RequestId::new(self.next_request)
    }

    /// A number that tells a session from earlier ones under the same key.
    pub(super) fn next_session_number(&mut self) -> u64 {
        self.next_session += 1;
        self.next_session
    }

    /// An empty request, held by nobody else.
    pub(super) fn take_parts(&mut self) -> Rc<Parts> {
        self.parts
            .take()
            .unwrap_or_else(|| Rc::new(Parts::new(Rc::clone(&self.context))))
    }

    /// Makes new requests those of another service.
    pub(super) fn set_context(&mut self, context: Rc<Context>) {
        self.context = context;
        self.forget_stale_parts();
    }

    /// Forgets the empty request if it is one of an earlier service, whose request was at work when
    /// this one came.
    pub(super) fn forget_stale_parts(&mut self) {
        let context = &self.context;
        self.parts
            .take_if(|parts| !Rc::ptr_eq(&parts.context, context));
    }

    /// Takes an empty request back that nobody else holds.
    pub(super) fn give_parts(&mut self, parts: Rc<Parts>) {
        self.parts = Some(parts);
    }
}
