//! Several programs at the same rows.

use std::sync::mpsc::channel;
use std::thread;
use std::time::Instant;

use micro_store::{ErrorKind, values};

use crate::mariadb::Mariadb;
use crate::support::{DEADLINE, INSERT, Place};

const COUNT: &str = "UPDATE name SET count = count + 1 WHERE name = ?";

fn place(name: &str) -> Option<(&'static Mariadb, Place)> {
    let server = Mariadb::shared()?;
    Some((server, crate::place(name)?))
}

fn deadlocks(server: &Mariadb) -> u64 {
    let told = server.execute("SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'");
    let count = told.split_whitespace().last().expect("there is one");
    count.parse().expect("it is a number")
}

/// Each takes a row, waits until the other has one, and wants that.
#[test]
fn a_deadlock_is_tried_again() {
    let Some((server, place)) = place("deadlock") else {
        return;
    };
    let nodes = [place.names(), place.names()];
    for name in ["a", "b"] {
        nodes[0].insert(name).wait().expect("it is new");
    }
    let before = deadlocks(server);
    let (has_a, a_taken) = channel();
    let (has_b, b_taken) = channel();
    let first = nodes[0].0.write(move |transaction| {
        transaction.execute(COUNT, &values!["a"])?;
        let _ = has_a.send(());
        // Nobody comes the second time.
        let _ = b_taken.recv();
        transaction.execute(COUNT, &values!["b"])
    });
    let second = nodes[1].0.write(move |transaction| {
        transaction.execute(COUNT, &values!["b"])?;
        let _ = has_b.send(());
        let _ = a_taken.recv();
        transaction.execute(COUNT, &values!["a"])
    });
    let waiting = [first, second].map(|answer| thread::spawn(|| answer.wait()));
    for answer in waiting {
        answer
            .join()
            .expect("it does not panic")
            .expect("it is done in the end");
    }
    assert!(deadlocks(server) > before, "there was a deadlock");
    let counts = nodes[0].0.read(|transaction| {
        transaction.query("SELECT count FROM name", &[], |row| row.take::<i64>(0))
    });
    assert_eq!(counts.wait().expect("they can be read"), [2, 2]);
}

/// A deadlock undoes the whole transaction: what came before it, and what comes after it, must not
/// be made final by itself.
#[test]
fn work_that_ignores_a_deadlock_is_not_half_done() {
    let Some((server, place)) = place("ignored") else {
        return;
    };
    let names = place.names();
    for name in ["a", "b"] {
        names.insert(name).wait().expect("it is new");
    }
    let other = place.names();
    let before = deadlocks(server);
    let (has_b, b_taken) = channel();
    let (has_a, a_taken) = channel();
    let mut is_first = true;
    let one = names.0.write(move |transaction| {
        transaction.execute(INSERT, &values!["before"])?;
        transaction.execute(COUNT, &values!["a"])?;
        let _ = has_a.send(());
        let _ = b_taken.recv();
        let _ = transaction.execute(COUNT, &values!["b"]);
        transaction.execute(INSERT, &values!["after"])
    });
    let two = other.0.write(move |transaction| {
        // Much is changed, so that the other is the one to be undone.
        if is_first {
            for index in 0..50 {
                let name = index.to_string();
                transaction.execute(INSERT, &values![name])?;
            }
        }
        is_first = false;
        transaction.execute(COUNT, &values!["b"])?;
        let _ = has_b.send(());
        let _ = a_taken.recv();
        transaction.execute(COUNT, &values!["a"])
    });
    let waiting = [one, two].map(|answer| thread::spawn(|| answer.wait()));
    for answer in waiting {
        answer
            .join()
            .expect("it does not panic")
            .expect("it is done in the end");
    }
    assert!(deadlocks(server) > before, "there was a deadlock");
    let all = names.all();
    for name in ["before", "after"] {
        assert_eq!(all.iter().filter(|found| *found == name).count(), 1);
    }
    let counts = names.0.read(|transaction| {
        let sql = "SELECT count FROM name WHERE name IN ('a', 'b')";
        transaction.query(sql, &[], |row| row.take::<i64>(0))
    });
    assert_eq!(counts.wait().expect("they can be read"), [2, 2]);
}

#[test]
fn a_row_that_somebody_keeps_is_not_waited_for_for_ever() {
    let Some((_, place)) = place("kept") else {
        return;
    };
    let nodes = [place.names(), place.names()];
    nodes[0].insert("a").wait().expect("it is new");
    let (taken, is_taken) = channel();
    let (go_on, wait) = channel::<()>();
    let keeping = nodes[0].0.write(move |transaction| {
        transaction.execute(COUNT, &values!["a"])?;
        let _ = taken.send(());
        let _ = wait.recv();
        Ok(())
    });
    is_taken.recv_timeout(DEADLINE).expect("it is taken");
    let begin = Instant::now();
    let (let_go, held) = nodes[1].hold();
    let wanted = nodes[1]
        .0
        .write(|transaction| transaction.execute(COUNT, &values!["a"]));
    let other = nodes[1].insert("b");
    drop(let_go);
    held.wait().expect("it is in nobody's way");
    let error = wanted.wait().expect_err("it is kept");
    assert_eq!(error.kind(), ErrorKind::Busy);
    other.wait().expect("it is in nobody's way");
    assert!(begin.elapsed() < DEADLINE / 2);
    drop(go_on);
    keeping.wait().expect("it goes on");
}
