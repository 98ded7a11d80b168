//! One call, from its arguments to its answer.

use std::borrow::Cow;
use std::pin::pin;
use std::rc::Rc;

use micro_api::host::{self, Body, Origin, ReplyParts, Runtime, status_failure};
use micro_api::{CallErrorKind, Method, Reply, serde_json};

use super::callee::Callee;
use super::content::{check_json, hand_on, read};
use super::conversation::{Conversation, Manner};
use super::failure::Failure;
use super::functions::BoundResource;
use super::line::{Heading, Line, Stage, TRACE};
use super::order::Order;
use super::time::{Silence, within};
use super::transform::transform;
use crate::client::{Event, Head, Limits, trace};
use crate::server::runtime::LoopRuntime;

/// A call that is being made.
pub(super) struct Calling {
    pub(super) callee: Rc<Callee>,
    /// The place of the RESOURCE in its CONNECTION.
    pub(super) resource: usize,
    pub(super) call: host::Call,
    pub(super) number: u64,
    pub(super) runtime: Rc<LoopRuntime>,
}

impl Calling {
    /// Makes the call: its answer, or one that tells why there is none.
    pub(super) async fn answer(self) -> Reply {
        let declared = &self.resource().declared;
        if !self.callee.declared.is_active {
            let sentence = format!(
                "it is switched off by the setting `connection.{}.is_active`",
                self.callee.declared.name
            );
            return Failure::new(CallErrorKind::Inactive, sentence).into_reply();
        }
        let (deadline, stage) = (declared.deadline, Rc::<Stage>::default());
        stage.set("preparing the request");
        let over = || {
            let sentence = format!("its time of {deadline:?} was over, {}", stage.get());
            let failure = Failure::new(CallErrorKind::Timeout, sentence);
            stage.end(&failure);
            Err(failure)
        };
        let made = within(deadline, pin!(self.make(&stage)), over).await;
        made.unwrap_or_else(Failure::into_reply)
    }

    fn resource(&self) -> &BoundResource {
        &self.callee.resources[self.resource]
    }

    async fn make(&self, stage: &Rc<Stage>) -> Result<Reply, Failure> {
        let order = Order::new(&self.callee, self.resource(), &self.call).await?;
        let (mut conversation, head) = self.converse(&order, stage).await?;
        let is_success = (200..300).contains(&head.status);
        if self.call.is_streamed && is_success {
            self.show(&order, &head, b"(a stream)");
            let (body, pump) = hand_on(conversation);
            self.runtime.spawn(Box::pin(pump));
            return Ok(reply(head, body));
        }
        // That of an answer which is no success is read whole, also where a stream was wanted.
        conversation.limit_content(self.callee.declared.limits.content_bytes_max);
        stage.set("waiting for the rest of the answer");
        let content = match read(&mut conversation).await {
            Ok(content) => content,
            Err(failure) => return Err(conversation.fail(failure)),
        };
        conversation.finish();
        self.show(&order, &head, &content);
        if !is_success {
            return Ok(status_failure(reply(head, Body::Bytes(content.into()))));
        }
        stage.set("in the function that reads the answer");
        self.finish(head, content).await
    }

    /// Sends the request and waits for the head of the answer.
    ///
    /// A link that was kept may have been ended by the service just when the request was sent. Then
    /// the request is sent once more, on a new link, if that does no harm (RFC 9110 section 9.2.2).
    async fn converse(
        &self,
        order: &Order,
        stage: &Rc<Stage>,
    ) -> Result<(Box<Conversation>, Head), Failure> {
        let heading = self.heading();
        if let Some(shown) = &order.shown {
            log::debug!(target: TRACE, "{heading} sends\n{shown}");
        }
        let mut line = Line::new(heading, self.resource().declared.is_verbose, stage);
        let found = self.callee.addresses(order, stage).await;
        let addresses = found.map_err(|failure| line.fail(failure))?;
        let opened = self.callee.link(order, &addresses, &mut line, stage).await;
        let (slot, link) = opened.map_err(|failure| line.fail(failure))?;
        let mut may_retry = link.is_kept && order.is_idempotent();
        let mut conversation = Conversation::new(slot, link, line, self.manner(order));
        loop {
            stage.set("waiting for the answer");
            let failure = match conversation.event().await {
                Ok(Event::Head(head)) => return Ok((conversation, head)),
                Ok(_) => continue,
                Err(failure) => failure,
            };
            let is_dead = !conversation.has_begun() && failure.kind != CallErrorKind::Timeout;
            if !std::mem::replace(&mut may_retry, false) || !is_dead {
                return Err(conversation.fail(failure));
            }
            let (slot, mut line) = conversation.give_up_link();
            let opened = self.callee.open(order, &addresses, &mut line, stage).await;
            let link = opened.map_err(|failure| line.fail(failure))?;
            conversation = Conversation::new(slot, link, line, self.manner(order));
        }
    }

    fn heading(&self) -> Heading {
        Heading {
            id: self.call.id.clone(),
            number: self.number,
            callee: Rc::clone(&self.callee),
            resource: self.resource,
        }
    }

    fn manner(&self, order: &Order) -> Manner {
        let limits = &self.callee.declared.limits;
        Manner {
            method: order.method,
            message: Rc::clone(&order.bytes),
            limits: Limits {
                head_bytes_max: limits.head_bytes_max,
                header_count_max: limits.header_count_max,
                content_bytes_max: (!self.call.is_streamed).then_some(limits.content_bytes_max),
            },
            keeps_head: order.shown.is_some(),
            silence: Silence::new(self.resource().declared.timeout),
        }
    }

    /// Makes of the answer what the definition wants.
    async fn finish(&self, head: Head, content: Vec<u8>) -> Result<Reply, Failure> {
        let resource = self.resource();
        let is_json = resource.declared.is_json && resource.declared.method != Method::Head;
        if is_json && let Err(failure) = check_json(&content) {
            let answer = reply(head, Body::Bytes(content.into()));
            return Ok(failure.into_reply_with(answer));
        }
        let Some(wrapper) = &resource.wrapper else {
            return Ok(reply(head, Body::Bytes(content.into())));
        };
        let value = match (is_json, content.is_empty()) {
            (true, true) => b"null".to_vec(),
            (true, false) => content,
            (false, _) => serde_json::to_vec(&String::from_utf8_lossy(&content))
                .expect("a text can be written as JSON"),
        };
        let made = transform(wrapper, Some(value)).await.map_err(|error| {
            let name = resource.declared.wrapper.as_ref().map(ToString::to_string);
            let name = name.unwrap_or_default();
            Failure::new(
                CallErrorKind::Wrapper,
                format!("`{name}` has failed: {error}"),
            )
        })?;
        let made = serde_json::to_vec(&made).expect("a value can be written as JSON");
        let mut answer: ReplyParts = reply(head, Body::Bytes(made.into())).into();
        answer.content_type = Some(Cow::Borrowed("application/json"));
        Ok(answer.into())
    }

    // The head is kept if the request was shown.
    fn show(&self, order: &Order, head: &Head, content: &[u8]) {
        if let Some(received) = &head.received {
            let (line, headers) = (&received.status_line, &received.headers);
            let shown = trace(line, headers, content, &order.secrets);
            log::debug!(target: TRACE, "{} receives\n{shown}", self.heading());
        }
    }
}

fn reply(head: Head, body: Body) -> Reply {
    let mut content_type = None;
    let mut headers = Vec::with_capacity(head.headers.len());
    for (name, value) in head.headers {
        if name.eq_ignore_ascii_case("content-type") {
            content_type = Some(Cow::Owned(value));
        } else {
            headers.push((Cow::Owned(name), Cow::Owned(value)));
        }
    }
    ReplyParts {
        status: head.status,
        content_type,
        headers,
        body,
        origin: Origin::Explicit,
        failure: None,
    }
    .into()
}
