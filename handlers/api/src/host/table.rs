//! The table of functions that modules get from the program.

use std::ffi::c_void;
use std::net::SocketAddr;
use std::rc::Rc;

use super::attached::{Attachment, DropValue};
use super::{connections, parts_of_raw, promise, runtime, settings, wrap};
use crate::abi::{self, Host, Peer, Text};
use crate::border::{contain, text};
use crate::parts::Parts;

/// The functions of this program.
pub(crate) static HOST: Host = Host {
    abi_version: abi::VERSION,
    size: size_of::<Host>() as u32,
    log,
    log_level,
    config_retain: settings::retain,
    config_release: settings::release,
    config_find: settings::find,
    config_at: settings::at,
    request_retain,
    request_release,
    request_peer,
    request_attach,
    request_attached,
    request_delay,
    responder_answer: promise::answer,
    responder_drop: promise::forget,
    next_run: wrap::run,
    next_drop: wrap::leave,
    now: runtime::now,
    timer_set: runtime::timer_set,
    timer_cancel: runtime::timer_cancel,
    spawn: runtime::spawn,
    block: runtime::block,
    connection_find: connections::find,
    connection_call: connections::call,
};

unsafe extern "C" fn log(level: u32, target: Text, message: Text) {
    // SAFETY: the texts are valid during the call.
    let (target, message) = unsafe { (text::text(target), text::text(message)) };
    let level = match level {
        0 | 1 => log::Level::Error,
        2 => log::Level::Warn,
        3 => log::Level::Info,
        4 => log::Level::Debug,
        _ => log::Level::Trace,
    };
    let _ = contain(|| log::log!(target: &*target, level, "{message}"));
}

unsafe extern "C" fn log_level() -> u32 {
    log::max_level() as u32
}

unsafe extern "C" fn request_retain(request: *const abi::Request) {
    // SAFETY: only `host::request` makes requests with our table.
    unsafe { Rc::increment_strong_count(request.cast::<Parts>()) };
}

unsafe extern "C" fn request_release(request: *const abi::Request) {
    // SAFETY: as above; the caller held it.
    unsafe { Rc::decrement_strong_count(request.cast::<Parts>()) };
}

unsafe extern "C" fn request_peer(request: *const abi::Request, peer: *mut Peer) {
    // SAFETY: as above; the place is valid.
    unsafe { peer.write(describe(parts_of_raw(request).peer)) };
}

fn describe(address: SocketAddr) -> Peer {
    let port = address.port().into();
    match address {
        SocketAddr::V4(v4) => {
            let mut bytes = [0; 16];
            bytes[..4].copy_from_slice(&v4.ip().octets());
            Peer {
                family: 4,
                port,
                address: bytes,
                ..Peer::default()
            }
        }
        SocketAddr::V6(v6) => Peer {
            family: 6,
            port,
            address: v6.ip().octets(),
            scope: v6.scope_id(),
            flow: v6.flowinfo(),
        },
    }
}

unsafe extern "C" fn request_attach(
    request: *const abi::Request,
    key: *const c_void,
    value: *mut c_void,
    drop: Option<DropValue>,
) {
    // SAFETY: as above.
    let parts = unsafe { parts_of_raw(request) };
    let attachment = Attachment::new(key, value, drop);
    let replaced = parts.attached.replace(attachment);
    // Its `drop` may look at this request, which is not borrowed any more.
    std::mem::drop(replaced);
}

unsafe extern "C" fn request_attached(
    request: *const abi::Request,
    key: *const c_void,
) -> *mut c_void {
    // SAFETY: as above.
    unsafe { parts_of_raw(request) }.attached.find(key)
}

unsafe extern "C" fn request_delay(request: *const abi::Request) -> *mut abi::Responder {
    let (keeper, pending) = promise::promise();
    // SAFETY: as above.
    let replaced = unsafe { parts_of_raw(request) }
        .delayed
        .replace(Some(pending));
    std::mem::drop(replaced);
    keeper
}
