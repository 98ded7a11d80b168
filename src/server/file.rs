//! `file=true`: a handler that answers with a file.

use std::path::PathBuf;
use std::rc::Rc;

use micro_api::host::{Handler, Later, Outcome};
use micro_api::{Reply, Request};

use crate::config::Response;

/// A handler that answers with a file, as RESPONSE or the options of the method line shape it.
pub(super) fn serve_file(path: PathBuf, response: Option<Response>) -> Handler {
    let shared = Rc::new((path, response));
    Rc::new(move |request: &Request| {
        let (shared, request) = (Rc::clone(&shared), request.clone());
        Outcome::Pending(Later::new(async move {
            let (path, response) = &*shared;
            let reply = micro_api::file(&request, path).await;
            match response {
                Some(response) if reply.code() < 400 => dress(reply, response),
                _ => reply,
            }
        }))
    })
}

fn dress(mut reply: Reply, response: &Response) -> Reply {
    if let Some(content_type) = &response.content_type {
        reply = reply.with_content_type(content_type.clone());
    }
    for (name, value) in &response.headers {
        reply = reply.with_header(name.clone(), value.clone());
    }
    reply
}
