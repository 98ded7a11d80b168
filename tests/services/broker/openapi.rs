//! What the OpenAPI document of the pack says, tried out.

use super::setup::{PASSWORD, Setup};
use crate::database::Database;
use crate::schemathesis;

#[test]
fn the_service_does_what_its_document_says() {
    let Some(database) = Database::sqlite() else {
        return;
    };
    let setup = Setup::new(&database);
    let service = setup.start();
    let url = format!("http://{}", service.address);
    let login = [("LOGIN_NAME", "tsuru"), ("LOGIN_PASSWORD", PASSWORD)];
    let Some(verdict) = schemathesis::try_out("broker", &url, &login) else {
        return;
    };
    assert!(verdict.is_content, "{}", verdict.report);
    assert_eq!(service.orphans(), [""; 0]);
    service.end();
}
