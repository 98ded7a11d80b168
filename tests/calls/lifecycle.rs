//! Services that come and go while calls are made.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use micro::Micro;
use micro_api::{
    CallErrorKind, Config, Error, LocalModule, Outgoing, Request, Resource, sleep, spawn,
};

use crate::caller::{before, caller_of};
use crate::edited::{self, Edited};
use crate::scripted::{Scripted, answer, until};
use crate::support::{self, Service};

/// What modules and tests tell each other.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn note(&self, what: impl Into<String>) {
        self.0.lock().expect("nobody panics").push(what.into());
    }

    fn has(&self, what: &str) -> bool {
        let notes = self.0.lock().expect("nobody panics");
        notes.iter().any(|note| note == what)
    }

    #[track_caller]
    fn wait_for(&self, what: &str) {
        until(what, || self.has(what));
    }
}

/// A state that keeps the settings of its service, by which it can be reached itself.
struct State {
    notes: Notes,
    config: Config,
}

impl Drop for State {
    fn drop(&mut self) {
        self.notes.note("the state is gone");
    }
}

impl State {
    fn get(&self) -> Result<Resource, Error> {
        self.config.connection("x")?.resource("get")
    }

    async fn call(&self, who: &str) -> Result<(), Error> {
        let result = self.get()?.call(()).await;
        let outcome = result.map(|_| "is answered".to_owned());
        let outcome = outcome.unwrap_or_else(|error| error.kind().to_string());
        self.notes.note(format!("{who} {outcome}"));
        Ok(())
    }
}

fn module(notes: &Notes) -> LocalModule<State> {
    let notes = notes.clone();
    LocalModule::with_state("life", move |config: &Config| {
        Ok::<_, Error>(State {
            notes: notes.clone(),
            config: config.clone(),
        })
    })
    .handler("call", async |request: Request| {
        let get = request.connection("x")?.resource("get")?;
        Ok::<_, Error>(get.call(()).await?)
    })
    .handler("spawn", |state: &State, request: Request| {
        let get = request.connection("x")?.resource("get")?;
        let (notes, config) = (state.notes.clone(), request.config().clone());
        spawn(async move {
            while config.connection("x").is_ok() {
                sleep(Duration::from_millis(1)).await;
            }
            let error = get.call(()).await.expect_err("the service has ended");
            notes.note(format!("spawned {}", error.kind()));
            let error = config.connection("x").expect_err("the service has ended");
            notes.note(format!("looked up {}", error.detail().unwrap_or_default()));
        });
        Ok::<_, Error>("spawned")
    })
    .handler("spawn_call", |state: &State, request: Request| {
        let get = request.connection("x")?.resource("get")?;
        let notes = state.notes.clone();
        spawn(async move {
            let result = get.call(()).await;
            notes.note(if result.is_ok() { "answered" } else { "failed" });
        });
        Ok::<_, Error>("spawned")
    })
    .transform("mark", |state: &State, mut request: Outgoing| {
        let is_there = state.config.connection("x").is_ok();
        request.set_header("X-Mark", is_there.to_string());
        request
    })
    .job("setup", async |state: &State, _: Config| {
        state.call("setup").await
    })
    .job("task", async |state: &State, _: Config| {
        state.call("task").await
    })
    .job("teardown", async |state: &State, _: Config| {
        state.call("teardown").await
    })
}

/// A definition with a connection to this port.
fn definition(port: u16, more: &str) -> String {
    format!(
        "{more}
         CONNECTION x http://127.0.0.1:{port} timeout=10 setup=life.mark
         RESOURCE get /get
         SERVER test 0 host=127.0.0.1
         ROUTE /call$
         GET life.call
         ROUTE /spawn$
         GET life.spawn
         ROUTE /spawn_call$
         GET life.spawn_call"
    )
}

fn serve_edited(notes: &Notes, definition: &str) -> Edited {
    let notes = notes.clone();
    edited::serve(move || Micro::new().module(module(&notes)), definition)
}

fn serve(notes: &Notes, port: u16, more: &str, grace: Duration) -> Service {
    let (notes, lines) = (notes.clone(), definition(port, more));
    support::serve(move || {
        let micro = Micro::new().module(module(&notes)).grace(grace);
        micro.lines(lines.lines())
    })
}

/// A server that answers when it is told to, connection by connection.
fn patient() -> Scripted {
    Scripted::new(|peer| {
        while peer.request().is_some() {
            peer.hear(&format!("answer {}", peer.number));
            peer.send(answer("200 OK", &peer.number.to_string()));
        }
    })
}

#[test]
fn a_call_is_under_way_while_another_service_takes_over() {
    let (notes, server) = (Notes::default(), patient());
    let edited = serve_edited(&notes, &definition(server.port, ""));
    let mut client = edited.service.connect();
    client.send(support::get("/call"));
    server.wait_for_requests(1);
    edited
        .change(&definition(server.port, ""))
        .expect("it takes over");
    // The new one has connections of its own.
    server.say("answer 1");
    edited.service.get("/call").is(200, "1");
    assert!(!notes.has("the state is gone"));
    server.say("answer 0");
    client.answer(false).is(200, "0");
    // What the old one kept goes with it.
    notes.wait_for("the state is gone");
    server.wait_for_open(1);
    edited.service.get("/call").is(200, "1");
    assert!(
        server
            .requests()
            .iter()
            .all(|asked| asked.head.contains("X-Mark: true"))
    );
}

/// A module whose state keeps the settings, and whose function a connection has, is in a circle.
#[test]
fn a_state_goes_though_a_connection_has_its_function() {
    let (notes, server) = (Notes::default(), Scripted::answering(answer("200 OK", "1")));
    let edited = serve_edited(&notes, &definition(server.port, ""));
    edited.service.get("/call").is(200, "1");
    edited
        .change(&definition(server.port, ""))
        .expect("it takes over");
    notes.wait_for("the state is gone");
    server.wait_for_open(0);

    let notes = Notes::default();
    let service = serve(&notes, server.port, "", Duration::from_secs(10));
    service.get("/call").is(200, "1");
    service.end().expect("it ends well");
    assert!(notes.has("the state is gone"));
    server.wait_for_open(0);
}

#[test]
fn what_was_spawned_is_told_that_its_service_has_ended() {
    let (notes, server) = (Notes::default(), Scripted::answering(answer("200 OK", "1")));
    let edited = serve_edited(&notes, &definition(server.port, ""));
    edited.service.get("/spawn").is(200, "spawned");
    edited
        .change(&definition(server.port, ""))
        .expect("it takes over");
    notes.wait_for(&format!("spawned {}", CallErrorKind::Ended));
    notes.wait_for("looked up the service has ended");
    // It was there as long as what its module had spawned.
    notes.wait_for("the state is gone");
    assert_eq!(server.accepted(), 0);
}

#[test]
fn what_was_spawned_finishes_a_call_of_a_service_that_has_ended() {
    let (notes, server) = (Notes::default(), patient());
    let edited = serve_edited(&notes, &definition(server.port, ""));
    edited.service.get("/spawn_call").is(200, "spawned");
    server.wait_for_requests(1);
    edited
        .change(&definition(server.port, ""))
        .expect("it takes over");
    server.say("answer 0");
    notes.wait_for("answered");
    server.wait_for_open(0);
    notes.wait_for("the state is gone");
}

#[test]
fn a_service_ends_when_its_calls_are_answered() {
    let (notes, server) = (Notes::default(), patient());
    let mut service = serve(&notes, server.port, "", Duration::from_secs(10));
    let mut client = service.connect();
    client.send(support::get("/call"));
    server.wait_for_requests(1);
    service.stopper.stop();
    server.say("answer 0");
    client.answer(false).is(200, "0");
    service.join().expect("it ends well");
    server.wait_for_open(0);
}

#[test]
fn a_service_does_not_wait_for_a_call_for_ever() {
    let (notes, server) = (Notes::default(), patient());
    let service = serve(&notes, server.port, "", Duration::from_millis(50));
    let mut client = service.connect();
    client.send(support::get("/call"));
    server.wait_for_requests(1);
    service.end().expect("it ends");
    assert!(client.is_ended());
    server.say("answer 0");
    server.wait_for_open(0);
    assert!(notes.has("the state is gone"));
}

/// A peer that goes away has the call for it dropped.
#[test]
fn a_peer_goes_away_while_a_call_is_made_for_it() {
    let server = Scripted::new(|peer| {
        peer.request();
        peer.wait_for_end();
        peer.say("ended");
    });
    let service = serve(&Notes::default(), server.port, "", Duration::from_secs(10));
    let mut client = service.connect();
    client.send(support::get("/call"));
    server.wait_for_requests(1);
    client.reset();
    server.hear("ended");
}

#[test]
fn tasks_and_teardowns_call() {
    let (notes, server) = (Notes::default(), Scripted::answering(answer("200 OK", "1")));
    let more = "TASK one life.task\nTEARDOWN life.teardown";
    let service = serve(&notes, server.port, more, Duration::from_secs(10));
    notes.wait_for("task is answered");
    service.end().expect("it ends well");
    assert!(notes.has("teardown is answered"));
    assert_eq!(server.accepted(), 1);
}

#[test]
fn a_setup_of_the_service_calls() {
    let (notes, server) = (Notes::default(), Scripted::answering(answer("200 OK", "1")));
    let more = "SETUP life.setup";
    let service = serve(&notes, server.port, more, Duration::from_secs(10));
    assert!(notes.has("setup is answered"));
    drop(service);
}

/// All goes at once, in the midst of calls at every step.
#[test]
fn a_loop_goes_away_in_the_midst_of_calls() {
    let server = patient();
    let notes = Notes::default();
    let lines = "CONNECTION x http://127.0.0.1:PORT timeout=0 deadline=0 setup=life.mark
         RESOURCE get /get
         CONNECTION nobody http://nonexistent.invalid
         RESOURCE get /get";
    let lines = lines.replace("PORT", &server.port.to_string());
    let lines = format!("CONFIG x default=1\n{lines}");
    let micro = Micro::new().module(module(&notes));
    let mut caller = caller_of(micro, &lines);
    let (get, nobody) = (caller.resource("get"), caller.running.connection("nobody"));
    let nobody = nobody.and_then(|nobody| nobody.resource("get"));
    let nobody = nobody.expect("it is declared");
    caller.wait(async {
        for get in [get.clone(), get.clone(), nobody] {
            spawn(async move {
                let _ = get.call(()).await;
            });
        }
        let call = before(Duration::from_millis(50), async { get.call(()).await });
        assert!(call.await.is_none());
    });
    drop(caller);
    drop(get);
    server.say("answer 0");
    server.say("answer 1");
    server.say("answer 2");
    server.wait_for_open(0);
    assert!(notes.has("the state is gone"));
}
