//! What the OpenAPI document of the pack says, tried out.

use super::service::{Service, TOKEN};
use crate::database::Database;
use crate::redis::Redis;
use crate::schemathesis;

#[test]
fn the_service_does_what_its_document_says() {
    // Without a mirror, `wait=live` would be refused.
    let (Some(database), Some(redis)) = (Database::sqlite(), Redis::start()) else {
        return;
    };
    let service = Service::with(&database, &[("ROUTING_REDIS_URL", &redis.url())]);
    let url = format!("http://{}", service.address);
    let Some(verdict) = schemathesis::try_out("routing", &url, &[("TOKEN", TOKEN)]) else {
        return;
    };
    assert!(verdict.is_content, "{}", verdict.report);
}
