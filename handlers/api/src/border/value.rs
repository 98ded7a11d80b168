//! Values on their way across.

use super::failure::panic_on;
use super::text;
use crate::Value;
use crate::abi::{self, Text, ValueSink};

/// What a value is on the border. Its text may live in `kept`.
pub(crate) fn lend(value: &Value, kept: &mut String) -> abi::Value {
    let of = |kind, bits, text| abi::Value {
        kind,
        owner: 0,
        bits,
        text,
    };
    match value {
        Value::Null => of(abi::VALUE_NULL, 0, Text::NONE),
        Value::Bool(truth) => of(abi::VALUE_BOOL, (*truth).into(), Text::NONE),
        Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(int), ..) => of(abi::VALUE_INT, int.cast_unsigned(), Text::NONE),
            (None, Some(int), _) => of(abi::VALUE_UINT, int, Text::NONE),
            (.., float) => of(
                abi::VALUE_FLOAT,
                float.unwrap_or(f64::NAN).to_bits(),
                Text::NONE,
            ),
        },
        Value::String(text) => of(abi::VALUE_TEXT, 0, Text::new(text)),
        Value::Array(_) | Value::Object(_) => {
            *kept = value.to_string();
            of(abi::VALUE_JSON, 0, Text::new(kept))
        }
    }
}

/// The value that this is.
///
/// # Safety
///
/// Its text must be valid during the call, if it has one.
pub(crate) unsafe fn find(raw: &abi::Value) -> Result<Value, &'static str> {
    // SAFETY: the caller vouches for it.
    let text = || unsafe { text::find_text(raw.text) }.ok_or("its text is not UTF-8");
    Ok(match raw.kind {
        abi::VALUE_NULL => Value::Null,
        abi::VALUE_BOOL => Value::Bool(raw.bits != 0),
        abi::VALUE_INT => Value::from(raw.bits.cast_signed()),
        abi::VALUE_UINT => Value::from(raw.bits),
        abi::VALUE_FLOAT => match serde_json::Number::from_f64(f64::from_bits(raw.bits)) {
            Some(number) => Value::Number(number),
            None => return Err("its number is not finite"),
        },
        abi::VALUE_TEXT => Value::from(text()?),
        abi::VALUE_JSON => serde_json::from_str(text()?).map_err(|_| "its JSON is none")?,
        _ => return Err("it is of an unknown kind"),
    })
}

/// What a conversion left.
#[repr(C)]
pub(crate) struct Slot {
    sink: ValueSink,
    result: Option<Result<Value, String>>,
    failure: Option<String>,
}

impl Slot {
    pub(crate) fn new() -> Slot {
        Slot {
            sink: ValueSink { take, refuse, fail },
            result: None,
            failure: None,
        }
    }

    /// Where the function leaves its value.
    pub(crate) fn sink(&mut self) -> *mut ValueSink {
        std::ptr::from_mut(self).cast()
    }

    /// The value, or why there is none. A failure goes on as a panic on this side.
    pub(crate) fn result(self) -> Result<Value, String> {
        match (self.failure, self.result) {
            (Some(failure), _) => panic_on(failure),
            (None, Some(result)) => result,
            (None, None) => panic_on("a type is done without a value".to_owned()),
        }
    }
}

unsafe extern "C" fn take(sink: *mut ValueSink, value: *const abi::Value) {
    // SAFETY: the sink is the first field of a slot that `Slot::sink` lent, and the value is valid
    // during the call.
    let (slot, found) = unsafe { (&mut *sink.cast::<Slot>(), find(&*value)) };
    match found {
        Ok(value) => {
            slot.result.get_or_insert(Ok(value));
        }
        Err(mistake) => {
            let mistake = format!("a type has made a value that is none: {mistake}");
            slot.failure.get_or_insert(mistake);
        }
    }
}

unsafe extern "C" fn refuse(sink: *mut ValueSink, reason: Text) {
    // SAFETY: as above.
    let (slot, reason) = unsafe { (&mut *sink.cast::<Slot>(), text::text(reason)) };
    slot.result.get_or_insert(Err(reason.into_owned()));
}

unsafe extern "C" fn fail(sink: *mut ValueSink, reason: Text) {
    // SAFETY: as above.
    let (slot, reason) = unsafe { (&mut *sink.cast::<Slot>(), text::text(reason)) };
    slot.failure.get_or_insert_with(|| reason.into_owned());
}

/// Leaves the result of a conversion.
///
/// # Safety
///
/// The sink must be valid.
pub(crate) unsafe fn give(sink: *mut ValueSink, result: Result<Value, String>) {
    match result {
        Ok(value) => {
            let mut kept = String::new();
            let raw = lend(&value, &mut kept);
            // SAFETY: the caller vouches for the sink; the value lives through the call.
            unsafe { ((*sink).take)(sink, &raw const raw) };
        }
        // SAFETY: as above.
        Err(reason) => unsafe { ((*sink).refuse)(sink, Text::new(&reason)) },
    }
}
