//! Several programs share a database.

use std::thread;

use micro_store::values;

use crate::support::{Names, Place};

const ROUNDS: i64 = 50;

fn count(names: &Names, first: &'static str, second: &'static str) {
    for _ in 0..ROUNDS {
        let counted = names.0.write(move |transaction| {
            let sql = "UPDATE name SET count = count + 1 WHERE name = ?";
            transaction.execute(sql, &values![first])?;
            transaction.execute(sql, &values![second])
        });
        counted.wait().expect("who is in the way goes on");
    }
}

/// They take the same rows in another order, which is a deadlock where rows are locked.
pub(crate) fn two_count_together(place: &Place) {
    let nodes = [place.names(), place.names()];
    for name in ["a", "b"] {
        nodes[0].insert(name).wait().expect("it is new");
    }
    thread::scope(|scope| {
        scope.spawn(|| count(&nodes[0], "a", "b"));
        scope.spawn(|| count(&nodes[1], "b", "a"));
    });
    let counts = nodes[0].0.read(|transaction| {
        transaction.query("SELECT count FROM name", &[], |row| row.take::<i64>(0))
    });
    assert_eq!(counts.wait().expect("they can be read"), [2 * ROUNDS; 2]);
}
