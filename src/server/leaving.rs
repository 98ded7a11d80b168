//! A service that has been replaced, or ends: what is at work on it is finished, and then its
//! TEARDOWN functions are called.

use std::rc::Rc;
use std::task::{Context, Poll};

use super::ServeError;
use super::application::{Endpoint, Site};
use super::calls::Connected;
use super::generation::Generation;
use super::jobs::Jobs;
use super::replace::ENDING;
use super::tasks::discard;

/// A service that is on its way out.
///
/// It is the last to hold each of its endpoints, so that it sees when nobody is answered by one any
/// more, and a handler's `drop` never runs in the midst of a session.
pub(super) struct Leaving {
    /// What may be making an answer.
    endpoints: Vec<Rc<Endpoint>>,
    /// Its listeners that are gone, by the number of the door, while somebody is still in.
    pub(super) doors: Vec<usize>,
    teardowns: Jobs,
    /// Its connections, which its last answers and its TEARDOWN functions may call.
    _connected: Option<Connected>,
    /// The first failure of a TEARDOWN function.
    pub(super) failure: Option<ServeError>,
}

impl Leaving {
    /// Takes from a generation what is called when nothing of it is at work any more.
    pub(super) fn of(generation: &mut Generation) -> Leaving {
        let config = generation.context.config.clone();
        let teardowns = std::mem::take(&mut generation.teardowns);
        Leaving {
            endpoints: Vec::new(),
            doors: Vec::new(),
            teardowns: Jobs::new(teardowns, config),
            _connected: generation.connected.take(),
            failure: None,
        }
    }

    /// Takes care of a site at which no new request can come in.
    pub(super) fn take(&mut self, site: Site) {
        self.endpoints.extend(site.into_endpoints());
    }

    /// Goes on; ready when nothing is left to do. Given up, it does not wait.
    pub(super) fn poll(&mut self, context: &mut Context<'_>, is_given_up: bool) -> Poll<()> {
        self.let_go();
        if self.is_at_work() && !is_given_up {
            return Poll::Pending;
        }
        loop {
            let result = match self.teardowns.poll(context) {
                Poll::Ready(None) => return Poll::Ready(()),
                Poll::Ready(Some(result)) => result,
                Poll::Pending if !is_given_up => return Poll::Pending,
                Poll::Pending => match self.teardowns.give_up(ENDING) {
                    Some(error) => Err(error),
                    None => return Poll::Ready(()),
                },
            };
            if let Err(error) = result {
                log::error!("{error}");
                self.failure.get_or_insert(error);
            }
        }
    }

    fn is_at_work(&self) -> bool {
        !self.endpoints.is_empty() || !self.doors.is_empty()
    }

    fn let_go(&mut self) {
        let is_free = |endpoint: &mut Rc<Endpoint>| Rc::strong_count(endpoint) == 1;
        self.endpoints.extract_if(.., is_free).for_each(discard);
    }
}
