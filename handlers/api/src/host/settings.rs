//! The settings of a service, on the side of whoever made them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::HOST;
use super::connections::Connections;
use crate::Config;
use crate::abi::{self, Text};
use crate::border::text;

/// The settings, as [`abi::Config`] with what only this side sees behind it.
#[repr(C)]
pub(super) struct Settings {
    raw: abi::Config,
    /// In the order of their names.
    pub(super) values: Rc<[(String, String)]>,
    /// See [`set_connections`](super::set_connections).
    pub(super) connections: RefCell<Slot>,
}

/// The place for the connections of a service.
pub(super) enum Slot {
    /// There were none yet.
    None,
    /// These.
    Open(Rc<dyn Connections>),
    /// They are gone.
    Ended,
}

/// Settings of these values.
pub(crate) fn make(values: BTreeMap<String, String>) -> Config {
    of_values(values.into_iter().collect())
}

/// Settings of these values, which are in the order of their names.
pub(super) fn of_values(values: Rc<[(String, String)]>) -> Config {
    let settings = Rc::new(Settings {
        raw: abi::Config {
            host: &raw const HOST,
        },
        values,
        connections: RefCell::new(Slot::None),
    });
    // SAFETY: the settings are held once, by what comes back.
    unsafe { Config::from_raw(Rc::into_raw(settings).cast()) }
}

pub(super) unsafe extern "C" fn retain(config: *const abi::Config) {
    // SAFETY: only `of_values` makes objects with our table.
    unsafe { Rc::increment_strong_count(config.cast::<Settings>()) };
}

pub(super) unsafe extern "C" fn release(config: *const abi::Config) {
    // SAFETY: as above; the caller held it.
    unsafe { Rc::decrement_strong_count(config.cast::<Settings>()) };
}

pub(super) unsafe extern "C" fn find(
    config: *const abi::Config,
    name: Text,
    value: *mut Text,
) -> u32 {
    // SAFETY: as above; the name is valid during the call.
    let (settings, name) = unsafe { (&*config.cast::<Settings>(), text::find_text(name)) };
    let find = |name: &str| {
        settings
            .values
            .binary_search_by(|(key, _)| (**key).cmp(name))
    };
    let Some(Ok(index)) = name.map(find) else {
        return 0;
    };
    let (_, found) = &settings.values[index];
    // SAFETY: the place for the value is valid.
    unsafe { value.write(Text::new(found)) };
    1
}

pub(super) unsafe extern "C" fn at(
    config: *const abi::Config,
    index: usize,
    name: *mut Text,
    value: *mut Text,
) -> u32 {
    // SAFETY: as above.
    let settings = unsafe { &*config.cast::<Settings>() };
    let Some((key, text)) = settings.values.get(index) else {
        return 0;
    };
    // SAFETY: the places are valid.
    unsafe {
        name.write(Text::new(key));
        value.write(Text::new(text));
    }
    1
}
