//! Whether connections to nginx are kept, and what becomes of them.

use micro_api::sleep;
use std::time::{Duration, Instant};

use super::caller::Caller;
use super::nginx::Nginx;
use super::program::DEADLINE;

// Which connection it is, and the how-many-th request on it.
const WHICH: &str = "location = /which { return 200 '$connection $connection_requests'; }";

fn nginx(options: &str) -> Option<(Nginx, Caller)> {
    let server = format!("server {{ listen @host:@port; {options} {WHICH} }}");
    let nginx = Nginx::start(&server)?;
    let lines = ["RESOURCE which /which", "RESOURCE post /which POST"];
    let caller = Caller::new(&nginx.url(), &lines);
    Some((nginx, caller))
}

/// The connection and the number of the request on it.
#[track_caller]
fn which(caller: &mut Caller) -> (u64, u64) {
    let text = caller.text("which");
    let mut numbers = text.split(' ').map(|word| word.parse().expect("a number"));
    [(); 2]
        .map(|()| numbers.next().expect("two numbers"))
        .into()
}

#[test]
fn a_connection_is_kept() {
    let Some((nginx, mut caller)) = nginx("") else {
        return;
    };
    let (first, _) = which(&mut caller);
    for count in 2..=20 {
        assert_eq!(which(&mut caller), (first, count));
    }
    nginx.wait_for_connections(1);
    drop(caller);
    nginx.wait_for_connections(0);
}

#[test]
fn calls_at_the_same_time_have_connections_of_their_own_that_are_kept() {
    let Some((nginx, mut caller)) = nginx("") else {
        return;
    };
    for _ in 0..3 {
        let calls: Vec<_> = (0..8).map(|_| caller.resource("which").call(())).collect();
        let answers = caller.wait(micro_api::join_all(
            calls.into_iter().map(|call| async { call.await }),
        ));
        for answer in answers {
            assert_eq!(answer.expect("it succeeds").status(), 200);
        }
        nginx.wait_for_connections(8);
    }
}

#[test]
fn the_answer_before_nginx_has_enough_of_a_connection() {
    let Some((nginx, mut caller)) = nginx("keepalive_requests 3;") else {
        return;
    };
    let mut seen = Vec::new();
    for number in 0..9 {
        let (connection, count) = which(&mut caller);
        assert_eq!(count, number % 3 + 1);
        seen.push(connection);
    }
    seen.dedup();
    assert_eq!(seen.len(), 3);
    nginx.wait_for_connections(0);
}

#[test]
fn nginx_keeps_no_connection() {
    let Some((nginx, mut caller)) = nginx("keepalive_timeout 0;") else {
        return;
    };
    let mut before = 0;
    for _ in 0..5 {
        let (connection, count) = which(&mut caller);
        assert_ne!(connection, before);
        assert_eq!(count, 1);
        before = connection;
    }
    nginx.wait_for_connections(0);
}

#[test]
fn nginx_ends_an_idle_connection_while_nobody_looks() {
    let Some((nginx, mut caller)) = nginx("keepalive_timeout 1s;") else {
        return;
    };
    let (first, _) = which(&mut caller);
    // The loop does not run meanwhile: it hears of the end just before the next call, which cannot
    // be made twice.
    nginx.wait_for_connections(0);
    let second = caller.text("post");
    assert!(second.ends_with(" 1"), "{second}");
    assert_ne!(second, format!("{first} 1"));
}

#[test]
fn nginx_ends_an_idle_connection_while_the_loop_is_busy() {
    let Some((nginx, mut caller)) = nginx("keepalive_timeout 1s;") else {
        return;
    };
    let [which, post] = ["which", "post"].map(|name| caller.resource(name));
    let answer = caller.wait(async {
        which.call(()).await?;
        // The connection is looked after now; but then nobody asks the system what comes of it.
        sleep(Duration::from_millis(10)).await;
        nginx.wait_for_connections(0);
        post.call(()).await
    });
    let answer = answer.expect("it is made on another connection");
    let text = answer.text().expect("it is text");
    assert!(text.ends_with(" 1"), "{text}");
}

#[test]
fn nginx_ends_an_idle_connection_while_we_look() {
    let Some((nginx, mut caller)) = nginx("keepalive_timeout 1s;") else {
        return;
    };
    let (first, _) = which(&mut caller);
    let begin = Instant::now();
    caller.wait(async {
        while nginx.connections() > 0 {
            assert!(begin.elapsed() < DEADLINE, "the connection is still there");
            sleep(Duration::from_millis(10)).await;
        }
    });
    let (second, count) = which(&mut caller);
    assert_ne!(first, second);
    assert_eq!(count, 1);
}

#[test]
fn we_end_an_idle_connection() {
    let server = format!("server {{ listen @host:@port; {WHICH} }}");
    let Some(nginx) = Nginx::start(&server) else {
        return;
    };
    let lines = ["RESOURCE which /which"];
    let mut caller = Caller::with(&nginx.url(), &lines, &[("idle_timeout", "50ms")]);
    let (first, _) = which(&mut caller);
    let begin = Instant::now();
    caller.wait(async {
        while nginx.connections() > 0 {
            assert!(begin.elapsed() < DEADLINE, "the connection is still there");
            sleep(Duration::from_millis(10)).await;
        }
    });
    assert_ne!(which(&mut caller).0, first);
}

#[test]
fn a_connection_is_kept_through_nginx_that_is_restarted() {
    let server = format!("server {{ listen @host:@port; {WHICH} }}");
    let Some(nginx) = Nginx::start(&server) else {
        return;
    };
    let mut caller = Caller::new(
        &nginx.url(),
        &["RESOURCE which /which", "RESOURCE post /which POST"],
    );
    which(&mut caller);
    let ports = nginx.ports();
    drop(nginx);
    let Some(_nginx) = Nginx::at("127.0.0.1", || ports, &server, &[]) else {
        return;
    };
    assert_eq!(which(&mut caller).1, 1);
    assert_eq!(caller.answer("post", ()).status(), 200);
}

#[test]
fn nginx_at_a_socket_file() {
    let server = format!("server {{ listen unix:@folder/socket; {WHICH} }}");
    let Some(nginx) = Nginx::start(&server) else {
        return;
    };
    let url = format!("unix://{}/socket", nginx.folder().display());
    let mut caller = Caller::new(&url, &["RESOURCE which /which"]);
    let (first, _) = which(&mut caller);
    assert_eq!(which(&mut caller), (first, 2));
}
