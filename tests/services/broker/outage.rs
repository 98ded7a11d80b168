//! What happens while a server is away: that of a plan, or that of the service's own database.

use super::credentials::{redis, work};
use super::service::Service;
use super::setup::Setup;
use super::waiting::{settled, until};
use crate::database::Database;
use crate::mariadb::Mariadb;
use crate::redis::Redis;

/// A server that can go away and come back.
trait Server {
    fn stop(&mut self);
    fn start_again(&mut self);
}

impl Server for Mariadb {
    fn stop(&mut self) {
        Mariadb::stop(self);
    }

    fn start_again(&mut self) {
        Mariadb::start_again(self);
    }
}

impl Server for Redis {
    fn stop(&mut self) {
        Redis::stop(self);
    }

    fn start_again(&mut self) {
        // It has forgotten its users.
        Redis::start_empty(self);
    }
}

#[test]
fn mariadb_may_go_away_and_come_back() {
    let (Some(database), Some(mut mariadb)) = (Database::sqlite(), Mariadb::start()) else {
        return;
    };
    let setup = Setup::new(&database).with_mariadb(&mariadb);
    go_away_and_come_back(&database, &setup.start(), "database", &mut mariadb);
}

#[test]
fn redis_may_go_away_and_come_back() {
    let (Some(database), Some(mut redis)) = (Database::sqlite(), redis()) else {
        return;
    };
    let setup = Setup::new(&database).with_redis(&redis);
    go_away_and_come_back(&database, &setup.start(), "cache", &mut redis);
}

fn go_away_and_come_back(
    database: &Database,
    service: &Service,
    plan: &str,
    server: &mut dyn Server,
) {
    for name in ["blog", "old"] {
        service.create(name, plan);
    }
    let told = service.bind("blog", "shop");
    let old = service.bind("old", "shop");
    server.stop();
    until("that it is down", || service.state("blog") == 500);
    service.create("new", plan);
    assert_eq!(service.state("new"), 202);
    // Nobody waits for long; what was wanted of them is done later, or nothing of it is left.
    for (method, path, content) in [
        ("POST", "/resources/blog/bind-app", "app-name=desk"),
        ("DELETE", "/resources/old", ""),
    ] {
        let answer = service.send(method, path, content);
        assert_eq!(answer.status, 503, "{method} {path}: {}", answer.text());
        assert!(answer.header("retry-after").is_some(), "{method} {path}");
    }
    assert_eq!(service.status("GET", "/admin/orphans", ""), 200);
    // The other plan has nothing to do with it.
    service.create("file", "small");
    assert!(work(&service.bind("file", "shop")));
    server.start_again();
    until("that it is up again", || service.state("blog") == 204);
    until("that the new one is up", || service.state("new") == 204);
    until("that the old one is gone", || service.state("old") == 404);
    until("that it is let in again", || work(&told));
    settled(database);
    assert!(!work(&old));
    assert_eq!(service.unbind("blog", "desk"), 404);
    assert!(work(&service.bind("new", "shop")));
    assert_eq!(service.bind("blog", "shop"), told);
    assert_eq!(service.orphans(), [""; 0]);
}

#[test]
fn without_its_own_database_a_service_says_so_and_loses_nothing() {
    let Some(mut mariadb) = Mariadb::start() else {
        return;
    };
    let setup = Setup::at(&mariadb.create_database("broker"));
    let service = setup.start();
    service.create("blog", "small");
    let told = service.bind("blog", "shop");
    mariadb.stop();
    for (method, path, content) in [
        ("GET", "/resources/blog", ""),
        ("GET", "/resources/blog/status", ""),
        ("POST", "/resources", "name=new"),
        ("POST", "/resources/blog/bind-app", "app-name=desk"),
        ("DELETE", "/resources/blog/bind-app", "app-name=shop"),
        ("DELETE", "/resources/blog", ""),
        ("GET", "/admin/orphans", ""),
    ] {
        let answer = service.send(method, path, content);
        assert_eq!(answer.status, 503, "{method} {path}: {}", answer.text());
        assert!(answer.header("retry-after").is_some(), "{method} {path}");
    }
    assert_eq!(service.status("GET", "/resources/plans", ""), 200);
    mariadb.start_again();
    until("that it is found again", || service.state("blog") == 204);
    assert_eq!(service.bind("blog", "shop"), told);
    assert_eq!(service.state("new"), 404);
    service.create("new", "small");
    assert_eq!(service.orphans(), [""; 0]);
    service.end();
}
