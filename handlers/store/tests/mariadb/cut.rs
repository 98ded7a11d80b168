//! A connection that is cut while a change is made final: whether it was, nobody can know.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;

use micro_store::{ErrorKind, Store};

use crate::mariadb::Mariadb;
use crate::support::{Names, Place};

/// Let it pass.
const PASS: u8 = 0;
/// Cut the connection in the place of the next `COMMIT`.
const CUT_BEFORE: u8 = 1;
/// Cut it when the answer to the next `COMMIT` comes.
const CUT_AFTER: u8 = 2;
/// The answer was waited for.
const CUT: u8 = 3;
/// Cut the connection in the place of the next `COMMIT`, and let everything else pass.
const CUT_ONCE: u8 = 4;

/// Stands between programs and a server: what it shall do.
struct Between {
    port: u16,
    what: Arc<AtomicU8>,
}

impl Between {
    fn and(server: u16) -> Between {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let what = Arc::new(AtomicU8::new(PASS));
        let asked = Arc::clone(&what);
        thread::spawn(move || {
            for client in listener.incoming() {
                let client = client.expect("somebody connects");
                let server = TcpStream::connect(("127.0.0.1", server)).expect("it listens");
                pass_on(client, server, &asked);
            }
        });
        Between { port, what }
    }
}

fn pass_on(client: TcpStream, server: TcpStream, what: &Arc<AtomicU8>) {
    let (from, to) = (clone(&client), clone(&server));
    let asked = Arc::clone(what);
    thread::spawn(move || pass(from, to, |sent| may_send(sent, &asked)));
    let asked = Arc::clone(what);
    thread::spawn(move || pass(server, client, |_| asked.load(Ordering::SeqCst) != CUT));
}

fn clone(stream: &TcpStream) -> TcpStream {
    stream.try_clone().expect("it may be open twice")
}

fn may_send(sent: &[u8], what: &AtomicU8) -> bool {
    if !sent.ends_with(b"COMMIT") {
        return true;
    }
    let once = what.compare_exchange(CUT_ONCE, PASS, Ordering::SeqCst, Ordering::SeqCst);
    if once.is_ok() {
        return false;
    }
    let cut = what.compare_exchange(CUT_AFTER, CUT, Ordering::SeqCst, Ordering::SeqCst);
    cut.is_ok() || what.load(Ordering::SeqCst) != CUT_BEFORE
}

fn pass(mut from: TcpStream, mut to: TcpStream, mut may_pass: impl FnMut(&[u8]) -> bool) {
    let mut bytes = [0; 1 << 14];
    while let Ok(count) = from.read(&mut bytes)
        && count > 0
        && may_pass(&bytes[..count])
        && to.write_all(&bytes[..count]).is_ok()
    {}
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}

/// Cuts the connection of who reads at the end of a transaction: where the next goes through, and
/// where none does.
#[test]
fn while_something_is_read() {
    let Some(server) = Mariadb::shared() else {
        return;
    };
    let url = server.create_database("cut_reading");
    let between = Between::and(server.port());
    let url = url.replace(&server.port().to_string(), &between.port.to_string());
    let names = Place { url, folder: None }.names();
    names.insert("a").wait().expect("it is new");
    // By each of the threads that read.
    for _ in 0..8 {
        names.all();
    }
    between.what.store(CUT_ONCE, Ordering::SeqCst);
    assert_eq!(names.all(), ["a"], "it is read again");
    assert_eq!(between.what.load(Ordering::SeqCst), PASS, "it was cut");
    between.what.store(CUT_BEFORE, Ordering::SeqCst);
    let error = names.try_all().expect_err("it is cut each time");
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
}

fn cut(what: u8, database: &str) -> Option<(Vec<String>, Store)> {
    let server = Mariadb::shared()?;
    let url = server.create_database(database);
    let direct = Place {
        url: url.clone(),
        folder: None,
    }
    .names();
    let between = Between::and(server.port());
    let url = url.replace(&server.port().to_string(), &between.port.to_string());
    let names = Place { url, folder: None }.names();
    names.insert("a").wait().expect("it is new");
    let (go_on, held) = names.hold();
    let waiting = [names.insert("b"), names.insert("c")];
    drop(go_on);
    held.wait().expect("it is let go on");
    for answer in waiting {
        answer.wait().expect("they are new");
    }
    between.what.store(what, Ordering::SeqCst);
    let error = names.insert("d").wait().expect_err("it is cut");
    assert_eq!(error.kind(), ErrorKind::Uncertain, "{error}");
    assert!(error.is_retryable());
    between.what.store(PASS, Ordering::SeqCst);
    let all = direct.all();
    names
        .insert("e")
        .wait()
        .expect("the connection is made anew");
    Some((all, names.0))
}

#[test]
fn before_the_server_hears_of_it() {
    let Some((all, store)) = cut(CUT_BEFORE, "cut_before") else {
        return;
    };
    assert_eq!(all, ["a", "b", "c"]);
    assert_eq!(Names(store).all(), ["a", "b", "c", "e"]);
}

#[test]
fn after_the_server_did_it() {
    let Some((all, store)) = cut(CUT_AFTER, "cut_after") else {
        return;
    };
    assert_eq!(all, ["a", "b", "c", "d"]);
    assert_eq!(Names(store).all(), ["a", "b", "c", "d", "e"]);
}
