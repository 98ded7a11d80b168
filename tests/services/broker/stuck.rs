//! A service that is killed while a server is at what it asked for.

use std::thread;

use mysql::prelude::Queryable;

use super::asking::send;
use super::credentials::work;
use super::setup::Setup;
use super::waiting::{settled, until};
use crate::database::Database;
use crate::mariadb::Mariadb;

/// How many wait for the lock.
const WAITING: &str = "SELECT COUNT(*) FROM information_schema.processlist \
                       WHERE command = 'Query' AND state LIKE 'Waiting for%lock%'";

/// Kills a service while one step of its hangs in MariaDB, and starts it again.
#[test]
fn a_step_that_hung_when_the_service_was_killed_is_done_afterwards() {
    let (Some(database), Some(mariadb)) = (Database::sqlite(), Mariadb::start()) else {
        return;
    };
    let setup = Setup::new(&database).with_mariadb(&mariadb);
    let hang = |method: &str, path: &str, content: &str| {
        let options = mysql::Opts::from_url(&mariadb.url("")).expect("it is a URL");
        let mut lock = mysql::Conn::new(options).expect("it is let in");
        let service = setup.start();
        lock.query_drop("FLUSH TABLES WITH READ LOCK")
            .expect("it may");
        thread::scope(|scope| {
            let address = service.address;
            let sent = scope.spawn(move || send(address, method, path, content));
            until("that it hangs", || mariadb.execute(WAITING).trim() != "0");
            service.kill();
            let answer = sent.join().expect("it ended");
            assert!(answer.is_err(), "it was answered");
        });
        lock.query_drop("UNLOCK TABLES").expect("it may");
        let service = setup.start();
        settled(&database);
        assert_eq!(service.orphans(), [""; 0]);
        service
    };
    let service = hang("POST", "/resources", "name=blog&plan=database");
    assert_eq!(service.state("blog"), 204);
    service.end();
    let service = hang("POST", "/resources/blog/bind-app", "app-name=shop");
    let told = service.bind("blog", "shop");
    assert!(work(&told));
    service.end();
    let service = hang("DELETE", "/resources/blog/bind-app", "app-name=shop");
    assert!(!work(&told));
    assert_eq!(service.unbind("blog", "shop"), 404);
    let told = service.bind("blog", "shop");
    service.end();
    let service = hang("DELETE", "/resources/blog", "");
    assert_eq!(service.state("blog"), 404);
    assert!(!work(&told));
    service.end();
}
