//! Sizes, alignments, offsets and constants as a compiler of C sees them, and as Rust does.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::mem::offset_of;

use micro_api::{Method, abi};

/// Where the fields of a structure are.
pub(crate) struct Layout {
    pub(crate) name: String,
    pub(crate) fields: Vec<(&'static str, usize)>,
    size: usize,
    alignment: usize,
}

macro_rules! layouts {
    ($($name:ident: $($field:ident)*;)*) => {
        vec![$(Layout {
            name: concat!("Micro", stringify!($name)).to_owned(),
            fields: vec![$((stringify!($field), offset_of!(abi::$name, $field))),*],
            size: size_of::<abi::$name>(),
            alignment: align_of::<abi::$name>(),
        }),*]
    };
}

/// Every structure of the border with all its fields.
pub(crate) fn table() -> Vec<Layout> {
    layouts! {
        Answer: take;
        Body: kind reserved buffer stream;
        Buffer: data length capacity release;
        Bytes: data length;
        Call: connection resource arguments named id flags reserved;
        Config: host;
        Failure: status is_panic message detail;
        Field: name value;
        Function: name summary kind flags parameters parameter_count data call;
        FunctionPointer: handler wrapper job turn convert transform address;
        Future: data poll drop;
        Header: name value flags reserved;
        Host: abi_version size log log_level config_retain config_release config_find config_at
            request_retain request_release request_peer request_attach request_attached
            request_delay responder_answer responder_drop next_run next_drop now timer_set
            timer_cancel spawn block connection_find connection_call;
        Module: abi_version module_size function_size parameter_size request_size reply_size
            host_size flags name version functions function_count data open close;
        Next: host;
        Parameter: name kind is_required;
        Peer: family port address scope flow;
        Reply: status origin content_type headers header_count failure body flags reserved;
        Report: fail;
        Request: host config bytes length headers header_count arguments names argument_count
            target path query body method reserved id;
        Responder: host;
        Span: start end;
        Stream: data poll drop length has_length reserved;
        Task: data poll drop;
        Text: data length;
        Value: kind owner bits text;
        ValueSink: take refuse fail;
        Waker: data extra table;
        WakerTable: clone wake drop;
        Work: data run drop;
    }
}

/// Constants that Rust has elsewhere.
fn others() -> [(&'static str, usize); 12] {
    [
        ("MICRO_LEVEL_ERROR", log::Level::Error as usize),
        ("MICRO_LEVEL_WARN", log::Level::Warn as usize),
        ("MICRO_LEVEL_INFO", log::Level::Info as usize),
        ("MICRO_LEVEL_DEBUG", log::Level::Debug as usize),
        ("MICRO_LEVEL_TRACE", log::Level::Trace as usize),
        ("MICRO_METHOD_GET", Method::Get as usize),
        ("MICRO_METHOD_HEAD", Method::Head as usize),
        ("MICRO_METHOD_POST", Method::Post as usize),
        ("MICRO_METHOD_PUT", Method::Put as usize),
        ("MICRO_METHOD_PATCH", Method::Patch as usize),
        ("MICRO_METHOD_DELETE", Method::Delete as usize),
        ("MICRO_METHOD_OPTIONS", Method::Options as usize),
    ]
}

/// What [`program`] should write.
pub(crate) fn text(table: &[Layout], constants: &BTreeMap<String, String>) -> String {
    let mut text = String::new();
    for layout in table {
        let (name, size, alignment) = (&layout.name, layout.size, layout.alignment);
        writeln!(text, "{name}: size {size}, alignment {alignment}").expect("a text grows");
        for (field, offset) in &layout.fields {
            writeln!(text, "{name}.{field}: at {offset}").expect("a text grows");
        }
    }
    for (name, value) in constants {
        writeln!(text, "{name} = {}", value.trim_matches('"')).expect("a text grows");
    }
    for (name, value) in others() {
        writeln!(text, "{name} = {value}").expect("a text grows");
    }
    text
}

/// A program in C that writes what the header has.
pub(crate) fn program(table: &[Layout], constants: &BTreeMap<String, String>) -> String {
    let mut lines = String::new();
    for layout in table {
        let name = &layout.name;
        writeln!(lines, "    STRUCTURE({name});").expect("a text grows");
        for (field, _) in &layout.fields {
            writeln!(lines, "    FIELD({name}, {field});").expect("a text grows");
        }
    }
    for (name, value) in constants {
        let kind = if value.starts_with('"') {
            "TEXT"
        } else {
            "NUMBER"
        };
        writeln!(lines, "    {kind}({name});").expect("a text grows");
    }
    for (name, _) in others() {
        writeln!(lines, "    NUMBER({name});").expect("a text grows");
    }
    PROGRAM.replace("    LINES\n", &lines)
}

// C99 has no `_Alignof`: the place behind one byte tells. C++ wants the structure to have a name.
const PROGRAM: &str = r#"
#include <stdio.h>
#include "micro.h"

#define STRUCTURE(name) do { \
    struct Behind { char byte; name structure; }; \
    printf("%s: size %u, alignment %u\n", #name, (unsigned)sizeof(name), \
           (unsigned)(sizeof(struct Behind) - sizeof(name))); \
} while (0)
#define FIELD(name, field) \
    printf("%s.%s: at %u\n", #name, #field, (unsigned)offsetof(name, field))
#define NUMBER(name) printf("%s = %u\n", #name, name)
#define TEXT(name) printf("%s = %s\n", #name, name)

int main(void)
{
    LINES
    return 0;
}
"#;
