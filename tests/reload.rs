//! How one service takes over from another: what is at work is finished where it began, what comes
//! is the new one's, and nobody notices.

mod support;

#[path = "support/edited.rs"]
mod edited;

use std::cell::Cell;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use edited::Edited;
use micro::Micro;
use micro_api::{Config, Error, LocalModule, Reply, Request, sleep};
use support::{Client, DEADLINE, Service};

/// What the services and the tests tell each other.
#[derive(Clone, Default)]
struct Board(Arc<Shared>);

#[derive(Default)]
struct Shared {
    is_open: AtomicBool,
    turns: AtomicU32,
    notes: Mutex<Vec<String>>,
}

impl Board {
    fn note(&self, what: impl Into<String>) {
        self.notes().push(what.into());
    }

    fn notes(&self) -> std::sync::MutexGuard<'_, Vec<String>> {
        self.0.notes.lock().expect("nobody panics while writing")
    }

    fn count(&self, what: &str) -> usize {
        self.notes().iter().filter(|note| *note == what).count()
    }

    #[track_caller]
    fn wait_for(&self, what: &str) {
        wait_until(what, || self.count(what) > 0);
    }

    /// Lets go on who waits at the gate.
    fn open_gate(&self) {
        self.0.is_open.store(true, Ordering::SeqCst);
    }

    async fn gate(&self) {
        while !self.0.is_open.load(Ordering::SeqCst) {
            sleep(Duration::from_millis(1)).await;
        }
    }
}

#[track_caller]
fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < DEADLINE, "{what}: it does not come");
        std::thread::yield_now();
    }
}

/// What a module's state is: the service that it is a state of, and how often it was asked.
struct State {
    board: Board,
    name: String,
    count: AtomicU32,
}

impl State {
    fn note(&self, what: &str) {
        self.board.note(format!("{} {what}", self.name));
    }
}

impl Drop for State {
    fn drop(&mut self) {
        self.note("is gone");
        assert_ne!(self.name, "panicking", "a drop that panics");
    }
}

/// Notes its own end.
struct Noted(Board, String);

impl Drop for Noted {
    fn drop(&mut self) {
        self.0.note(&self.1);
    }
}

fn module(board: &Board) -> LocalModule<State> {
    let board = board.clone();
    LocalModule::with_state("life", move |config: &Config| {
        Ok::<_, Error>(State {
            board: board.clone(),
            name: config.get("name")?,
            count: AtomicU32::new(0),
        })
    })
    .handler("name", |state: &State, request: Request| {
        let setting: String = request.config().get("name")?;
        Ok::<_, Error>(format!("{} {setting}", state.name))
    })
    .handler("count", |state: &State, _: Request| {
        (state.count.fetch_add(1, Ordering::SeqCst) + 1).to_string()
    })
    .handler("slow", async |state: &State, request: Request| {
        state.note("is asked");
        state.board.gate().await;
        let setting: String = request.config().get("name")?;
        Ok::<_, Error>(format!("{} {setting}", state.name))
    })
    .handler("stream", |state: &State, _: Request| {
        let (mut sender, reply) = Reply::channel("text/plain");
        let (board, name) = (state.board.clone(), state.name.clone());
        micro_api::spawn(async move {
            sender.send("begin ").await.expect("the peer reads");
            board.note("stream begins");
            board.gate().await;
            sender.send(name).await.expect("the peer reads");
            sender.finish();
        });
        reply
    })
    .job("setup", |state: &State, _: Config| state.note("set up"))
    .job("wait", async |state: &State, _: Config| {
        state.note("waits");
        state.board.gate().await;
    })
    .job("refuse", |_: &State, _: Config| {
        Err::<(), _>(Error::internal("no disk"))
    })
    .job("task", async |state: &State, _: Config| {
        state.note("task begins");
        let _noted = Noted(state.board.clone(), format!("{} task ends", state.name));
        std::future::pending::<()>().await;
    })
    .job("teardown", |state: &State, config: Config| {
        let setting: String = config.get("name")?;
        state.note("torn down");
        assert_eq!(state.name, setting);
        Ok::<_, Error>(())
    })
    .job("never", async |_: &State, _: Config| {
        std::future::pending::<()>().await;
    })
    .turn("turn", |state: &State| {
        if state.name == "new" {
            state.board.0.turns.fetch_add(1, Ordering::SeqCst);
        }
    })
}

const LISTENER: &str = "SERVER test 0 host=127.0.0.1";
const ROUTES: &str = "
ROUTE /name$
GET life.name
ROUTE /count$
GET life.count
ROUTE /slow$
GET life.slow
ROUTE /stream$
GET life.stream
";

/// The definition of a service of this name, with more lines.
fn definition(name: &str, lines: &str) -> String {
    format!("CONFIG name default={name}\n{lines}\n{LISTENER}\n{ROUTES}")
}

fn serve(board: &Board, definition: &str) -> Edited {
    let board = board.clone();
    let build = move || {
        Micro::new()
            .module(module(&board))
            .grace(Duration::from_secs(10))
    };
    edited::serve(build, definition)
}

fn get(client: &mut Client, path: &str) -> String {
    send(client, path);
    client.answer(false).text().to_owned()
}

fn send(client: &mut Client, path: &str) {
    client.send(format!("GET {path} HTTP/1.1\r\nHost: test\r\n\r\n"));
}

fn connect(address: SocketAddr) -> Client {
    let stream = TcpStream::connect(address).expect("somebody listens");
    stream
        .set_read_timeout(Some(DEADLINE))
        .expect("a timeout can be set");
    Client {
        stream: std::io::BufReader::new(stream),
    }
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    listener.local_addr().expect("it is bound")
}

#[test]
fn what_is_at_work_finishes_on_the_old_and_what_comes_is_for_the_new() {
    let board = Board::default();
    let edited = serve(&board, &definition("old", "SETUP life.setup"));
    let (mut idle, mut busy) = (edited.service.connect(), edited.service.connect());
    assert_eq!(get(&mut idle, "/name"), "old old");
    send(&mut busy, "/slow");
    board.wait_for("old is asked");
    // It waits behind the other one.
    send(&mut busy, "/name");
    edited
        .change(&definition("new", "SETUP life.setup"))
        .expect("it takes over");
    assert_eq!(get(&mut idle, "/name"), "new new");
    assert_eq!(get(&mut edited.service.connect(), "/name"), "new new");
    board.open_gate();
    assert_eq!(busy.answer(false).text(), "old old");
    assert_eq!(busy.answer(false).text(), "new new");
    // The memory of the old request is not used again with its settings.
    assert_eq!(get(&mut busy, "/name"), "new new");
    assert_eq!(get(&mut idle, "/name"), "new new");
}

#[test]
fn modules_are_opened_anew() {
    let board = Board::default();
    let edited = serve(&board, &definition("old", ""));
    let mut client = edited.service.connect();
    assert_eq!(get(&mut client, "/count"), "1");
    assert_eq!(get(&mut client, "/count"), "2");
    edited
        .change(&definition("new", ""))
        .expect("it takes over");
    assert_eq!(get(&mut client, "/count"), "1");
    board.wait_for("old is gone");
}

#[test]
fn limits_are_those_of_the_new_one_also_on_open_connections() {
    let built = Cell::new(0);
    let build = move || {
        built.set(built.get() + 1);
        let limit = if built.get() == 1 { "5" } else { "4" };
        let name = "SERVER_TEST_HTTP_MAX_CONTENT_LENGTH";
        Micro::new().environment([(name.to_owned(), limit.to_owned())])
    };
    let lines = format!("{LISTENER}\nROUTE /$\nPOST echo.echo\n");
    let edited = edited::serve(build, &lines);
    let mut client = edited.service.connect();
    let request = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
    client.send(request);
    assert_eq!(client.answer(false).status, 200);
    edited.change(&lines).expect("it takes over");
    client.send(request);
    assert_eq!(client.answer(false).status, 413);
}

#[test]
fn a_definition_with_errors_leaves_the_old() {
    let edited = serve(&Board::default(), &definition("old", ""));
    let mut client = edited.service.connect();
    assert_eq!(get(&mut client, "/count"), "1");
    let error = edited
        .change(&definition("new", "TASK a life.nothing"))
        .expect_err("there is no such function");
    assert!(error.contains("life.nothing"), "{error}");
    assert_eq!(get(&mut client, "/count"), "2");
}

#[test]
fn a_setup_that_fails_leaves_the_old() {
    let board = Board::default();
    let edited = serve(&board, &definition("old", "TASK one life.task"));
    let mut client = edited.service.connect();
    assert_eq!(get(&mut client, "/count"), "1");
    let lines = "TASK one life.task\nSETUP life.setup\nSETUP life.refuse\nTEARDOWN life.teardown";
    let error = edited
        .change(&definition("new", lines))
        .expect_err("it is refused");
    assert_eq!(error, "`life.refuse` failed: no disk");
    assert_eq!(get(&mut client, "/count"), "2");
    assert_eq!(
        *board.notes(),
        ["old task begins", "new set up", "new is gone"]
    );
}

#[test]
fn a_module_that_cannot_be_opened_leaves_the_old() {
    let edited = serve(&Board::default(), &definition("old", ""));
    let error = edited
        .change(&format!("{LISTENER}\n{ROUTES}"))
        .expect_err("the setting is missing");
    assert_eq!(
        error,
        "module `life` cannot be opened: setting `name` has no value"
    );
    assert_eq!(get(&mut edited.service.connect(), "/name"), "old old");
}

#[test]
fn a_port_that_is_taken_leaves_the_old() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let address = taken.local_addr().expect("it is bound");
    let free = free_address();
    let board = Board::default();
    let edited = serve(&board, &definition("old", ""));
    let lines = "SETUP life.setup\nTEARDOWN life.teardown\nTASK one life.task";
    let more = format!(
        "SERVER free {} host=127.0.0.1\n{ROUTES}SERVER more {} host=127.0.0.1\n{ROUTES}",
        free.port(),
        address.port()
    );
    let error = edited
        .change(&(definition("new", lines) + &more))
        .expect_err("the port is taken");
    let expected = format!("server `more` cannot listen on {address}: ");
    assert!(error.starts_with(&expected), "{error}");
    assert_eq!(get(&mut edited.service.connect(), "/name"), "old old");
    assert!(TcpStream::connect(free).is_err(), "nothing of it stays");
    board.wait_for("new is gone");
    assert_eq!(
        *board.notes(),
        ["new set up", "new torn down", "new is gone"]
    );
}

#[test]
fn a_listener_may_come_and_go() {
    let board = Board::default();
    let old = definition("old", "TEARDOWN life.teardown");
    let edited = serve(&board, &old);
    for round in 1..4 {
        let more = free_address();
        let lines = format!("SERVER more {} host=127.0.0.1\n{ROUTES}", more.port());
        edited
            .change(&(definition("new", "TEARDOWN life.teardown") + &lines))
            .expect("it takes over");
        assert_eq!(get(&mut connect(more), "/name"), "new new");
        let (mut idle, mut busy) = (connect(more), connect(more));
        assert_eq!(get(&mut idle, "/name"), "new new");
        board.0.is_open.store(false, Ordering::SeqCst);
        send(&mut busy, "/slow");
        wait_until("it is asked", || board.count("new is asked") == round);

        edited.change(&old).expect("it takes over");
        assert!(TcpStream::connect(more).is_err());
        assert!(idle.is_ended());
        assert_eq!(get(&mut edited.service.connect(), "/name"), "old old");
        assert_eq!(board.count("new torn down"), round - 1);
        board.open_gate();
        let answer = busy.answer(false);
        answer.is(200, "new new");
        assert_eq!(answer.header("connection"), Some("close"));
        assert!(busy.is_ended());
        drop(busy);
        wait_until("it is torn down", || board.count("new is gone") == round);
        assert_eq!(board.count("new torn down"), round);
    }
}

#[test]
fn a_listener_keeps_its_socket_whatever_it_is_called() {
    let edited = serve(&Board::default(), &definition("old", ""));
    let address = edited.service.address;
    let mut client = edited.service.connect();
    let listener = |name: &str, port| format!("SERVER {name} {port} host=127.0.0.1");
    for line in [
        listener("test", 0),
        listener("test", address.port()),
        listener("other", address.port()),
        listener("other", address.port()).replace("127.0.0.1", "localhost"),
    ] {
        edited
            .change(&definition("new", "").replace(LISTENER, &line))
            .expect("it takes over");
        assert_eq!(get(&mut client, "/name"), "new new", "{line}");
        assert_eq!(get(&mut edited.service.connect(), "/name"), "new new");
    }
}

#[test]
fn a_listener_may_change_its_host_and_keep_its_port() {
    let near = free_address();
    // Only a listener at all addresses is found there.
    let far = SocketAddr::from(([127, 0, 0, 2], near.port()));
    let at = |host: &str| {
        let line = format!("SERVER more {} host={host}\n{ROUTES}", near.port());
        definition("new", "") + &line
    };
    let edited = serve(&Board::default(), &at("127.0.0.1"));
    for _ in 0..3 {
        edited.change(&at("0.0.0.0")).expect("it takes over");
        assert_eq!(get(&mut connect(near), "/name"), "new new");
        assert_eq!(get(&mut connect(far), "/name"), "new new");
        edited.change(&at("127.0.0.1")).expect("it takes over");
        assert_eq!(get(&mut connect(near), "/name"), "new new");
        assert!(TcpStream::connect(far).is_err());
    }
    // If it comes to nothing, all is as before.
    let taken = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let port = taken.local_addr().expect("it is bound").port();
    let more = format!("SERVER taken {port} host=127.0.0.1\n{ROUTES}");
    let error = edited.change(&(at("0.0.0.0") + &more));
    assert!(error.is_err());
    assert_eq!(get(&mut connect(near), "/name"), "new new");
    assert!(TcpStream::connect(far).is_err());
}

#[test]
fn two_listeners_may_change_places() {
    let (one, two) = (free_address(), free_address());
    let lines = |first: SocketAddr, second: SocketAddr| {
        format!(
            "CONFIG name default=new\n{LISTENER}\n{ROUTES}\
             SERVER one {} host=127.0.0.1\nROUTE /$\nGET ping.ping\n\
             SERVER two {} host=127.0.0.1\n{ROUTES}",
            first.port(),
            second.port()
        )
    };
    let edited = serve(&Board::default(), &lines(one, two));
    let mut client = connect(one);
    assert_eq!(get(&mut client, "/"), "{\"ping\":\"pong\"}");
    edited.change(&lines(two, one)).expect("it takes over");
    assert_eq!(get(&mut client, "/name"), "new new");
    assert_eq!(get(&mut connect(two), "/"), "{\"ping\":\"pong\"}");
}

#[test]
fn tasks_and_turns_are_those_of_the_new_one() {
    let board = Board::default();
    let lines = "TASK one life.task\nUSER life.turn";
    let edited = serve(&board, &definition("old", lines));
    board.wait_for("old task begins");
    edited
        .change(&definition("new", lines))
        .expect("it takes over");
    board.wait_for("new task begins");
    assert_eq!(
        board.notes()[..3],
        ["old task begins", "old task ends", "new task begins"]
    );
    wait_until("turns", || board.0.turns.load(Ordering::SeqCst) > 2);
    edited
        .change(&definition("last", ""))
        .expect("it takes over");
    let turns = board.0.turns.load(Ordering::SeqCst);
    assert_eq!(get(&mut edited.service.connect(), "/name"), "last last");
    assert_eq!(board.0.turns.load(Ordering::SeqCst), turns);
    assert_eq!(board.count("new task ends"), 1);
}

#[test]
fn the_old_is_torn_down_after_its_last_answer() {
    let board = Board::default();
    let lines = "TEARDOWN life.teardown";
    let edited = serve(&board, &definition("old", lines));
    let (mut first, mut second) = (edited.service.connect(), edited.service.connect());
    send(&mut first, "/slow");
    send(&mut second, "/stream");
    board.wait_for("old is asked");
    board.wait_for("stream begins");
    edited
        .change(&definition("new", lines))
        .expect("it takes over");
    assert_eq!(get(&mut edited.service.connect(), "/name"), "new new");
    assert_eq!(board.count("old torn down"), 0);
    board.open_gate();
    assert_eq!(first.answer(false).text(), "old old");
    assert_eq!(second.answer(false).text(), "begin old");
    board.wait_for("old is gone");
    assert_eq!(board.count("old torn down"), 1);
    edited.service.end().expect("it ends well");
    assert_eq!(board.count("new torn down"), 1);
}

#[test]
fn a_stream_alone_keeps_the_old_at_work() {
    let board = Board::default();
    let lines = "TEARDOWN life.teardown";
    let edited = serve(&board, &definition("old", lines));
    let mut client = edited.service.connect();
    send(&mut client, "/stream");
    board.wait_for("stream begins");
    edited
        .change(&definition("new", lines))
        .expect("it takes over");
    assert_eq!(get(&mut edited.service.connect(), "/name"), "new new");
    assert_eq!(board.count("old torn down"), 0);
    board.open_gate();
    assert_eq!(client.answer(false).text(), "begin old");
    board.wait_for("old torn down");
    assert_eq!(get(&mut client, "/name"), "new new");
}

#[test]
fn a_client_that_goes_away_sets_the_old_free() {
    let board = Board::default();
    let lines = "TEARDOWN life.teardown";
    let edited = serve(&board, &definition("old", lines));
    let mut client = edited.service.connect();
    send(&mut client, "/slow");
    board.wait_for("old is asked");
    edited
        .change(&definition("new", lines))
        .expect("it takes over");
    let stream = socket2::SockRef::from(client.stream.get_ref()).set_linger(Some(Duration::ZERO));
    stream.expect("it can be set");
    drop(client);
    board.wait_for("old torn down");
}

#[test]
fn a_newer_definition_is_not_held_up_by_a_setup_that_takes_long() {
    let board = Board::default();
    let edited = serve(&board, &definition("old", ""));
    edited.begin_to_change(&definition("new", "SETUP life.wait"));
    board.wait_for("new waits");
    assert_eq!(get(&mut edited.service.connect(), "/name"), "old old");
    edited.begin_to_change(&definition("last", ""));
    let given_up = edited.outcome().expect_err("it is given up");
    assert_eq!(
        given_up,
        "`life.wait` failed: it was given up, because there is a newer one"
    );
    edited.outcome().expect("the newer one takes over");
    assert_eq!(get(&mut edited.service.connect(), "/name"), "last last");
    board.wait_for("new is gone");
}

#[test]
fn a_service_that_ends_gives_up_the_one_that_was_to_come() {
    let board = Board::default();
    let edited = serve(&board, &definition("old", "TEARDOWN life.teardown"));
    let mut client = edited.service.connect();
    send(&mut client, "/slow");
    board.wait_for("old is asked");
    let lines = "SETUP life.wait\nTEARDOWN life.teardown";
    edited.begin_to_change(&definition("new", lines));
    board.wait_for("new waits");
    edited.service.stopper.stop();
    let given_up = edited.outcome().expect_err("it is given up");
    assert_eq!(
        given_up,
        "`life.wait` failed: it was given up, because the service ends"
    );
    edited.begin_to_change(&definition("last", ""));
    board.open_gate();
    assert_eq!(client.answer(false).text(), "old old");
    edited.service.end().expect("it ends well");
    assert_eq!(board.count("old torn down"), 1);
    assert_eq!(board.count("new torn down"), 0);
    assert_eq!(board.count("last is gone"), 0, "nobody was asked for it");
}

#[test]
fn a_service_may_end_while_an_old_one_is_at_work() {
    let board = Board::default();
    let lines = "TEARDOWN life.teardown";
    let edited = serve(&board, &definition("old", lines));
    let mut client = edited.service.connect();
    send(&mut client, "/slow");
    board.wait_for("old is asked");
    edited
        .change(&definition("new", lines))
        .expect("it takes over");
    edited.service.stopper.stop();
    board.open_gate();
    assert_eq!(client.answer(false).text(), "old old");
    edited.service.end().expect("it ends well");
    let notes = board.notes();
    assert!(notes.contains(&"old torn down".to_owned()), "{notes:?}");
    assert!(notes.contains(&"new torn down".to_owned()), "{notes:?}");
}

#[test]
fn a_teardown_of_an_old_one_that_never_ends_is_given_up_at_the_end() {
    let board = Board::default();
    let build = {
        let board = board.clone();
        move || {
            Micro::new()
                .module(module(&board))
                .grace(Duration::from_millis(50))
        }
    };
    let lines = "TEARDOWN life.never\nTEARDOWN life.teardown";
    let edited = edited::serve(build, &definition("old", lines));
    edited
        .change(&definition("new", "TEARDOWN life.teardown"))
        .expect("it takes over");
    assert_eq!(get(&mut edited.service.connect(), "/name"), "new new");
    let error = edited.service.end().expect_err("it says what went wrong");
    assert_eq!(
        error,
        "error: `life.never` failed: it was given up, because the service ends"
    );
    assert_eq!(board.count("old torn down"), 1);
    assert_eq!(board.count("new torn down"), 1);
}

#[test]
fn a_state_whose_drop_panics_ends_nobody() {
    let board = Board::default();
    let edited = serve(&board, &definition("panicking", ""));
    let mut client = edited.service.connect();
    send(&mut client, "/slow");
    board.wait_for("panicking is asked");
    edited
        .change(&definition("new", ""))
        .expect("it takes over");
    board.open_gate();
    assert_eq!(client.answer(false).text(), "panicking panicking");
    board.wait_for("panicking is gone");
    assert_eq!(get(&mut client, "/name"), "new new");
}

/// Asks again and again, on a connection that is kept for a while, and counts the answers of each
/// service.
fn ask_until(service: &Service, is_over: &AtomicBool) -> (usize, usize) {
    let (mut old, mut new) = (0, 0);
    while !is_over.load(Ordering::SeqCst) {
        let mut client = service.connect();
        for _ in 0..50 {
            send(&mut client, "/name");
            send(&mut client, "/slow");
            for _ in 0..2 {
                let answer = client.answer(false);
                assert_eq!(answer.status, 200);
                match answer.text() {
                    "old old" => old += 1,
                    "new new" => new += 1,
                    text => panic!("nobody says {text}"),
                }
            }
        }
    }
    (old, new)
}

#[test]
fn no_request_is_lost_in_many_changes() {
    const CHANGES: usize = 100;
    let board = Board::default();
    board.open_gate();
    let lines = "TASK one life.task\nTEARDOWN life.teardown";
    let more = format!("SERVER more 0 host=127.0.0.1\n{ROUTES}");
    let (old, new) = (definition("old", lines), definition("new", lines) + &more);
    let edited = serve(&board, &old);
    let is_over = AtomicBool::new(false);
    let answers = std::thread::scope(|scope| {
        let ask = || ask_until(&edited.service, &is_over);
        let clients = [(); 4].map(|()| scope.spawn(ask));
        for change in 0..CHANGES {
            let next = if change % 2 == 0 { &new } else { &old };
            edited.change(next).expect("it takes over");
        }
        is_over.store(true, Ordering::SeqCst);
        clients.map(|client| client.join().expect("each request is answered"))
    });
    assert!(answers.iter().any(|(old, new)| *old > 0 && *new > 0));
    edited.service.end().expect("it ends well");
    let torn_down = board.count("old torn down") + board.count("new torn down");
    assert_eq!(torn_down, CHANGES + 1);
    let gone = board.count("old is gone") + board.count("new is gone");
    assert_eq!(gone, CHANGES + 1);
    let tasks = board.count("old task ends") + board.count("new task ends");
    assert_eq!(tasks, CHANGES + 1);
}

#[test]
fn a_program_may_replace_its_service_itself() {
    let board = Board::default();
    let build = |name: &str| {
        Micro::new()
            .module(module(&board))
            .text("definition", definition(name, "SETUP life.setup"))
    };
    let mut running = build("old").start().expect("it starts");
    let address = running.address("test").expect("it listens");
    let new = build("new");
    running
        .replace(&new, &new.load())
        .expect("it takes over at once");
    assert_eq!(running.address("test"), Some(address));
    let ask = async move { micro_api::blocking(move || get(&mut connect(address), "/name")).await };
    let answer = running.wait(ask).expect("the loop runs");
    assert_eq!(answer.expect("the client is content"), "new new");
    let broken = Micro::new().text("broken", "GET ping.ping");
    let error = running.replace(&broken, &broken.load()).err();
    assert!(error.is_some(), "it has errors");
    assert_eq!(running.address("test"), Some(address));
    assert_eq!(*board.notes(), ["old set up", "new set up", "old is gone"]);
}
