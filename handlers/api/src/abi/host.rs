//! What a module may ask of the program.

use std::ffi::c_void;

use super::{
    Call, Config, Future, Next, Peer, Reply, Report, Request, Responder, Task, Text, Waker, Work,
};

/// The functions of the program. There is one such table in a process, valid for ever.
///
/// All of them are for the loop's thread, unless their line says otherwise. What gives a `u32`
/// gives 1 for yes and 0 for no.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Host {
    /// [`VERSION`](super::VERSION).
    pub abi_version: u32,
    /// The size of this structure.
    pub size: u32,

    /// Writes a line to the log. Levels: 1 error, 2 warn, 3 info, 4 debug, 5 trace. Any thread.
    pub log: unsafe extern "C" fn(level: u32, target: Text, message: Text),
    /// The least important level that is shown now; 0 if none. Any thread.
    pub log_level: unsafe extern "C" fn() -> u32,

    /// Keeps settings beyond the call.
    pub config_retain: unsafe extern "C" fn(config: *const Config),
    /// Lets go of settings that were kept.
    pub config_release: unsafe extern "C" fn(config: *const Config),
    /// The value of a setting, valid as long as the settings are. No if it has none.
    pub config_find:
        unsafe extern "C" fn(config: *const Config, name: Text, value: *mut Text) -> u32,
    /// The setting at this place in the order of their names. No behind the last one.
    pub config_at: unsafe extern "C" fn(
        config: *const Config,
        index: usize,
        name: *mut Text,
        value: *mut Text,
    ) -> u32,

    /// Keeps a request beyond the call.
    pub request_retain: unsafe extern "C" fn(request: *const Request),
    /// Lets go of a request that was kept.
    pub request_release: unsafe extern "C" fn(request: *const Request),
    /// Who asks.
    pub request_peer: unsafe extern "C" fn(request: *const Request, peer: *mut Peer),
    /// Leaves a value at a request under a key: any address that is the module's own. The one that
    /// was there before is dropped; all are when nobody holds the request any more, or before the
    /// module that left them is closed. Until then, a value that holds its own request is never
    /// dropped. What a `drop` spawns does not hold the module open.
    pub request_attach: unsafe extern "C" fn(
        request: *const Request,
        key: *const c_void,
        value: *mut c_void,
        drop: Option<unsafe extern "C" fn(value: *mut c_void)>,
    ),
    /// The value that was left under a key, or null.
    pub request_attached:
        unsafe extern "C" fn(request: *const Request, key: *const c_void) -> *mut c_void,
    /// Promises to answer later. What the function itself answers is then left aside. The responder
    /// must be given to `responder_answer` or `responder_drop`: the peer waits as long, or until the
    /// handler's time is over.
    pub request_delay: unsafe extern "C" fn(request: *const Request) -> *mut Responder,

    /// Keeps the promise, and lets go of it. Nothing happens if the peer has gone. Any thread.
    pub responder_answer: unsafe extern "C" fn(responder: *mut Responder, reply: *mut Reply),
    /// Breaks the promise: the peer gets a 500. Any thread.
    pub responder_drop: unsafe extern "C" fn(responder: *mut Responder),

    /// Goes on to the handler, and lets go of `next`; fills in a future of the answer, which is
    /// then the caller's.
    pub next_run:
        unsafe extern "C" fn(next: *mut Next, request: *const Request, future: *mut Future),
    /// Lets go of `next`.
    pub next_drop: unsafe extern "C" fn(next: *mut Next),

    /// The time of the loop in nanoseconds, from an arbitrary beginning. No if there
    /// is no loop on this thread.
    pub now: unsafe extern "C" fn(nanoseconds: *mut u64) -> u32,
    /// Wakes at this time; the waker is cloned. 0 if there is no loop on this thread.
    pub timer_set: unsafe extern "C" fn(nanoseconds: u64, waker: *const Waker) -> u64,
    /// Forgets a timer; one that is over is gone already. Any thread, but it does something only on
    /// the loop's.
    pub timer_cancel: unsafe extern "C" fn(timer: u64),
    /// Runs a task beside everything else. No, and the task is dropped, if there is no loop on
    /// this thread.
    pub spawn: unsafe extern "C" fn(task: *const Task) -> u32,
    /// Does work on a helper thread. No, and the work is dropped, if there is no loop on this
    /// thread.
    pub block: unsafe extern "C" fn(work: *const Work) -> u32,

    /// Whether the service has this CONNECTION, and in it this RESOURCE; only the former, if the
    /// name of the latter is none. If not, the report says what there is. Which connections there
    /// are depends on the service, whose identity are its settings.
    pub connection_find: unsafe extern "C" fn(
        config: *const Config,
        connection: Text,
        resource: Text,
        report: *mut Report,
    ) -> u32,
    /// Calls a RESOURCE of a CONNECTION. Fills in a future of the answer, which is then the
    /// caller's: dropping it ends the call.
    ///
    /// An answer without a `failure` is the peer's, and its status is one of 200 to 299. The
    /// `failure` of any other is a word that says what has failed, a colon, a blank and a sentence,
    /// such as `timeout: no answer within 30 s`. With the word `status` the rest is the peer's
    /// answer; with another one the status is 504 for `timeout`, 502 if it is the peer's fault, and
    /// else 503 or 500. The failure of a stream is such a text, too.
    pub connection_call:
        unsafe extern "C" fn(config: *const Config, call: *const Call, future: *mut Future),
}
