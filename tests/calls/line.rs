//! Many calls at once: who waits for whom, and that no place is lost.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use micro_api::CallErrorKind::{Busy, Connect};
use micro_api::{Side, join, join_all};

use crate::caller::{Caller, before, caller, caller_with, connection, until};
use crate::scripted::{Peer, Scripted, answer};

fn limited(port: u16, connections_max: &str, waiting_max: &str) -> Caller {
    let lines = connection(port, "timeout=10");
    let settings = [
        ("CONNECTION_X_MAX_CONNECTIONS", connections_max),
        ("CONNECTION_X_MAX_WAITING", waiting_max),
    ];
    caller_with(&lines, &settings)
}

fn serve(peer: &mut Peer) {
    while peer.request().is_some() {
        peer.send(answer("200 OK", "1"));
    }
}

#[test]
fn those_that_wait_come_in_their_order() {
    for connections_max in [1, 2] {
        let server = Scripted::new(|peer| {
            while peer.request().is_some() {
                peer.hear("go on");
                peer.send(answer("200 OK", "1"));
            }
        });
        let mut caller = limited(server.port, &connections_max.to_string(), "100");
        let (post, order) = (caller.resource("post"), RefCell::new(Vec::new()));
        let calls = (0..10).map(async |number| {
            let result = post.call((number,)).await;
            order.borrow_mut().push(number);
            result
        });
        let board = server.board().clone();
        let gate = async {
            until(|| board.requests() == connections_max).await;
            board.say("go on");
        };
        let (results, ()) = caller.wait(join((join_all(calls), gate)));
        assert!(results.iter().all(Result::is_ok));
        assert_eq!(server.accepted(), connections_max);
        assert_eq!(server.open_max(), connections_max);
        // Beside each other they may overtake each other on their way.
        if connections_max == 1 {
            assert_eq!(order.into_inner(), (0..10).collect::<Vec<_>>());
        }
    }
}

/// The same where each answer is the end of its connection.
#[test]
fn connections_that_end_make_room() {
    let server = Scripted::ending("HTTP/1.1 200 OK\r\n\r\n1");
    let mut caller = limited(server.port, "2", "100");
    let get = caller.resource("get");
    let results = caller.wait(join_all((0..50).map(|_| get.call(()))));
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(server.accepted(), 50);
    assert!(server.open_max() <= 2, "{}", server.open_max());
}

/// Also those that fail do.
#[test]
fn connections_that_fail_make_room() {
    let server = Scripted::ending("garbage");
    let mut caller = limited(server.port, "1", "100");
    let get = caller.resource("get");
    let results = caller.wait(join_all((0..50).map(|_| get.call(()))));
    assert!(results.iter().all(Result::is_err));
    assert_eq!(server.accepted(), 50);
    drop(server);
    let port = std::net::TcpListener::bind("127.0.0.1:0");
    let port = port.and_then(|listener| listener.local_addr());
    let port = port.expect("there is a free port").port();
    let mut caller = limited(port, "1", "100");
    let get = caller.resource("get");
    for result in caller.wait(join_all((0..50).map(|_| get.call(())))) {
        assert_eq!(result.expect_err("nobody listens").kind(), Connect);
    }
}

#[test]
fn too_many_wait() {
    let server = Scripted::new(|peer| {
        while peer.request().is_some() {
            peer.hear("go on");
            peer.send(answer("200 OK", "1"));
        }
    });
    let mut caller = limited(server.port, "1", "3");
    let get = caller.resource("get");
    let board = server.board().clone();
    let (results, ()) = caller.wait(join((join_all((0..6).map(|_| get.call(()))), async move {
        board.say("go on");
    })));
    let kinds: Vec<_> = results
        .iter()
        .map(|result| result.as_ref().map_err(micro_api::CallError::kind).err())
        .collect();
    assert_eq!(kinds, [None, None, None, None, Some(Busy), Some(Busy)]);
    let error = results[4].as_ref().expect_err("it has failed");
    assert_eq!(error.side(), Side::Ours);
    let sentence = "1 connections are in use and 3 calls wait for one already";
    assert_eq!(error.message(), sentence);
    assert_eq!(server.accepted(), 1);
    caller.get().answers("1");
}

#[test]
fn a_call_that_waits_in_line_is_dropped() {
    let server = Scripted::new(|peer| {
        while peer.request().is_some() {
            peer.hear("go on");
            peer.send(answer("200 OK", "1"));
        }
    });
    let mut caller = limited(server.port, "1", "2");
    let get = caller.resource("get");
    let board = server.board().clone();
    let short = Duration::from_millis(50);
    let first = async { get.call(()).await };
    let others = async {
        until(|| board.requests() == 1).await;
        for _ in 0..10 {
            let two = join((get.call(()), get.call(())));
            assert!(before(short, two).await.is_none());
        }
        let last = async { get.call(()).await };
        let go_on = async { board.say("go on") };
        join((last, go_on)).await.0
    };
    let (first, last) = caller.wait(join((first, others)));
    first.expect("it is answered");
    last.expect("it is answered");
    assert_eq!((server.accepted(), server.requests().len()), (1, 2));
}

/// Its turn has come, and it is dropped before it knows.
#[test]
fn a_call_whose_turn_has_come_is_dropped() {
    let server = Scripted::new(serve);
    let mut caller = limited(server.port, "1", "10");
    let get = caller.resource("get");
    let results = caller.wait(async {
        let mut second = Box::pin(async { get.call(()).await });
        let first = async {
            let result = get.call(()).await;
            // From now on the connection is the second's, which is never polled again.
            result
        };
        let polled = before(Duration::from_millis(1), second.as_mut());
        let (first, _) = join((first, polled)).await;
        drop(second);
        (
            first,
            before(Duration::from_secs(5), async { get.call(()).await }).await,
        )
    });
    results.0.expect("it is answered");
    let third = results.1.expect("it has got the connection");
    third.expect("it is answered");
}

#[test]
fn a_call_that_waits_for_its_answer_is_dropped() {
    let server = Scripted::new(|peer| {
        peer.request();
        peer.wait_for_end();
        peer.say("ended");
    });
    let mut caller = limited(server.port, "1", "10");
    let get = caller.resource("get");
    for count in 1..=5 {
        let board = server.board().clone();
        caller.wait(async {
            let call = async { get.call(()).await };
            let mut call = Box::pin(call);
            while board.requests() < count {
                assert!(
                    before(Duration::from_millis(1), call.as_mut())
                        .await
                        .is_none()
                );
            }
        });
        server.wait_for_open(0);
    }
    assert_eq!(server.accepted(), 5);
}

/// Nobody answers at this address; the connection is given up while it is being made.
#[test]
fn a_call_that_connects_is_dropped() {
    use socket2::{Domain, Socket, Type};
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("there is a socket");
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    socket.bind(&address.into()).expect("there is a free port");
    socket.listen(0).expect("it listens");
    let address = socket.local_addr().expect("it is bound");
    let address = address.as_socket().expect("it is one of the internet");
    let fill = || std::net::TcpStream::connect_timeout(&address, Duration::from_millis(50));
    let _full: Vec<_> = std::iter::from_fn(|| fill().ok()).take(100).collect();
    let mut caller = limited(address.port(), "1", "0");
    let get = caller.resource("get");
    caller.wait(async {
        for _ in 0..10 {
            let call = before(Duration::from_millis(10), async { get.call(()).await });
            // With a place that is lost this would be «busy».
            assert!(call.await.is_none());
        }
    });
}

/// Deadlines that come while calls wait in line give their places back.
#[test]
fn a_deadline_in_line() {
    let server = Scripted::new(|peer| {
        peer.request();
        peer.wait_for_end();
    });
    let port = server.port;
    let lines =
        format!("CONNECTION x http://127.0.0.1:{port} timeout=0 deadline=150ms\nRESOURCE get /");
    let settings = [("CONNECTION_X_MAX_CONNECTIONS", "1")];
    let mut caller = caller_with(&lines, &settings);
    let get = caller.resource("get");
    for _ in 0..3 {
        let results = caller.wait(join_all((0..5).map(|_| get.call(()))));
        for result in results {
            let error = result.expect_err("nobody answers");
            assert_eq!(error.kind(), micro_api::CallErrorKind::Timeout);
            assert!(error.message().contains("its time of 150ms"), "{error}");
        }
    }
}

/// Raises how many descriptors this process may have.
fn want_descriptors(count: u64) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < count) {
        let raised = Rlimit {
            current: Some(limit.maximum.map_or(count, |maximum| maximum.min(count))),
            ..limit
        };
        setrlimit(Resource::Nofile, raised).expect("it may be raised");
    }
}

#[test]
fn a_thousand_calls_at_once_to_a_slow_service() {
    want_descriptors(8192);
    let server = Scripted::new(|peer| {
        while peer.request().is_some() {
            std::thread::sleep(Duration::from_millis(200));
            peer.send(answer("200 OK", "1"));
        }
    });
    let port = server.port;
    let mut caller = caller(&format!(
        "CONNECTION x http://127.0.0.1:{port} timeout=15\nRESOURCE get /"
    ));
    let get = caller.resource("get");
    let begin = Instant::now();
    let results = caller.wait(join_all((0..1000).map(|_| get.call(()))));
    let took = begin.elapsed();
    for result in results {
        result.unwrap_or_else(|error| panic!("{error}"));
    }
    println!("1,000 calls to a service that takes 200 ms took {took:?}");
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert_eq!(server.accepted(), 1000);
    server.wait_for_open(32);
}
