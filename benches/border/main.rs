//! What it costs to call a handler across the border: `cargo bench --bench border`.
//!
//! The same functions are called as Rust calls them, as a linked module, and as a loaded one. Each
//! round has all of them in turn, so that a drift of the machine meets all.

#[allow(unreachable_pub, reason = "the library has the same file")]
mod module;

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::Command;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use micro::registry::load;
use micro_api::host::{
    self, AnyModule, Argument, Descriptor, Function, Handler, Later, Names, Outcome, Parts,
};
use micro_api::{Config, IntoReply, Reply, Request};

const CALLS: u32 = 100_000;
const ROUNDS: usize = 31;

/// The ways of calling, in the order of the columns.
const WAYS: [&str; 3] = ["in Rust", "linked", "loaded"];

fn main() {
    let path = build();
    let loaded = load(&path, "border").expect("it was built by this version");
    let ways = [direct(), open(&module::module().describe()), open(&loaded)];
    println!("nanoseconds for a call, medians of {ROUNDS} rounds of {CALLS} calls");
    println!(
        "{:<12}{:>10}{:>10}{:>10}{:>24}",
        "handler", WAYS[0], WAYS[1], WAYS[2], "the border costs"
    );
    for (at, name) in ["text", "json", "argument", "later"]
        .into_iter()
        .enumerate()
    {
        let handlers = [0, 1, 2].map(|way: usize| &ways[way][at]);
        let [rust, linked, loaded] = medians(handlers);
        let (more, most) = (linked - rust, loaded - rust);
        println!("{name:<12}{rust:>10.1}{linked:>10.1}{loaded:>10.1}{more:>12.1}{most:>12.1}");
    }
}

/// The library of the module, built anew.
fn build() -> PathBuf {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--release", "--quiet", "--example", "border"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status();
    assert!(built.is_ok_and(|status| status.success()), "it builds");
    let program = std::env::current_exe().expect("it runs");
    let folder = program.parent().and_then(Path::parent);
    let library = folder.expect("programs are two folders deep");
    library.join("examples/libborder.so")
}

/// The functions as Rust calls them, through one pointer as a router would.
fn direct() -> Vec<Handler> {
    fn at_once<R: IntoReply + 'static>(function: fn(Request) -> R) -> Handler {
        Rc::new(move |request| Outcome::Ready(function(request.clone()).into_reply()))
    }
    let later: Handler = Rc::new(|request| {
        let request = request.clone();
        Outcome::Pending(Later::new(async move {
            module::later(request).await.into_reply()
        }))
    });
    vec![
        at_once(module::text),
        at_once(module::json),
        at_once(module::argument),
        later,
    ]
}

/// The functions of a module.
fn open(module: &Descriptor) -> Vec<Handler> {
    let functions = module.open(&Config::default()).expect("it has no state");
    let handlers = functions.into_iter().filter_map(|function| match function {
        Function::Handler(handler) => Some(handler),
        _ => None,
    });
    handlers.collect()
}

fn medians(handlers: [&Handler; 3]) -> [f64; 3] {
    let mut parts = Parts::new(Rc::default());
    parts.names = Rc::new(Names::new(["id".to_owned()]));
    parts.arguments = vec![Argument::value(42.into())];
    let parts = Rc::new(parts);
    let mut rounds: [Vec<f64>; 3] = Default::default();
    for _ in 0..ROUNDS {
        for (handler, times) in handlers.into_iter().zip(&mut rounds) {
            let start = Instant::now();
            for _ in 0..CALLS {
                let _ = black_box(call(black_box(handler), &parts));
            }
            times.push(start.elapsed().as_nanos() as f64 / f64::from(CALLS));
        }
    }
    rounds.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[ROUNDS / 2]
    })
}

fn call(handler: &Handler, parts: &Rc<Parts>) -> Reply {
    let request = host::request(parts);
    match handler(&request) {
        Outcome::Ready(reply) => reply,
        Outcome::Pending(future) => {
            let mut future = pin!(future);
            match future
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
            {
                Poll::Ready(reply) => reply,
                Poll::Pending => unreachable!("it waits for nothing"),
            }
        }
    }
}
