//! Instances that are said to be pending for a while.

use super::setup::Setup;
use super::waiting::until;
use crate::database::{Database, on_each_database};

on_each_database! {
    nobody_is_bound_before_an_instance_is_up,
    an_instance_is_up_after_a_while,
}

fn nobody_is_bound_before_an_instance_is_up(database: &Database) {
    let setup = Setup::new(database).with("BROKER_PLAN_SMALL_READY_AFTER", "1h");
    let service = setup.start();
    service.create("blog", "small");
    let status = service.send("GET", "/resources/blog/status", "");
    status.is(202, "pending");
    for (method, path, content) in [
        ("POST", "/resources/blog/bind-app", "app-name=shop"),
        ("PUT", "/resources/blog/binds/jobs/nightly", ""),
        ("POST", "/resources/blog", "hostname=10.10.10.10"),
    ] {
        let answer = service.send(method, path, content);
        let why = "the instance `blog` is not ready yet";
        assert_eq!(
            (answer.status, &answer.json()["message"]),
            (412, &why.into())
        );
    }
    assert_eq!(service.delete("blog"), 200);
    service.end();
}

fn an_instance_is_up_after_a_while(database: &Database) {
    let setup = Setup::new(database).with("BROKER_PLAN_SMALL_READY_AFTER", "500ms");
    let service = setup.start();
    service.create("blog", "small");
    until("that it is up", || match service.state("blog") {
        204 => true,
        status => {
            assert_eq!(status, 202);
            false
        }
    });
    service.bind("blog", "shop");
    // What is changed stays up.
    assert_eq!(service.status("PUT", "/resources/blog", "team=us"), 200);
    assert_eq!(service.state("blog"), 204);
    service.end();
}
