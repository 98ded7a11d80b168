//! Whether the routing pack does what its OpenAPI document says.

use std::path::Path;
use std::process::Stdio;

use super::program::{Process, program};
use super::redis::Redis;
use super::schemathesis;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

const TOKEN: &str = "0123456789abcdef";

#[test]
fn the_routing_pack_does_what_its_document_says() {
    // Without a mirror, `wait=live` would be refused.
    let Some(redis) = Redis::start() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let database = folder.path().join("routing.db");
    let mut command = program();
    command
        .arg(Path::new(ROOT).join("micro/routing.micro"))
        .env("SERVER_ROUTING_PORT", "0")
        .env(
            "DATABASE_ROUTING_URL",
            format!("sqlite:{}", database.display()),
        )
        .env("ROUTING_REDIS_URL", redis.url())
        .env("ROUTING_ADMIN_TOKEN", TOKEN);
    let mut process = Process::start(command.stdout(Stdio::piped()));
    let lines = process.lines();
    let url = format!("http://{}", lines.address());
    let document = Path::new(ROOT).join("handlers/routing/openapi.json");
    let Some(verdict) = schemathesis::try_out(&document, &url, TOKEN) else {
        return;
    };
    assert!(verdict.is_content, "{}", verdict.report);
}
