//! Modules in shared libraries: where they are found, what is said of broken ones, and that none of
//! their code runs before it should. The libraries are made of `tests/modules/`.

#[path = "support/program.rs"]
mod program;

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use micro::Micro;
use micro::registry::{
    DESCRIPTOR_FUNCTIONS_MAX, DESCRIPTOR_PARAMETERS_MAX, TABLE_ENTRIES_MAX, TEXT_BYTES_MAX,
    TEXT_BYTES_TOTAL_MAX, Unusable, load, preflight,
};
use micro_api::abi;
use micro_api::host::{FunctionInfo, Kind, ModuleInfo, ParameterInfo, ParameterType};
use program::{copy_program, folder, program, run, run_command};
use proptest::prelude::*;
use tempfile::TempDir;

const GREET: &str = include_str!("modules/greet.c");
const HELLO: &str = "SERVER a 0 host=127.0.0.1\n  ROUTE /hello$\n    GET greet.hello\n";
const OK: &str = "ok: 1 server, 1 route, 0 connections\n";

/// The compiler, for a source with the numbers of the right descriptor.
fn compiler(source: &Path, output: &Path) -> Command {
    let names = [
        "MODULE",
        "FUNCTION",
        "PARAMETER",
        "REQUEST",
        "REPLY",
        "HOST",
    ];
    let mut command = Command::new("cc");
    command
        .args(["-fPIC", "-Wall", "-Wno-unused", "-I"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/modules"))
        .arg(format!("-DVERSION={}", abi::VERSION));
    for (name, (_, size)) in names.iter().zip(abi::Module::SIZES) {
        command.arg(format!("-D{name}_SIZE={size}"));
    }
    command.arg("-o").arg(output).arg(source);
    command
}

#[track_caller]
fn compile(source: &str, path: &Path, arguments: &[&str]) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = folder.path().join("module.c");
    fs::write(&file, source).expect("a file can be written");
    if let Some(above) = path.parent() {
        fs::create_dir_all(above).expect("a folder can be made");
    }
    let mut command = compiler(&file, path);
    // What is said again comes last.
    let output = command
        .args(arguments)
        .output()
        .expect("there is a C compiler");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

/// A library of the module `greet`, made otherwise as the arguments say.
#[track_caller]
fn greet(path: &Path, arguments: &[&str]) {
    compile(GREET, path, &[&["-shared"], arguments].concat());
}

/// A folder with a definition that names `greet.hello`, and with the library.
#[track_caller]
fn folder_with_greet(arguments: &[&str]) -> TempDir {
    let folder = folder(&[("a.micro", HELLO)]);
    greet(&folder.path().join("libgreet.so"), arguments);
    folder
}

fn greet_info() -> ModuleInfo {
    let parameter = |name: &str, parameter_type, is_required| ParameterInfo {
        name: name.to_owned(),
        parameter_type,
        is_required,
    };
    let parameters = vec![
        parameter("id", ParameterType::Int, true),
        parameter("loud", ParameterType::Bool, false),
    ];
    let function = |name: &str, summary: &str, parameters| FunctionInfo {
        name: name.to_owned(),
        kind: Kind::Handler,
        summary: summary.to_owned(),
        parameters,
    };
    ModuleInfo {
        name: "greet".to_owned(),
        version: "1.2.0".to_owned(),
        functions: vec![
            function("hello", "greets", None),
            function("read", "", Some(parameters)),
            function("none", "reads nothing", Some(Vec::new())),
        ],
    }
}

#[test]
fn a_file_says_what_the_loaded_library_does() {
    let folder = tempfile::tempdir().unwrap();
    for (name, arguments) in [
        ("usual.so", &[][..]),
        ("optimized.so", &["-O2", "-s"]),
        ("packed.so", &["-Wl,-z,pack-relative-relocs"]),
        ("symbolic.so", &["-Wl,-Bsymbolic"]),
        ("old_hash.so", &["-Wl,--hash-style=sysv"]),
        ("debug.so", &["-g", "-Wl,-z,lazy"]),
    ] {
        let path = folder.path().join(name);
        greet(&path, arguments);
        assert_eq!(preflight(&path, "greet"), Ok(greet_info()), "{name}");
        for _ in 0..2 {
            assert_eq!(load(&path, "greet").unwrap().info(), greet_info());
        }
    }
}

#[test]
fn a_file_that_was_replaced_is_not_taken_for_the_loaded_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("libgreet.so");
    greet(&path, &[]);
    load(&path, "greet").unwrap();
    let earlier = folder.path().join("earlier.so");
    fs::rename(&path, &earlier).unwrap();
    greet(&path, &["-DRELEASE=\"2\""]);
    let refused = load(&path, "greet").unwrap_err();
    assert_eq!(refused, Unusable::Replaced);
    assert_eq!(
        refused.to_string(),
        "an earlier file of its path is loaded already"
    );
    // Where it is now, it is still the same.
    assert_eq!(load(&earlier, "greet").unwrap().info(), greet_info());
    let copy = folder.path().join("copy.so");
    fs::copy(&path, &copy).unwrap();
    assert_eq!(load(&copy, "greet").unwrap().info().version, "2");
}

#[test]
fn modules_lists_what_a_definition_names() {
    let folder = folder_with_greet(&[]);
    let text = "MODULE read libread.so\nIMPORT a\nROUTE /ping$\nGET ping.ping\nPOST read.none\n";
    fs::write(folder.path().join("b.micro"), text).unwrap();
    greet(
        &folder.path().join("libread.so"),
        &["-DNAME=\"read\"", "-DRELEASE=\"\""],
    );
    let expected = "\
greet  1.2.0  libgreet.so
  hello                      handler  greets
  read(id int, [loud bool])  handler
  none()                     handler  reads nothing
ping  0.1.0  linked
  ping  handler  answers `pong`, whatever is asked
read  libread.so
  hello                      handler  greets
  read(id int, [loud bool])  handler
  none()                     handler  reads nothing
";
    let listed = (0, expected.to_owned(), String::new());
    assert_eq!(run(folder.path(), &["modules", "b.micro"]), listed);
    assert_eq!(
        run(folder.path(), &["modules", "b.micro", "--load"]),
        listed
    );
    let expected = "\
[
  {
    \"name\": \"greet\",
    \"version\": \"1.2.0\",
    \"is_linked\": false,
    \"path\": \"libgreet.so\",
    \"functions\": [
      {
        \"name\": \"hello\",
        \"kind\": \"handler\",
        \"summary\": \"greets\",
        \"parameters\": null
      },
      {
        \"name\": \"read\",
        \"kind\": \"handler\",
        \"summary\": \"\",
        \"parameters\": [
          {
            \"name\": \"id\",
            \"type\": \"int\",
            \"is_required\": true
          },
          {
            \"name\": \"loud\",
            \"type\": \"bool\",
            \"is_required\": false
          }
        ]
      },
      {
        \"name\": \"none\",
        \"kind\": \"handler\",
        \"summary\": \"reads nothing\",
        \"parameters\": []
      }
    ]
  }
]
";
    let listed = (0, expected.to_owned(), String::new());
    assert_eq!(
        run(folder.path(), &["modules", "--json", "a.micro"]),
        listed
    );
}

#[test]
fn modules_lists_kinds_and_types_in_words() {
    let folder = folder_with_greet(&[]);
    let kinds = ["handler", "wrapper", "job", "turn", "type"];
    let types = ["any", "str", "int", "float", "bool"];
    for (at, (kind, word)) in kinds.into_iter().zip(types).enumerate() {
        let path = folder.path().join("libgreet.so");
        fs::remove_file(&path).unwrap();
        let (kind_is, type_is) = (format!("-DKIND={}", at + 1), format!("-DTYPE={at}"));
        greet(&path, &[&kind_is, &type_is]);
        let (code, listed, _) = run(folder.path(), &["modules", "a.micro"]);
        let line = listed.lines().find(|line| line.contains("read("));
        let words: Vec<&str> = line.unwrap_or_default().split("  ").collect();
        let expected = format!("read(id {word}, [loud bool])");
        assert_eq!((code, words[1], words[2]), (0, expected.as_str(), kind));
        let (_, listed, _) = run(folder.path(), &["modules", "--json", "a.micro"]);
        for (name, word) in [("kind", kind), ("type", word)] {
            assert!(
                listed.contains(&format!("\"{name}\": \"{word}\"")),
                "{listed}"
            );
        }
    }
}

/// What `micro check` says of `a.micro`, whose module's file is `libgreet.so`.
fn said_of_greet(why: &str, help: Option<&str>) -> String {
    let help = help.map_or_else(String::new, |help| format!("   = help: {help}\n"));
    format!(
        "error: module `greet` cannot be used: {why}
  --> a.micro:3:9
   |
 3 |     GET greet.hello
   |         ^^^^^^^^^^^
   = note: its file is `libgreet.so`
{help}
"
    )
}

#[track_caller]
fn assert_said(folder: &Path, why: &str, help: Option<&str>) {
    let expected = (1, String::new(), said_of_greet(why, help));
    assert_eq!(run(folder, &["check", "a.micro"]), expected);
}

#[test]
fn each_way_to_be_no_module_is_told() {
    let rebuild = "build it anew, with the `micro-api` or `micro.h` of this version of micro";
    let sizes = abi::Module::SIZES;
    let size = |at: usize| {
        let (name, size) = sizes[at];
        format!("its `{name}` is of 7 bytes, expected {size}")
    };
    let cases: &[(&[&str], &str, Option<&str>)] = &[
        (
            &["-DSYMBOL=another"],
            "it has no descriptor, the symbol `micro_module`",
            Some("a module exports the symbol `micro_module`: see the README on how to build one"),
        ),
        (
            &["-fvisibility=hidden"],
            "it has no descriptor, the symbol `micro_module`",
            Some("a module exports the symbol `micro_module`: see the README on how to build one"),
        ),
        (
            &["-UVERSION", "-DVERSION=7", "-DFLAGS=1"],
            "it is built for version 7 of the C ABI, expected 2",
            Some("use a newer micro (this one speaks version 2)"),
        ),
        (
            &["-UVERSION", "-DVERSION=0", "-DFLAGS=1"],
            "it is built for version 0 of the C ABI, expected 2",
            Some(rebuild),
        ),
        (
            &["-UMODULE_SIZE", "-DMODULE_SIZE=7"],
            &size(0),
            Some(rebuild),
        ),
        (
            &["-UFUNCTION_SIZE", "-DFUNCTION_SIZE=7"],
            &size(1),
            Some(rebuild),
        ),
        (
            &["-UPARAMETER_SIZE", "-DPARAMETER_SIZE=7"],
            &size(2),
            Some(rebuild),
        ),
        (
            &["-UREQUEST_SIZE", "-DREQUEST_SIZE=7"],
            &size(3),
            Some(rebuild),
        ),
        (&["-UREPLY_SIZE", "-DREPLY_SIZE=7"], &size(4), Some(rebuild)),
        (
            &["-UHOST_SIZE", "-DHOST_SIZE=7", "-DFLAGS=1"],
            &size(5),
            Some(rebuild),
        ),
        (
            &["-DFLAGS=1", "-DNAME=\"other\""],
            "a panic in it would end the process",
            Some("remove `panic = \"abort\"` from the profile it is built with"),
        ),
        (
            &["-DNAME=\"other\"", "-DKIND=9"],
            "its name is `other`, expected `greet`",
            Some("definitions call it `other`, and find it in a file `libother.so`"),
        ),
        (
            &["-DSECOND=\"hello\"", "-DCALL=0"],
            "it has two functions of the name `hello`",
            None,
        ),
        (
            &["-DKIND=0"],
            "its function `read` is of kind 0, expected 1 to 6",
            None,
        ),
        (
            &["-DKIND=7"],
            "its function `read` is of kind 7, expected 1 to 6",
            None,
        ),
        (
            &["-DCALL=0"],
            "its function `read` is null",
            Some("look at its `MICRO_HANDLER…`: behind the name `read` comes the function itself"),
        ),
        (
            &["-DCALL=0", "-DKIND=5"],
            "its function `read` is null",
            Some("look at its `MICRO_CONVERT`: behind the name `read` comes the function itself"),
        ),
        (
            &["-DTYPE=5"],
            "it is damaged: `read` has a parameter of type 5",
            None,
        ),
        (
            &["-DSUMMARY={NULL,1}"],
            "it is damaged: the pointer to the summary of `hello` is null",
            None,
        ),
        (
            &["-DSUMMARY={(const char*)1,1}"],
            "it cannot be judged without loading it: a pointer in it is filled in in an unknown way",
            Some("`--load` loads it to see, which runs code of it"),
        ),
        (
            &["-DSUMMARY={(const char*)puts,1}"],
            "it cannot be judged without loading it: the pointer to the summary of `hello` leads to another library",
            Some("`--load` loads it to see, which runs code of it"),
        ),
        (
            &["-DSUMMARY=TEXT(\"\\xff\")"],
            "it is damaged: the summary of `hello` is no text in UTF-8",
            None,
        ),
        (
            &["-DFUNCTIONS=NULL"],
            "it is damaged: the pointer to functions is null",
            None,
        ),
        (
            &["-DFUNCTIONS=(const void*)((const char*)functions+4)"],
            "it is damaged: its functions are not aligned",
            None,
        ),
        (
            &["-DPARAMETERS=(const void*)((const char*)parameters+1)"],
            "it is damaged: its parameters of `read` are not aligned",
            None,
        ),
    ];
    for (arguments, why, help) in cases {
        let folder = folder_with_greet(arguments);
        println!("{arguments:?}");
        assert_said(folder.path(), why, *help);
    }
}

#[test]
fn what_is_no_library_is_told() {
    let folder = folder(&[("a.micro", HELLO)]);
    let path = folder.path().join("libgreet.so");
    let assert =
        |why: &str| assert_said(folder.path(), &format!("it is not a library: {why}"), None);

    for (bytes, what) in [
        (&b""[..], "empty"),
        (GREET.as_bytes(), "text"),
        // A letter that is cut.
        (
            &"\u{e4}".repeat(40).as_bytes()[1..],
            "a file that begins with the bytes `a4 c3 a4 c3`",
        ),
        (
            (String::from("x") + &"\u{e4}".repeat(40)).as_bytes(),
            "text",
        ),
        (
            b"\x7fELF",
            "a file that begins with the bytes `7f 45 4c 46`",
        ),
        (
            b"\x89PNG\r\n\x1a\n",
            "a file that begins with the bytes `89 50 4e 47`",
        ),
        (b"\0", "a file that begins with the bytes `00`"),
        (b"!<arch>\ngreet.o/", "a static library"),
        (b"MZ\x90\0", "a file of Windows"),
        (b"\xcf\xfa\xed\xfe\x07", "a file of macOS"),
    ] {
        fs::write(&path, bytes).unwrap();
        assert(&format!("it is {what}, expected an ELF file"));
    }

    compile(GREET, &path, &["-c"]);
    assert("it is an object file");
    let program = "int main(void) { return 0; }";
    compile(program, &path, &["-pie"]);
    assert("it is a program");
    compile(program, &path, &["-no-pie"]);
    assert("it is a program");
    compile(program, &path, &["-static"]);
    assert("it is a program");

    greet(&path, &[]);
    let library = fs::read(&path).unwrap();
    let patched = |at: usize, bytes: &[u8]| {
        let mut library = library.clone();
        library[at..at + bytes.len()].copy_from_slice(bytes);
        fs::write(&path, library).unwrap();
    };
    // The head of ELF: class, order of bytes, type, machine.
    patched(16, &[4, 0]);
    assert("it is not a shared one");
    let assert = |why: &str| assert_said(folder.path(), &format!("it is a library {why}"), None);
    patched(4, &[1]);
    assert("of 32 bits, expected one of 64");
    patched(5, &[2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3]);
    assert("for big-endian machines, expected one for little-endian ones");
    let here = std::env::consts::ARCH;
    patched(18, &[243, 0]);
    assert(&format!("for riscv64, expected one for {here}"));
    patched(18, &[0x39, 0x30]);
    assert(&format!("for machine 12345, expected one for {here}"));
}

#[test]
fn a_file_that_cannot_be_read_is_told() {
    let folder = folder(&[("a.micro", HELLO)]);
    let path = folder.path().join("libgreet.so");
    std::os::unix::fs::symlink("nowhere", &path).unwrap();
    let gone = "its file cannot be read: No such file or directory (os error 2)";
    assert_said(folder.path(), gone, None);
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert_said(
        folder.path(),
        "its file cannot be read: it is a folder",
        None,
    );
    fs::remove_dir(&path).unwrap();
    let made = Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(made.success());
    assert_said(
        folder.path(),
        "its file cannot be read: it is no regular file",
        None,
    );
}

#[test]
fn a_library_is_refused_alike_when_its_service_starts() {
    let folder = folder_with_greet(&[]);
    let micro = Micro::new().definition(folder.path().join("a.micro"));
    let loaded = micro.load_to_start();
    assert_eq!(loaded.render(), "");
    // It becomes another one between the look at it and the start.
    let path = folder.path().join("libgreet.so");
    fs::remove_file(&path).unwrap();
    greet(&path, &["-DNAME=\"other\""]);
    let refused = micro.start_loaded(&loaded).err().expect("it is refused");
    let expected = format!(
        "error: module `greet` cannot be used: its name is `other`, expected `greet`
   = note: its file is `{}`
   = help: definitions call it `other`, and find it in a file `libother.so`",
        path.display()
    );
    assert_eq!(refused.to_string(), expected);
}

#[test]
fn a_module_that_is_nowhere_is_told_with_the_places() {
    let folder = folder(&[("a.micro", HELLO), ("mods/x", ""), ("path/x", "")]);
    greet(&folder.path().join("mods/libgret.so"), &["-DNAME=\"gret\""]);
    let beside = Path::new(env!("CARGO_BIN_EXE_micro")).parent().unwrap();
    let above = beside.parent().unwrap();
    let (beside, above) = (beside.display(), above.display());
    let said = |first: &str, help: &str| {
        format!(
            "error: there is no module `greet`
  --> a.micro:3:9
   |
 3 |     GET greet.hello
   |         ^^^^^^^^^^^
   = note: searched for `libgreet.so` in {first}`.`, `modules`, the program itself, `{beside}`, \
             `{beside}/modules`, `{above}/lib/micro`
   = help: {help}

"
        )
    };
    let help = "linked modules: `ping`, `echo`, `tasks`, `static`, `later`, `broker`, `routing`
   = help: say where it is with `--modules DIR`, or a line such as `MODULE greet path/to/libgreet.so`";
    let expected = (1, String::new(), said("", help));
    assert_eq!(run(folder.path(), &["check", "a.micro"]), expected);
    let mut command = program();
    command
        .args(["check", "--modules", "mods", "a.micro"])
        .env("MICRO_PATH", "path::/nowhere")
        .current_dir(folder.path());
    let first = "`mods`, `path`, `/nowhere`, ";
    let expected = (1, String::new(), said(first, "did you mean `gret.hello`?"));
    assert_eq!(run_command(&mut command), expected);
}

#[test]
fn a_pin_is_relative_to_the_file_that_it_stands_in() {
    let folder = folder(&[
        ("a.micro", &format!("IMPORT parts/pin\n{HELLO}")),
        ("parts/pin.micro", "MODULE greet ${WHERE:-}libgreet.so\n"),
        ("parts/whole.micro", &format!("IMPORT pin\n{HELLO}")),
    ]);
    greet(&folder.path().join("parts/libgreet.so"), &[]);
    let ok = (0, OK.to_owned(), String::new());
    assert_eq!(run(folder.path(), &["check", "a.micro"]), ok);
    // The system would search elsewhere for a file that is named without a folder.
    let parts = folder.path().join("parts");
    assert_eq!(run(&parts, &["check", "--load", "whole.micro"]), ok);
    fs::remove_file(parts.join("libgreet.so")).unwrap();
    let expected = "\
error: module `greet` cannot be used: there is no file `parts/libgreet.so`
  --> a.micro:4:9
   |
 4 |     GET greet.hello
   |         ^^^^^^^^^^^
   |
  ::: parts/pin.micro:1:1
   |
 1 | MODULE greet ${WHERE:-}libgreet.so
   | ---------------------------------- its file is named here

";
    let expected = (1, String::new(), expected.to_owned());
    assert_eq!(run(folder.path(), &["check", "a.micro"]), expected);
}

#[test]
fn a_pin_with_a_slip_is_told_with_the_line_to_type() {
    let folder = folder_with_greet(&[]);
    fs::create_dir(folder.path().join("far away")).unwrap();
    greet(&folder.path().join("far away/libgret.so"), &[]);
    let assert = |pin: &str, module: &str, message: &str, rest: &str| {
        let text = format!("{pin}\nSERVER a 0\nROUTE /$\nGET {module}.hello\n");
        fs::write(folder.path().join("a.micro"), text).unwrap();
        let (mark, under) = ("^".repeat(module.len() + 6), "-".repeat(pin.len()));
        let expected = format!(
            "error: module `{module}` cannot be used: {message}
  --> a.micro:4:5
   |
 4 | GET {module}.hello
   |     {mark}
   |
  ::: a.micro:1:1
   |
 1 | {pin}
   | {under} its file is named here
{rest}
"
        );
        let found = run(folder.path(), &["check", "a.micro"]);
        assert_eq!(found, (1, String::new(), expected));
    };
    assert(
        "MODULE greet ./libgret.so",
        "greet",
        "there is no file `./libgret.so`",
        "   = help: did you mean `MODULE greet ./libgreet.so`?\n",
    );
    assert(
        "MODULE greet 'far away/libgreet.so'",
        "greet",
        "there is no file `far away/libgreet.so`",
        "   = help: did you mean `MODULE greet \"far away/libgret.so\"`?\n",
    );
    assert(
        "MODULE greet another.so",
        "greet",
        "there is no file `another.so`",
        "   = help: known here: `libgreet.so`\n",
    );
    assert(
        "MODULE greet nowhere/libgreet.so",
        "greet",
        "there is no file `nowhere/libgreet.so`",
        "",
    );
    assert(
        "MODULE Greet libgreet.so",
        "Greet",
        "its name is `greet`, expected `Greet`",
        "   = note: its file is `libgreet.so`
   = help: write `MODULE greet libgreet.so`, and `greet.hello` instead of `Greet.hello`\n",
    );
}

#[test]
fn a_definition_without_a_file_has_no_folder() {
    let folder = folder_with_greet(&[]);
    let check = |arguments: &[&str]| {
        let mut command = program();
        let definition = fs::File::open(folder.path().join("a.micro")).unwrap();
        command
            .current_dir(folder.path())
            .args(arguments)
            .stdin(definition);
        run_command(&mut command).0
    };
    assert_eq!(check(&["check", "-"]), 1);
    assert_eq!(check(&["check", "-", "--modules", "."]), 0);
}

#[test]
fn a_function_that_is_missing_is_told_with_the_nearest() {
    let folder = folder_with_greet(&[]);
    let text = "SERVER a 0\nROUTE /$\nGET greet.helo\nPOST greet.zzz\n";
    fs::write(folder.path().join("a.micro"), text).unwrap();
    let expected = "\
error: unknown handler `greet.helo`
  --> a.micro:3:5
   |
 3 | GET greet.helo
   |     ^^^^^^^^^^
   = help: did you mean `greet.hello` or `greet.read`?

error: unknown handler `greet.zzz`
  --> a.micro:4:6
   |
 4 | POST greet.zzz
   |      ^^^^^^^^^
   = help: module `greet` has `greet.hello`, `greet.read`, `greet.none`

";
    let expected = (1, String::new(), expected.to_owned());
    assert_eq!(run(folder.path(), &["check", "a.micro"]), expected);
}

#[test]
fn parameters_of_a_library_are_compared_with_the_definition() {
    let folder = folder_with_greet(&[]);
    let text = "SERVER a 0\nROUTE /{id}$\nGET greet.read\n";
    fs::write(folder.path().join("a.micro"), text).unwrap();
    let expected = "\
error: handler `greet.read` reads `id` as a whole number, which is text here
  --> a.micro:3:5
   |
 3 | GET greet.read
   |     ^^^^^^^^^^
   |
  ::: a.micro:2:1
   |
 2 | ROUTE /{id}$
   | ------------ it is given here
   = help: write `{id:int}` in the pattern, or `ARG int` below it

";
    let expected = (1, String::new(), expected.to_owned());
    assert_eq!(run(folder.path(), &["check", "a.micro"]), expected);
}

#[test]
fn the_first_match_wins() {
    // The program has a place of its own here, to look beside it.
    let folder = folder(&[(
        "service/ping.micro",
        "SERVER a 0\nROUTE /{id:int}$\nGET ping.ping\n",
    )]);
    let root = folder.path();
    let program = root.join("bin/micro");
    fs::create_dir(root.join("bin")).unwrap();
    copy_program(&program);
    let pinned = "MODULE greet ../pin/libgreet.so\nMODULE ping ../pin/libping.so\n";
    let greet_text = "SERVER a 0\nROUTE /$\nGET greet.hello\n";
    fs::write(root.join("service/greet.micro"), greet_text).unwrap();
    for name in ["greet", "ping"] {
        let text = format!("{pinned}IMPORT {name}\n");
        fs::write(root.join(format!("service/pinned_{name}.micro")), text).unwrap();
    }
    let found = |file: &str| {
        let mut command = Command::new(&program);
        command
            .args(["modules", &format!("service/{file}.micro")])
            .args(["--modules", "one", "--modules", "two"])
            .env_clear()
            .env("MICRO_PATH", "three:four")
            .current_dir(root);
        let (_, listed, _) = run_command(&mut command);
        let line = listed.lines().next().unwrap_or_default();
        let path = line.rsplit("  ").next().unwrap_or_default();
        path.replace(&format!("{}/", root.display()), "")
    };
    let before = ["one", "two", "three", "four", "service", "service/modules"];
    let after = ["bin", "bin/modules", "lib/micro"];
    let names = ["-DSECOND=\"ping\"", "-DRELEASE=\"9\""];
    for folder in before.iter().chain(&after).chain(&["pin"]) {
        greet(&root.join(folder).join("libgreet.so"), &[]);
        greet(
            &root.join(folder).join("libping.so"),
            &[&["-DNAME=\"ping\""], &names[..]].concat(),
        );
    }
    assert_eq!(found("pinned_greet"), "service/../pin/libgreet.so");
    assert_eq!(found("pinned_ping"), "service/../pin/libping.so");
    for folder in before {
        assert_eq!(found("greet"), format!("{folder}/libgreet.so"));
        assert_eq!(found("ping"), format!("{folder}/libping.so"));
        fs::remove_file(root.join(folder).join("libgreet.so")).unwrap();
        fs::remove_file(root.join(folder).join("libping.so")).unwrap();
    }
    assert_eq!(found("ping"), "linked");
    for folder in after {
        assert_eq!(found("greet"), format!("{folder}/libgreet.so"));
        fs::remove_file(root.join(folder).join("libgreet.so")).unwrap();
    }
    assert_eq!(found("greet"), "");
}

#[test]
fn a_first_match_that_is_broken_is_no_reason_to_go_on() {
    let folder = folder_with_greet(&[]);
    fs::create_dir(folder.path().join("modules")).unwrap();
    let good = folder.path().join("modules/libgreet.so");
    fs::rename(folder.path().join("libgreet.so"), good).unwrap();
    let ok = (0, OK.to_owned(), String::new());
    assert_eq!(run(folder.path(), &["check", "a.micro"]), ok);
    fs::write(folder.path().join("libgreet.so"), "").unwrap();
    assert_said(
        folder.path(),
        "it is not a library: it is empty, expected an ELF file",
        None,
    );
}

#[test]
fn names_with_dots_and_hyphens_are_found_with_underscores() {
    let text = "SERVER a 0\nROUTE /$\nGET shop.my-orders.hello\n";
    let folder = folder(&[("a.micro", text)]);
    let name = "-DNAME=\"shop.my-orders\"";
    greet(
        &folder.path().join("libshop_my_orders.so"),
        &[name, "-DRELEASE=\"1\""],
    );
    let first_line = |folder: &Path| {
        let (_, listed, said) = run(folder, &["modules", "a.micro"]);
        assert_eq!(said, "");
        listed.lines().next().unwrap_or_default().to_owned()
    };
    assert_eq!(
        first_line(folder.path()),
        "shop.my-orders  1  libshop_my_orders.so"
    );
    greet(
        &folder.path().join("libshop.my-orders.so"),
        &[name, "-DRELEASE=\"2\""],
    );
    assert_eq!(
        first_line(folder.path()),
        "shop.my-orders  2  libshop.my-orders.so"
    );
}

#[test]
fn code_of_a_library_runs_only_when_it_is_loaded() {
    let folder = folder(&[("a.micro", HELLO)]);
    let trace = folder.path().join("trace");
    let constructed = format!("-DCONSTRUCTED=\"{}\"", trace.display());
    greet(&folder.path().join("libgreet.so"), &[&constructed]);
    let says = |command: &str| match command {
        "connections" => "the definition declares no connection\n",
        _ => "",
    };
    for command in ["check", "routes", "config", "connections", "modules"] {
        let (code, _, said) = run(folder.path(), &[command, "a.micro"]);
        assert_eq!((code, said.as_str()), (0, says(command)), "{command}");
        assert!(!trace.exists(), "{command} runs no code");
    }
    for command in ["check", "routes", "config", "connections", "modules"] {
        let (code, _, said) = run(folder.path(), &[command, "a.micro", "--load"]);
        assert_eq!((code, said.as_str()), (0, says(command)), "{command}");
        assert!(trace.exists(), "{command} --load runs code");
        fs::remove_file(&trace).unwrap();
    }
    // What is refused by its file is not loaded.
    greet(
        &folder.path().join("libgreet.so"),
        &[&constructed, "-DFLAGS=1"],
    );
    let (code, _, _) = run(folder.path(), &["check", "a.micro", "--load"]);
    assert_eq!((code, trace.exists()), (1, false));
}

/// Takes the table of sections from the library, so that it cannot be judged by its file.
fn hide_sections(folder: &Path) {
    let path = folder.join("libgreet.so");
    let mut library = fs::read(&path).unwrap();
    // Its place, and how many there are. The loader does without it.
    library[40..48].fill(0);
    library[60..64].fill(0);
    fs::write(&path, library).unwrap();
}

#[test]
fn a_table_that_is_not_aligned_is_refused_in_a_library_that_is_loaded_too() {
    for (argument, what) in [
        (
            "-DFUNCTIONS=(const void*)((const char*)functions+4)",
            "functions",
        ),
        (
            "-DPARAMETERS=(const void*)((const char*)parameters+1)",
            "parameters of `read`",
        ),
    ] {
        let folder = folder_with_greet(&[argument]);
        hide_sections(folder.path());
        let why = format!("it is damaged: its {what} are not aligned");
        let expected = (1, String::new(), said_of_greet(&why, None));
        let found = run(folder.path(), &["check", "--load", "a.micro"]);
        assert_eq!(found, expected);
    }
}

#[test]
fn what_cannot_be_judged_by_its_file_is_loaded_if_that_is_allowed() {
    let folder = folder_with_greet(&[]);
    hide_sections(folder.path());
    let why = "it cannot be judged without loading it: its file has no table of sections";
    let help = "`--load` loads it to see, which runs code of it";
    assert_said(folder.path(), why, Some(help));
    let ok = (0, OK.to_owned(), String::new());
    assert_eq!(run(folder.path(), &["check", "--load", "a.micro"]), ok);
    // To start it, it would be loaded anyway.
    let micro = Micro::new().definition(folder.path().join("a.micro"));
    assert!(micro.load().has_errors());
    assert!(!micro.load_to_start().has_errors());
}

#[test]
fn a_library_that_the_system_does_not_load_is_told() {
    let folder = folder_with_greet(&["-DCALL=nowhere"]);
    let ok = (0, OK.to_owned(), String::new());
    assert_eq!(run(folder.path(), &["check", "a.micro"]), ok);
    let path = folder.path().canonicalize().unwrap().join("libgreet.so");
    let why = format!(
        "the system does not load it: {}: undefined symbol: nowhere",
        path.display()
    );
    let expected = (1, String::new(), said_of_greet(&why, None));
    assert_eq!(
        run(folder.path(), &["check", "--load", "a.micro"]),
        expected
    );
}

#[test]
fn the_command_line_names_folders_that_are_there() {
    let folder = folder(&[("a.micro", HELLO), ("file", "")]);
    for missing in ["nowhere", "file"] {
        let said = format!("error: no folder `{missing}` for `--modules`\n");
        let arguments = ["check", "--modules", missing, "a.micro"];
        assert_eq!(run(folder.path(), &arguments), (2, String::new(), said));
    }
    let missing = folder.path().join("nowhere");
    let started = Micro::new()
        .modules_dir(&missing)
        .lines(["SERVER a 0"])
        .start();
    let said = started.err().expect("it does not start").to_string();
    let expected = format!(
        "error: there is no folder `{}` of modules",
        missing.display()
    );
    assert_eq!(said, expected);
}

#[test]
fn a_program_that_embeds_a_service_names_folders() {
    let folder = tempfile::tempdir().unwrap();
    greet(&folder.path().join("one/libgreet.so"), &["-DRELEASE=\"1\""]);
    greet(&folder.path().join("two/libgreet.so"), &["-DRELEASE=\"2\""]);
    greet(&folder.path().join("two/libmore.so"), &["-DNAME=\"more\""]);
    let lines = [
        "SERVER a 0",
        "ROUTE /$",
        "GET greet.hello",
        "POST more.hello",
    ];
    let micro = Micro::new()
        .modules_dir(folder.path().join("one"))
        .modules_dir(folder.path().join("two"))
        .lines(lines);
    let loaded = micro.load();
    assert_eq!(loaded.render(), "");
    let modules = loaded.service.unwrap().modules;
    let modules = modules.iter().map(|one| {
        let path = one.origin.to_string();
        (one.info.name.clone(), path)
    });
    let path = |name: &str| folder.path().join(name).display().to_string();
    let expected = [
        ("greet".to_owned(), path("one/libgreet.so")),
        ("more".to_owned(), path("two/libmore.so")),
    ];
    assert_eq!(modules.collect::<Vec<_>>(), expected);
    let micro = Micro::new().lines(lines);
    let variable = ("MICRO_PATH".to_owned(), path("two"));
    let loaded = micro.environment([variable]).load();
    assert_eq!(loaded.render(), "");
}

/// The source of a module `many` with functions that share their parameters, and with summaries of
/// these lengths.
fn many(functions: u64, parameters: u64, summaries: &[u64]) -> String {
    let rows = (0..functions).map(|at| {
        let summary = summaries.get(at as usize).copied().unwrap_or(0);
        format!(
            "{{ TEXT(\"f{at}\"), {{ text, {summary} }}, 1, 1, p, {parameters}, NULL, call }},\n"
        )
    });
    format!(
        "#include \"descriptor.h\"
        static void call(void) {{ }}
        static const char text[{}] = {{ 'x' }};
        static const Parameter p[{}] = {{ {{ {{ text, 0 }}, 0, 0 }} }};
        static const Function f[] = {{ {} }};
        const Module micro_module = {{
            VERSION, MODULE_SIZE, FUNCTION_SIZE, PARAMETER_SIZE, REQUEST_SIZE, REPLY_SIZE,
            HOST_SIZE, 0, TEXT(\"many\"), TEXT(\"1\"), f, COUNT(f), NULL, NULL, NULL
        }};",
        TEXT_BYTES_MAX + 1,
        parameters + 1,
        rows.collect::<String>()
    )
}

#[test]
fn limits_hold_just_under_at_and_over_them() {
    let folder = tempfile::tempdir().unwrap();
    let count = Cell::new(0);
    let judge = |source: String| {
        // Those that are loaded stay, each under a name of its own.
        count.set(count.get() + 1);
        let path = folder.path().join(format!("libmany{}.so", count.get()));
        compile(&source, &path, &["-shared"]);
        let judged = preflight(&path, "many").map(|_| ());
        let loaded = load(&path, "many").map(|_| ());
        assert_eq!(judged, loaded, "both ways agree");
        judged
    };
    let too_many = |what: &str, most: u64| {
        Err::<(), _>(Unusable::TooMany {
            what: what.to_owned(),
            found: most + 1,
            most,
        })
    };
    for functions in [DESCRIPTOR_FUNCTIONS_MAX - 1, DESCRIPTOR_FUNCTIONS_MAX] {
        assert_eq!(judge(many(functions, 0, &[])), Ok(()));
    }
    let over = judge(many(DESCRIPTOR_FUNCTIONS_MAX + 1, 0, &[]));
    assert_eq!(over, too_many("functions", DESCRIPTOR_FUNCTIONS_MAX));

    for parameters in [DESCRIPTOR_PARAMETERS_MAX - 1, DESCRIPTOR_PARAMETERS_MAX] {
        assert_eq!(judge(many(1, parameters, &[])), Ok(()));
    }
    let over = judge(many(1, DESCRIPTOR_PARAMETERS_MAX + 1, &[]));
    assert_eq!(
        over,
        too_many("parameters of `f0`", DESCRIPTOR_PARAMETERS_MAX)
    );

    for length in [TEXT_BYTES_MAX - 1, TEXT_BYTES_MAX] {
        assert_eq!(judge(many(1, 0, &[length])), Ok(()));
    }
    let over = judge(many(1, 0, &[TEXT_BYTES_MAX + 1]));
    assert_eq!(
        over,
        too_many("bytes in the summary of `f0`", TEXT_BYTES_MAX)
    );

    // The names are text, too: `many`, `1`, and `f0` to `f15`.
    let names = "many1".len() as u64 + 10 * 2 + 6 * 3;
    let summaries = |total: u64| {
        let mut lengths = vec![TEXT_BYTES_MAX; 15];
        lengths.push(total - names - 15 * TEXT_BYTES_MAX);
        lengths
    };
    for total in [TEXT_BYTES_TOTAL_MAX - 1, TEXT_BYTES_TOTAL_MAX] {
        assert_eq!(judge(many(16, 0, &summaries(total))), Ok(()));
    }
    let over = judge(many(16, 0, &summaries(TEXT_BYTES_TOTAL_MAX + 1)));
    assert_eq!(over, too_many("bytes of text", TEXT_BYTES_TOTAL_MAX));
    let text = too_many("functions", DESCRIPTOR_FUNCTIONS_MAX)
        .unwrap_err()
        .to_string();
    assert_eq!(text, "it has 1001 functions, expected at most 1000");
}

#[test]
fn a_library_of_very_many_pointers_has_to_be_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("libgreet.so");
    let with_pointers = |count: usize, arguments: &[&str]| {
        let pointers = format!(
            "{GREET}\n__asm__(\".section .data.rel,\\\"aw\\\"\\n.balign 8\\n.rept {count}\\n\"
            \".quad functions\\n.endr\\n.text\");\n"
        );
        compile(&pointers, &path, &[&["-shared"], arguments].concat());
        preflight(&path, "greet").map(|_| ())
    };
    assert_eq!(with_pointers(0, &[]), Ok(()));
    let own = count_of_relocations(&path);
    for count in [TABLE_ENTRIES_MAX - 1, TABLE_ENTRIES_MAX] {
        assert_eq!(with_pointers(count - own, &[]), Ok(()));
        assert_eq!(count_of_relocations(&path), count);
    }
    let why = Unusable::NeedsLoading("it has more than 1000000 pointers".to_owned());
    let over = TABLE_ENTRIES_MAX + 1 - own;
    assert_eq!(with_pointers(over, &[]), Err(why.clone()));
    // In the short form, too.
    let packed = ["-Wl,-z,pack-relative-relocs"];
    assert_eq!(with_pointers(over, &packed), Err(why));
    assert!(fs::metadata(&path).unwrap().len() < 10 * TABLE_ENTRIES_MAX as u64);
}

/// How many pointers the loader fills in, in the usual form.
fn count_of_relocations(path: &Path) -> usize {
    let listed = Command::new("readelf").arg("-rW").arg(path).output();
    let listed = String::from_utf8(listed.expect("it came with the compiler").stdout).unwrap();
    let (_, rest) = listed.split_once("'.rela.dyn'").expect("there are some");
    let (_, rest) = rest.split_once("contains ").expect("they are counted");
    let count = rest.split(' ').next().unwrap_or_default();
    count.parse().expect("it is a number")
}

/// The bytes of a small library of `greet`.
fn small_library() -> (TempDir, PathBuf, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("libgreet.so");
    greet(&path, &["-s", "-Wl,-z,noseparate-code"]);
    let bytes = fs::read(&path).unwrap();
    assert_eq!(preflight(&path, "greet"), Ok(greet_info()));
    (folder, path, bytes)
}

#[test]
fn a_library_that_is_cut_is_refused_or_read_at_every_byte() {
    let (_folder, path, bytes) = small_library();
    let file = fs::File::options().write(true).open(&path).unwrap();
    let mut read = 0;
    for length in (0..bytes.len()).rev() {
        file.set_len(length as u64).unwrap();
        read += u32::from(preflight(&path, "greet").is_ok());
    }
    // Without sections, which stand at the end, nothing is found.
    assert_eq!(read, 0);
}

#[test]
fn a_library_with_wrong_bytes_is_refused_or_read() {
    let (_folder, path, bytes) = small_library();
    // The parts that are read are few among many zeros: wrong bytes go where something stands.
    let places: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] != 0).collect();
    let wrong = (proptest::sample::select(places), any::<u8>());
    let wrong = proptest::collection::vec(wrong, 1..8);
    proptest!(ProptestConfig::with_cases(2_000), |(wrong in wrong, shift in 0..9_usize)| {
        let mut bytes = bytes.clone();
        for (at, byte) in &wrong {
            let at = (at + shift).min(bytes.len() - 1);
            bytes[at] = *byte;
        }
        fs::write(&path, &bytes).unwrap();
        // Neither a panic nor an endless loop; and what is wrong can be said.
        if let Err(why) = preflight(&path, "greet") {
            prop_assert!(!why.to_string().is_empty());
        }
    });
}
