//! A module written in C that calls other services.

#![allow(unsafe_code, reason = "a library is loaded")]

use std::ffi::CString;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use micro_api::host::{AnyModule, Descriptor, Kind};
use micro_api::testing::{self, MockCall, Opened};
use micro_api::{CallError, CallErrorKind, Reply, Value, abi, json};

/// The module `caller`, built from `caller.c` and loaded.
struct Caller;

impl AnyModule for Caller {
    fn describe(&self) -> Descriptor {
        static LOADED: OnceLock<&'static abi::Module> = OnceLock::new();
        let raw = LOADED.get_or_init(load);
        // SAFETY: it was just built with this header, and is never unloaded.
        unsafe { Descriptor::from_raw(raw) }
    }
}

fn load() -> &'static abi::Module {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().expect("a folder");
    let library = folder.path().join("libcaller.so");
    let mut compiler = Command::new("cc");
    compiler.args(["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]);
    compiler
        .args(["-shared", "-fPIC", "-g", "-I"])
        .arg(root.join("include"));
    compiler
        .arg(root.join("tests/calls/caller.c"))
        .arg("-o")
        .arg(&library);
    let done = compiler.output().expect("a C compiler is needed");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}");
    let path = CString::new(library.to_str().expect("UTF-8")).expect("no NUL");
    let symbol = CString::new(abi::SYMBOL).expect("no NUL");
    // SAFETY: both texts end with a NUL; the library's code is its own functions.
    let found = unsafe {
        let library = libc::dlopen(path.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL);
        assert!(!library.is_null(), "it can be loaded");
        libc::dlsym(library, symbol.as_ptr())
    };
    assert!(!found.is_null(), "it has the symbol");
    // SAFETY: under this name there is a module, as long as the process runs.
    unsafe { &*found.cast::<abi::Module>() }
}

#[test]
fn a_call_from_c_has_its_arguments_and_its_answer_is_handed_on() {
    let caller = Opened::new(&Caller).resource("docker.create", |call: MockCall| {
        assert_eq!(call.arguments(), [json!(1), json!("two")]);
        assert_eq!(call.id(), Some("0000000000000007"));
        assert!(!call.is_streamed());
        let count = call.named("count").cloned();
        (201, [("X-Made", "yes")], json!({"count": count}))
    });
    let answer = testing::get(r"/ask?{%22count%22:2}")
        .id(7)
        .call_with(&caller, "ask");
    assert_eq!(answer.status, 500, "it is not JSON as it is encoded");
    let failure = answer.failure().expect("it says why");
    assert!(
        failure.starts_with("arguments: they are not JSON: "),
        "{failure}"
    );
    let answer = testing::get(r#"/ask?{"count":2}"#)
        .id(7)
        .call_with(&caller, "ask");
    assert_eq!((answer.status, answer.header("x-made")), (201, Some("yes")));
    assert_eq!(answer.json(), json!({"count": 2}));
}

#[test]
fn failures_come_to_c_with_their_kinds() {
    let asked = |answer: fn(MockCall) -> Result<u16, CallError>| {
        let caller = Opened::new(&Caller).resource("docker.create", answer);
        testing::get("/ask").call_with(&caller, "ask")
    };
    let late = asked(|_| Err(CallError::new(CallErrorKind::Timeout, "late")));
    assert_eq!((late.status, late.failure()), (504, Some("timeout: late")));
    let busy = asked(|_| Err(CallError::new(CallErrorKind::Busy, "full")));
    assert_eq!((busy.status, busy.failure()), (503, Some("busy: full")));
    let missing = asked(|_| Ok(404));
    assert_eq!((missing.status, missing.failure()), (404, None));
    assert_eq!(missing.json()["error"], "no such container");
    let gone = asked(|_| Ok(410));
    let why = "status: the answer is 410 Gone";
    assert_eq!((gone.status, gone.failure()), (410, Some(why)));
}

#[test]
fn c_looks_for_a_connection() {
    let caller = Opened::new(&Caller).resource("docker.create", |_| 204);
    let found = |name: &str| {
        let request = testing::get(&format!("/find?{name}"));
        request.call_with(&caller, "find").text().to_owned()
    };
    assert_eq!(found("docker"), "it is there");
    let why = "the test has no mock of connection `nowhere`, only of `docker.create`";
    assert_eq!(found("nowhere"), why);
}

#[test]
fn c_reads_a_stream_and_lets_go_of_it() {
    let caller = Opened::new(&Caller).resource("docker.events", |call: MockCall| {
        assert!(call.is_streamed() && call.arguments().is_empty());
        Reply::pieces("text/plain", [b"first".to_vec(), b"second".to_vec()])
    });
    assert_eq!(
        testing::get("/").call_with(&caller, "first").text(),
        "first"
    );
}

#[test]
fn a_transform_in_c_gets_json_and_answers_with_text() {
    let functions = Caller.describe().info().functions;
    assert_eq!(functions[3].kind, Kind::Transform);
    let caller = Opened::new(&Caller);
    let shouted = |value: Option<&Value>| caller.transform("shout", value);
    assert_eq!(shouted(Some(&json!("hey"))).code(), 200);
    let answer = testing::get("/").call_with(&caller, "ask");
    assert_eq!(answer.status, 500, "nothing is mocked");
    assert_eq!(shouted(None).code(), 500);
}
