//! `include/micro.h` and `micro_api::abi` say the same, and the header compiles and works.

mod compilers;
mod declarations;
mod layout;

use std::collections::BTreeMap;
use std::path::Path;

use compilers::{compile, compilers, output, read, root};
use declarations::{Side, header_side, rust_side};

#[test]
fn declarations_are_the_same_on_both_sides() {
    let (rust, header) = (rust_side(), header_side());
    for (name, fields) in &rust.types {
        let known = header.types.get(name);
        let known = known.unwrap_or_else(|| panic!("{name} is not in micro.h"));
        assert_lines(&known.join("\n"), &fields.join("\n"), name);
    }
    for name in header.types.keys() {
        assert!(rust.types.contains_key(name), "{name} is not in Rust");
    }
    let lines = |constants: &BTreeMap<String, String>| {
        let lines = constants
            .iter()
            .map(|(name, value)| format!("{name} {value}\n"));
        lines.collect::<String>()
    };
    let (in_header, in_rust) = (lines(&header.constants), lines(&rust.constants));
    assert_lines(&in_header, &in_rust, "the constants");
    let Side { types, constants } = rust;
    assert!(types.len() > 35 && constants.len() > 40, "they are found");
}

#[test]
fn layouts_and_constants_are_the_same_on_both_sides() {
    let rust = rust_side();
    let table = layout::table();
    for layout in &table {
        let known = rust.types.get(&layout.name).expect("it is in the source");
        let fields: Vec<_> = layout.fields.iter().map(|field| field.0).collect();
        let known: Vec<_> = known
            .iter()
            .map(|field| declarations::name(field))
            .collect();
        assert_eq!(fields, known, "{} in the table of this test", layout.name);
    }
    let is_function = |fields: &[String]| fields[0].starts_with("typedef ");
    let structures = rust.types.values().filter(|fields| !is_function(fields));
    assert_eq!(table.len(), structures.count(), "all are in the table");

    let folder = tempfile::tempdir().expect("a folder");
    let source = folder.path().join("layout.c");
    std::fs::write(&source, layout::program(&table, &rust.constants)).expect("it is written");
    for compiler in compilers() {
        let program = folder.path().join("layout");
        compile(&compiler, &[], &[&source], &program);
        let expected = layout::text(&table, &rust.constants);
        let what = format!("{compiler:?}");
        assert_lines(&output(&program, &[]), &expected, &what);
    }
}

/// Compares line by line, so that a mistake is told in one.
fn assert_lines(header: &str, rust: &str, what: &str) {
    for (in_header, in_rust) in header.lines().zip(rust.lines()) {
        assert_eq!(in_header, in_rust, "{what}");
    }
    assert_eq!(header.lines().count(), rust.lines().count(), "{what}");
}

#[test]
fn the_header_compiles_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let source = folder.path().join("alone.c");
    std::fs::write(&source, "#include \"micro.h\"\n").expect("it is written");
    for compiler in compilers() {
        compile(&compiler, &["-c"], &[&source], &folder.path().join("alone"));
    }
}

#[test]
fn the_example_in_the_header_is_a_module() {
    let header = read("handlers/api/include/micro.h");
    let mut lines = header.lines().skip_while(|line| *line != " * ```c");
    lines.next();
    let example: String = lines
        .take_while(|line| *line != " * ```")
        .map(|line| line.trim_start_matches(" *").to_owned() + "\n")
        .collect();
    let folder = tempfile::tempdir().expect("a folder");
    let source = folder.path().join("clock.c");
    std::fs::write(&source, example).expect("it is written");
    for compiler in compilers() {
        let library = folder.path().join("libclock.so");
        compile(&compiler, &["-shared", "-fPIC"], &[&source], &library);
        assert_eq!(
            describe(&library),
            "module clock 1.0.0 data 0 open 0 close 0\n\
             function hour kind 1 flags 0 data 0 call 1: Tells the hour, UTC\n"
        );
    }
}

#[test]
fn the_example_is_a_module() {
    let folder = tempfile::tempdir().expect("a folder");
    let library = folder.path().join("libhello.so");
    let source = root().join("examples/c/hello.c");
    for compiler in compilers().filter(|compiler| !compiler.is_cpp) {
        compile(&compiler, &["-shared", "-fPIC"], &[&source], &library);
        assert_eq!(
            describe(&library),
            "module hello 1.0.0 data 0 open 0 close 0\n\
             function greet kind 1 flags 1 data 0 call 1: Greets by name\n\
             \x20 reads name type 1 required 1\n\
             function later kind 1 flags 1 data 0 call 1: Answers after some seconds\n\
             \x20 reads seconds type 3 required 1\n\
             function echo kind 1 flags 0 data 0 call 1: Sends JSON back\n"
        );
    }
    let lines = read("examples/c/hello.c");
    let lines = lines.lines().filter(|line| !line.is_empty());
    assert!(lines.count() < 100);
}

#[test]
fn functions_say_that_they_read_nothing() {
    let source = r#"
        #include "micro.h"
        static uint32_t handle(const void *data, void *state, const MicroRequest *request,
                               MicroAnswer *answer, MicroFuture *future)
        {
            (void)data, (void)state, (void)request, (void)future;
            return micro_answer_status(answer, 204);
        }
        static uint32_t wrap(const void *data, void *state, const MicroRequest *request,
                             MicroNext *next, MicroAnswer *answer, MicroFuture *future)
        {
            (void)data, (void)state, (void)answer;
            next->host->next_run(next, request, future);
            return MICRO_PENDING;
        }
        MICRO_MODULE("nothing", "1",
                     MICRO_HANDLER_READING_NOTHING("handle", handle, "Answers"),
                     MICRO_WRAPPER_READING_NOTHING("wrap", wrap, "Goes on"));
    "#;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("nothing.c");
    std::fs::write(&path, source).expect("it is written");
    for compiler in compilers() {
        let library = folder.path().join("libnothing.so");
        compile(&compiler, &["-shared", "-fPIC"], &[&path], &library);
        assert_eq!(
            describe(&library),
            "module nothing 1 data 0 open 0 close 0\n\
             function handle kind 1 flags 1 data 0 call 1: Answers\n\
             function wrap kind 2 flags 1 data 0 call 1: Goes on\n"
        );
    }
}

#[test]
fn the_conveniences_work() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("conveniences");
    let sources = [
        &root().join("handlers/api/tests/header/conveniences.c"),
        &root().join("examples/c/hello.c"),
    ];
    for compiler in compilers().filter(|compiler| !compiler.is_cpp) {
        compile(&compiler, &["-g"], &sources.map(|path| &**path), &program);
        assert_eq!(output(&program, &[]), "all is well\n");
    }
}

/// The modules that tests of faults load are built and are what their first lines say.
#[test]
fn the_modules_of_faults_list_their_functions() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut count = 0;
    for entry in std::fs::read_dir(root().join("tests/c")).expect("there is a folder") {
        let source = entry.expect("it can be read").path();
        if source.extension().is_none_or(|extension| extension != "c") {
            continue;
        }
        count += 1;
        let name = source.file_stem().expect("a name").to_string_lossy();
        let library = folder.path().join(format!("lib{name}.so"));
        let flags = ["-shared", "-fPIC", "-pthread"];
        for compiler in compilers().filter(|compiler| !compiler.is_cpp) {
            compile(&compiler, &flags, &[&source], &library);
        }
        let description = describe(&library);
        assert!(description.starts_with(&format!("module {name} ")));
        let text = std::fs::read_to_string(&source).expect("it is text");
        let (head, _) = text.split_once("*/").expect("a comment at its head");
        let listed: Vec<_> = head
            .lines()
            .filter_map(|line| line.strip_prefix(" * - `")?.split('`').next())
            .collect();
        let functions: Vec<_> = description
            .lines()
            .filter_map(|line| line.strip_prefix("function ")?.split(' ').next())
            .collect();
        assert_eq!(listed, functions, "the head of {name}.c");
    }
    assert!(count > 0);
}

/// What a library says of itself; checks where it says so on the way.
fn describe(library: &Path) -> String {
    let size = size_of::<micro_api::abi::Module>();
    let path = library.to_str().expect("UTF-8");
    let sections = output(Path::new("readelf"), &["--section-headers", "--wide", path]);
    let section = sections
        .lines()
        .find_map(|line| {
            line.split_once("] ")?
                .1
                .strip_prefix(micro_api::abi::SECTION)
        })
        .expect("it has the section");
    let numbers: Vec<_> = section.split_whitespace().collect();
    assert_eq!(numbers[3], format!("{size:06x}"), "nothing else is in it");
    let symbols = output(Path::new("readelf"), &["--dyn-syms", "--wide", path]);
    let symbol = symbols
        .lines()
        .find(|line| line.ends_with(&format!(" {}", micro_api::abi::SYMBOL)))
        .expect("it has the symbol");
    let words: Vec<_> = symbol.split_whitespace().collect();
    assert_eq!(
        words[1].trim_start_matches('0'),
        numbers[1].trim_start_matches('0')
    );
    assert_eq!(words[2], size.to_string());
    assert_eq!(words[3..6], ["OBJECT", "GLOBAL", "DEFAULT"]);

    let folder = tempfile::tempdir().expect("a folder");
    let reader = folder.path().join("describe");
    let source = root().join("handlers/api/tests/header/describe.c");
    let compiler = compilers().next().expect("`cc`");
    compile(&compiler, &["-ldl"], &[&source], &reader);
    output(&reader, &[path])
}
