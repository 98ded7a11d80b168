//! The module `ping`: is anybody there?

use micro_api::serde::Serialize;
use micro_api::{Json, Module, Request};

/// The module `ping`.
#[must_use]
pub const fn module() -> Module {
    Module::new("ping")
        .version(env!("CARGO_PKG_VERSION"))
        .handler("ping", ping)
        .summary("answers `pong`, whatever is asked")
}

#[derive(Serialize)]
#[serde(crate = "micro_api::serde")]
struct Pong {
    ping: &'static str,
}

fn ping(_: Request) -> Json<Pong> {
    Json(Pong { ping: "pong" })
}

#[cfg(test)]
mod tests {
    use micro_api::testing;

    #[test]
    fn a_ping_is_answered() {
        let answer = testing::get("/test/ping").call_with(&super::module(), "ping");
        assert_eq!((answer.status, answer.text()), (200, r#"{"ping":"pong"}"#));
        assert_eq!(answer.header("content-type"), Some("application/json"));
    }
}
