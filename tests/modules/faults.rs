//! The module `faults`: everything that a function of a module may do, and whatever may go wrong in
//! one. Safe Rust alone; that it is linked or loaded must make no difference to anybody.

use std::cell::{Cell, RefCell};
use std::future::{pending, poll_fn};
use std::panic::panic_any;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use micro_api::{
    ChunkSource, Config, Error, Json, Module, Next, Reply, Request, Responder, Value, blocking,
    json, sleep, spawn, testing,
};

/// The module.
pub(crate) const fn module() -> Module<State> {
    Module::with_state("faults", open)
        .handler("plain", plain)
        .handler("later", later)
        .handler("count", count)
        .handler("count_later", count_later)
        .handler("fields", fields)
        .handler("echo", echo)
        .handler("converted", converted)
        .handler("user", user)
        .handler("thread", from_thread)
        .handler("spawned", spawned)
        .handler("blocked", blocked)
        .handler("stream", stream)
        .handler("panic", panic_now)
        .handler("panic_first", panic_first)
        .handler("panic_slept", panic_slept)
        .handler("panic_woken", panic_woken)
        .handler("panic_blocked", panic_blocked)
        .handler("panic_spawned", panic_spawned)
        .handler("hold", hold)
        .handler("attach", attach)
        .handler("dropped", dropped)
        .handler("forgotten", forgotten)
        .handler("twice", twice)
        .handler("promise", promise)
        .handler("keep_promises", keep_promises)
        .handler("outlive", outlive)
        .handler("keep", keep)
        .handler("kept", kept)
        .handler("thread_local", thread_local)
        .handler("path", path)
        .handler("tested", tested)
        .handler("break_log", break_log)
        .handler("panic_waking", panic_waking)
        .wrapper("mark", mark)
        .wrapper("before", before)
        .wrapper("after", after)
        .wrapper("cancel", cancel)
        .wrapper("made_up", made_up)
        .wrapper("promises", promises)
        .job("setup", setup)
        .job("task", task)
        .job("teardown", teardown)
        .turn("turn", turn)
        .convert("kind", kind)
}

/// What the functions share.
pub(crate) struct State {
    name: String,
    close: String,
    turn: String,
    count: Cell<u64>,
    requests: RefCell<Vec<Request>>,
    responders: RefCell<Vec<Responder>>,
}

impl Drop for State {
    fn drop(&mut self) {
        log::info!("{} is closed", self.name);
        act(&self.close, "close", &self.name).expect("it panics, or is well");
    }
}

/// Panics when it is dropped.
struct Bomb(String);

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("bomb of {}", self.0);
    }
}

/// Panics in this way.
fn fail(how: &str, whose: &str) -> ! {
    match how {
        "number" => panic_any(7_u8),
        "bomb" => panic_any(Bomb(whose.to_owned())),
        _ => panic!("boom of {whose}"),
    }
}

/// Does what a setting says.
fn act(what: &str, place: &str, name: &str) -> Result<(), Error> {
    match what {
        "panic" => panic!("{place} of {name}"),
        "bomb" => panic_any(Bomb(format!("{place} of {name}"))),
        "error" => Err(Error::internal(format!("no {place} for {name}"))),
        _ => Ok(()),
    }
}

fn find(config: &Config, name: &str) -> String {
    config.find(name).unwrap_or_default().to_owned()
}

fn open(config: &Config) -> Result<State, Error> {
    let name = find(config, "faults.name");
    act(&find(config, "faults.open"), "open", &name)?;
    // It is there before most of what a loop has on its thread, and so is dropped behind it.
    LEFT.with_borrow(Vec::len);
    Ok(State {
        name,
        close: find(config, "faults.close"),
        turn: find(config, "faults.turn"),
        count: Cell::default(),
        requests: RefCell::default(),
        responders: RefCell::default(),
    })
}

// What answers well.

fn plain(_: Request) -> &'static str {
    "plain"
}

async fn later(_: Request) -> (u16, Json<u8>) {
    sleep(Duration::from_millis(2)).await;
    (201, Json(1))
}

fn count(state: &State, _: Request) -> Json<u64> {
    state.count.set(state.count.get() + 1);
    Json(state.count.get())
}

async fn count_later(state: &State, request: Request) -> Json<u64> {
    sleep(Duration::from_millis(1)).await;
    count(state, request)
}

fn fields(state: &State, request: Request) -> Value {
    let headers = request.headers().filter(|(name, _)| name.starts_with("X-"));
    let headers = headers.map(|(name, value)| format!("{name}={}", String::from_utf8_lossy(value)));
    json!({
        "method": request.method().as_str(),
        "path": request.path(),
        "query": request.query(),
        "pairs": request.query_pairs().collect::<Vec<_>>(),
        "headers": headers.collect::<Vec<_>>(),
        "body": request.text().ok(),
        "peer": request.peer().ip().to_string(),
        "id": request.id().len(),
        "names": request.argument_names().collect::<Vec<_>>(),
        "number": request.arg::<i64>("number").ok(),
        "word": request.arg::<&str>("word").ok(),
        "list": request.arg::<Value>("list").ok(),
        "setting": request.config().find("faults.setting"),
        "state": state.name.starts_with("fields"),
    })
}

fn echo(request: Request) -> Vec<u8> {
    request.body().to_vec()
}

fn converted(request: Request) -> Result<Value, Error> {
    request.arg("value")
}

/// What `mark` leaves at a request.
struct User(String);

async fn mark(_: &State, request: Request, next: Next) -> Reply {
    let name = request.header("x-user").unwrap_or("nobody").to_owned();
    request.attach(User("replaced".to_owned()));
    request.attach(User(name));
    next.run(request).await.with_header("X-Mark", "1")
}

fn user(request: Request) -> Option<String> {
    Some(request.attached::<User>()?.0.clone())
}

fn from_thread(request: Request) {
    let responder = request.delay();
    thread::spawn(move || responder.answer((202, "from a thread")));
}

fn spawned(request: Request) {
    let responder = request.delay();
    spawn(async move {
        sleep(Duration::from_millis(1)).await;
        responder.answer(request.path().to_owned());
    });
}

async fn blocked(_: Request) -> Result<&'static str, Error> {
    let here = thread::current().id();
    blocking(move || match thread::current().id() == here {
        true => "done here",
        false => "worked",
    })
    .await
}

/// A content of three pieces that does what it is told in between.
struct Pieces {
    at: usize,
    how: String,
    id: String,
    pause: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    bomb: Option<Bomb>,
}

impl ChunkSource for Pieces {
    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Vec<u8>, Error>>> {
        if let Some(pause) = &mut self.pause {
            if pause.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            self.pause = Some(Box::pin(sleep(Duration::from_millis(1))));
        }
        self.at += 1;
        Poll::Ready(match (self.at, self.how.as_str()) {
            (1, "panic_first") | (2, "panic") => panic!("stream of {}", self.id),
            (2, "bomb") => panic_any(Bomb(self.id.clone())),
            (2, "error") => Some(Err(Error::internal(format!("no second of {}", self.id)))),
            (2, "silent") => return Poll::Pending,
            (4.., _) => None,
            (at, _) => Some(Ok(format!("{at},").into_bytes())),
        })
    }

    fn length(&self) -> Option<u64> {
        assert!(self.how != "length", "length of {}", self.id);
        (self.how == "sized").then_some(6)
    }
}

fn stream(request: Request) -> Result<Reply, Error> {
    let (how, id) = (request.arg::<String>("how")?, request.id().to_owned());
    let has_bomb = matches!(how.as_str(), "drop" | "silent");
    let pieces = Pieces {
        at: 0,
        pause: (how == "slow").then(|| Box::pin(sleep(Duration::from_millis(1))) as _),
        bomb: has_bomb.then(|| Bomb(id.clone())),
        how,
        id,
    };
    log::debug!("a stream, {}", pieces.bomb.is_some());
    Ok(Reply::stream("text/plain", pieces))
}

// Panics. The argument `how` says in which way.

fn how(request: &Request) -> String {
    request.arg("how").unwrap_or_else(|_| "words".to_owned())
}

fn panic_now(request: Request) -> &'static str {
    fail(&how(&request), request.id())
}

async fn panic_first(request: Request) -> &'static str {
    fail(&how(&request), request.id())
}

async fn panic_slept(request: Request) -> &'static str {
    sleep(Duration::from_millis(1)).await;
    fail(&how(&request), request.id())
}

/// Is woken by a thread, and panics in the poll that comes of it.
async fn panic_woken(request: Request) -> &'static str {
    let mut is_woken = false;
    poll_fn(|context| {
        if is_woken {
            fail(&how(&request), request.id());
        }
        is_woken = true;
        let waker = context.waker().clone();
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(1));
            waker.wake();
        });
        Poll::Pending
    })
    .await
}

async fn panic_blocked(request: Request) -> Result<(), Error> {
    let (how, id) = (how(&request), request.id().to_owned());
    blocking(move || -> () { fail(&how, &id) }).await
}

/// The future panics beside the answer.
fn panic_spawned(request: Request) -> &'static str {
    spawn(async move {
        sleep(Duration::from_millis(1)).await;
        fail(&how(&request), request.id())
    });
    "spawned"
}

/// Never answers; what it holds panics when it is dropped.
async fn hold(request: Request) -> &'static str {
    let _bomb = Bomb(how(&request));
    pending().await
}

struct First(Bomb);
struct Second(Bomb);

/// Leaves two values whose drops panic, one in the place of a third.
fn attach(request: Request) -> String {
    let bomb = |at| Bomb(format!("{at} at {}", request.id()));
    request.attach(First(bomb(1)));
    request.attach(Second(bomb(2)));
    let named = request
        .attached::<First>()
        .zip(request.attached::<Second>());
    let named = named.map_or(0, |(first, second)| first.0.0.len() + second.0.0.len());
    named.to_string()
}

async fn before(request: Request, _: Next) -> Reply {
    fail(&how(&request), request.id())
}

async fn after(request: Request, next: Next) -> Reply {
    next.run(request.clone()).await;
    fail(&how(&request), request.id())
}

/// Polls the handler once, and lets it go.
async fn cancel(request: Request, next: Next) -> String {
    let mut running = Box::pin(next.run(request));
    let progress = poll_fn(|context| Poll::Ready(running.as_mut().poll(context))).await;
    drop(running);
    format!("ready: {}", progress.is_ready())
}

fn kind(state: &State, text: &str) -> Result<Value, String> {
    match text.split_once(':') {
        Some((how, whose)) => fail(how, whose),
        None if text == "bad" => Err(format!("must not be bad for {}", state.name.len())),
        None => Ok(json!({ "text": text })),
    }
}

async fn setup(state: &State, config: Config) -> Result<(), Error> {
    sleep(Duration::from_millis(1)).await;
    act(&find(&config, "faults.setup"), "setup", &state.name)?;
    log::info!("{} is set up", state.name);
    Ok(())
}

async fn task(state: &State, config: Config) -> Result<(), Error> {
    sleep(Duration::from_millis(1)).await;
    act(&find(&config, "faults.task"), "task", &state.name)
}

fn teardown(state: &State, config: Config) -> Result<(), Error> {
    log::info!("{} is torn down", state.name);
    act(&find(&config, "faults.teardown"), "teardown", &state.name)
}

fn turn(state: &State) {
    act(&state.turn, "turn", &state.name).expect("it panics, or is well");
}

// Answers that come never, twice, or too late, and what is kept too long.

fn dropped(request: Request) -> &'static str {
    drop(request.delay());
    "nobody hears this"
}

fn forgotten(request: Request) {
    std::mem::forget(request.delay());
}

/// The promise that was made last counts, and neither the one before nor what is returned.
fn twice(request: Request) -> &'static str {
    let (first, second) = (request.delay(), request.delay());
    first.answer("first");
    second.answer("second");
    "third"
}

fn promise(state: &State, request: Request) {
    state.responders.borrow_mut().push(request.delay());
}

/// Keeps every promise, on another thread, and says how many there were.
fn keep_promises(state: &State, _: Request) -> String {
    let responders = state.responders.take();
    let count = responders.len();
    let answering = thread::spawn(|| {
        for responder in responders {
            responder.answer("better late than never");
        }
    });
    answering.join().expect("nothing panics");
    count.to_string()
}

/// A thread answers, long after the service has ended.
fn outlive(state: &State, request: Request) {
    let (responder, name) = (request.delay(), state.name.clone());
    thread::spawn(move || {
        thread::sleep(Duration::from_millis(200));
        responder.answer("is anybody there?");
        log::info!("{name} was outlived");
    });
}

fn keep(state: &State, request: Request) -> String {
    let mut requests = state.requests.borrow_mut();
    requests.push(request);
    requests.len().to_string()
}

/// What is in the requests that were kept.
fn kept(state: &State, _: Request) -> Json<Vec<Value>> {
    let requests = state.requests.borrow();
    let told = requests.iter().map(|request| {
        json!({
            "path": request.path(),
            "word": request.arg::<&str>("word").ok(),
            "list": request.arg::<Value>("list").ok(),
            "label": request.header("x-label"),
            "body": request.text().ok(),
            "id": request.id(),
            "setting": request.config().find("faults.setting"),
            "user": request.attached::<User>().map(|user| user.0.clone()),
        })
    });
    Json(told.collect())
}

/// What is dropped with its thread.
type Left = (Pin<Box<dyn Future<Output = ()>>>, Request, Responder, Reply);

thread_local! {
    static LEFT: RefCell<Vec<Left>> = const { RefCell::new(Vec::new()) };
}

fn thread_local(request: Request) -> &'static str {
    let mut pause: Pin<Box<dyn Future<Output = ()>>> = Box::pin(sleep(Duration::from_secs(600)));
    let mut context = Context::from_waker(Waker::noop());
    assert!(pause.as_mut().poll(&mut context).is_pending());
    let other = request.clone();
    let responder = request.delay();
    // This one answers; the other is left.
    request.delay().answer("left");
    let reply = Reply::bytes("text/plain", vec![0; 100]);
    LEFT.with_borrow_mut(|left| left.push((pause, other, responder, reply)));
    "nobody hears this"
}

// What a wrapper does with its handler, and with promises.

fn path(request: Request) -> String {
    request.path().to_owned()
}

/// Goes on with a request that it has made itself.
async fn made_up(_: Request, next: Next) -> Reply {
    next.run(testing::get("/made-up").build()).await
}

/// Promises an answer of its own, and returns another.
async fn promises(request: Request, next: Next) -> &'static str {
    let keep = |responder: Responder, reply: Reply| {
        let reply = reply.with_header("X-By", "wrapper");
        thread::spawn(move || responder.answer(reply));
    };
    match how(&request).as_str() {
        // Keeps what is finished until its own end.
        "after" => {
            let mut running = pin!(next.run(request.clone()));
            let reply = running.as_mut().await;
            keep(request.delay(), reply);
        }
        "between" => {
            let running = next.run(request.clone());
            let responder = request.delay();
            keep(responder, running.await);
        }
        "before" => {
            let responder = request.delay();
            keep(responder, next.run(request).await);
        }
        // Lets the handler go half-way.
        _ => {
            let mut running = Box::pin(next.run(request.clone()));
            poll_fn(|context| Poll::Ready(running.as_mut().poll(context).is_ready())).await;
            drop(running);
            keep(request.delay(), Reply::text("half-way"));
        }
    }
    "returned by the wrapper"
}

// What belongs to the program, or might.

/// Tests another handler, in a loop of the test's own, and then waits on that of the program.
async fn tested(request: Request) -> String {
    let id = request.id().to_owned();
    let answer = testing::get("/tested").call(async move |request: Request| {
        sleep(Duration::from_secs(3600)).await;
        log::info!("tested for {id}");
        let done = blocking(|| "worked").await?;
        spawn(async {});
        Ok::<_, Error>(format!("{} {done}", request.path()))
    });
    sleep(Duration::from_millis(1)).await;
    format!("{} after {:?}", answer.text(), answer.elapsed())
}

/// Logs what the program's log panics at.
fn break_log(request: Request) -> &'static str {
    log::info!("{} of {}", "BREAK THE LOG", request.id());
    "it is whole"
}

/// Panics when it wakes.
struct Loud(String);

impl Wake for Loud {
    fn wake(self: Arc<Self>) {
        panic!("waking of {}", self.0);
    }
}

async fn panic_waking(request: Request) -> &'static str {
    let mut pause = Box::pin(sleep(Duration::from_millis(1)));
    let waker = Waker::from(Arc::new(Loud(request.id().to_owned())));
    let polled = pause.as_mut().poll(&mut Context::from_waker(&waker));
    assert!(polled.is_pending());
    sleep(Duration::from_millis(5)).await;
    pause.await;
    "awake"
}
