//! How handlers answer.

use std::borrow::Cow;

use micro_api::Reply;

use crate::problem::Problem;

/// What a handler has to answer, or what went wrong.
pub(crate) fn answer(result: Result<Reply, Problem>) -> Reply {
    result.unwrap_or_else(Reply::from)
}

/// Something was done, about which there is nothing to say.
pub(crate) fn done(status: u16) -> Reply {
    Reply::status(status)
}

/// A word.
pub(crate) fn text(status: u16, text: impl Into<Cow<'static, str>>) -> Reply {
    Reply::text(text).with_status(status)
}
