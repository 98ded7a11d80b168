//! What every request passes.

use micro_api::{Next, Reply, Request};

use crate::broker::Broker;
use crate::login::Verdict;
use crate::problem::Problem;

/// Lets in who has the login. Who is told to come again (503) is told when.
pub(crate) async fn with_login(broker: &Broker, request: Request, next: Next) -> Reply {
    match broker.shared.settings.login.judge(&request) {
        Verdict::Granted => {}
        Verdict::Missing => return refuse("there is no login: expected `Authorization: Basic …`"),
        Verdict::Wrong => return refuse("the login is wrong"),
    }
    let reply = next.run(request).await;
    match reply.code() {
        503 => reply.with_header("Retry-After", "1"),
        _ => reply,
    }
}

/// Turns away, and tells how to log in (RFC 7617 section 2).
pub(crate) fn refuse(why: &'static str) -> Reply {
    let reply = Reply::from(Problem::new(401, why));
    reply.with_header("WWW-Authenticate", CHALLENGE)
}

const CHALLENGE: &str = "Basic realm=\"broker\", charset=\"UTF-8\"";
