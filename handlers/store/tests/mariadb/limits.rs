//! What is more than a server takes.

use micro_store::{ErrorKind, values};

use crate::mariadb::Mariadb;
use crate::support::NAMES;

#[test]
fn a_value_that_is_too_large_is_a_mistake() {
    let Some(place) = crate::place("too_large") else {
        return;
    };
    let names = place.names();
    let large = "x".repeat(64 << 20);
    let (go_on, held) = names.hold();
    let small = names.insert("small");
    let refused = names.0.write(move |transaction| {
        transaction.execute("UPDATE name SET name = ?", &values![&large])
    });
    drop(go_on);
    held.wait().expect("it changes nothing");
    let error = refused.wait().expect_err("it is too large");
    assert_eq!(error.kind(), ErrorKind::Broken, "{error}");
    small.wait().expect("it is small");
    let long = names.insert(&"x".repeat(101)).wait();
    assert_eq!(
        long.map_err(|error| error.kind()),
        Err(ErrorKind::Broken),
        "it is not cut off"
    );
    assert_eq!(names.all(), ["small"]);
}

#[test]
fn too_many_connections_are_tried_again() {
    let Some(server) = Mariadb::start() else {
        return;
    };
    let url = server.create_database("many");
    server.execute("CREATE USER 'app'@'%'; GRANT ALL ON many.* TO 'app'@'%'");
    let url = url.replace("root", "app");
    let place = crate::support::Place { url, folder: None };
    let names = place.names();
    names.insert("a").wait().expect("it is new");
    server.execute("SET GLOBAL max_connections = 10");
    // One more than there is room for; root has a place of its own.
    let others: Vec<_> = (0..12).map(|_| place.store(NAMES)).collect();
    let opened: Vec<_> = others.iter().map(|store| store.ready().wait()).collect();
    let refused: Vec<_> = opened.into_iter().filter_map(Result::err).collect();
    assert!(!refused.is_empty());
    for error in refused {
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    }
    names.insert("b").wait().expect("who is in stays in");
}
