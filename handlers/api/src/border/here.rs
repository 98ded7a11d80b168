//! The program that this copy of the crate belongs to: its own, or the one that loaded it.

use std::ptr;
use std::sync::Once;
use std::sync::atomic::{AtomicPtr, Ordering};

use super::failure;
use crate::Error;
use crate::abi::{self, Host, Report, Text};
use crate::host::{self, HOST};

static PROGRAM: AtomicPtr<Host> = AtomicPtr::new(ptr::null_mut());

/// The functions of the program, or of what takes its place on this thread.
pub(crate) fn program() -> &'static Host {
    // A library may run a loop of its own, if only to test itself.
    match host::is_served() {
        true => &HOST,
        false => loader(),
    }
}

/// The functions of the program that has loaded this library, if it is one.
fn loader() -> &'static Host {
    let program = PROGRAM.load(Ordering::Acquire);
    match program.is_null() {
        true => &HOST,
        // SAFETY: `arrive` put it there, and it is valid for ever.
        false => unsafe { &*program },
    }
}

/// An address that no other library has.
pub(crate) fn identity() -> *const std::ffi::c_void {
    (&raw const HOST).cast()
}

/// The first call from the program: compares the versions, and remembers its functions.
///
/// # Safety
///
/// `host` must begin with a version and a size, and be valid for ever if they are ours; `report`
/// must be valid.
pub(crate) unsafe fn arrive(host: *const Host, report: *mut Report) -> bool {
    // SAFETY: the caller vouches for these two numbers.
    let (version, size) = unsafe { ((*host).abi_version, (*host).size) };
    if version != abi::VERSION || size as usize != size_of::<Host>() {
        let mistake = Error::internal(format!(
            "the program speaks version {version} of the border with {size} bytes of functions, \
             the module version {} with {}",
            abi::VERSION,
            size_of::<Host>()
        ));
        // SAFETY: so for the report.
        unsafe { failure::report(report, &mistake) };
        return false;
    }
    if !ptr::eq(host, &raw const HOST) {
        PROGRAM.store(host.cast_mut(), Ordering::Release);
        static ARRIVED: Once = Once::new();
        ARRIVED.call_once(settle);
    }
    true
}

/// Sends to the program what this library logs, and what its panics say.
fn settle() {
    // The library may have brought a logger of its own; then it knows what it wants.
    if log::set_logger(&ProgramLog).is_ok() {
        log::set_max_level(log::LevelFilter::Trace);
    }
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        let text = crate::waiting::panic_text(panic.payload());
        log::error!("panic at {}: {text}", place.unwrap_or_default());
    }));
}

/// The program's log; it is that also while a loop of this library's own serves the thread, whose
/// log this is.
struct ProgramLog;

impl log::Log for ProgramLog {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        // SAFETY: the program's functions are valid for ever.
        metadata.level() as usize <= unsafe { (loader().log_level)() } as usize
    }

    fn log(&self, record: &log::Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let message = record.args().to_string();
        let (target, message) = (Text::new(record.target()), Text::new(&message));
        // SAFETY: as above; the texts live through the call.
        unsafe { (loader().log)(record.level() as u32, target, message) };
    }

    fn flush(&self) {}
}
