//! The README's section on modules in shared libraries, followed word by word in an empty folder
//! beside the checkout: its files are written, its commands run, and what it shows is what comes.

#[path = "support/program.rs"]
mod program;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use program::{Lines, Process, folder, get, run, run_command};
use rustix::process::Signal;
use tempfile::TempDir;

const HERE: &str = env!("CARGO_MANIFEST_DIR");

/// A piece of the README: a code block, and what is said before it.
struct Piece<'t> {
    said: &'t str,
    language: &'t str,
    code: &'t str,
}

fn pieces<'t>(text: &'t str, heading: &str) -> Vec<Piece<'t>> {
    let (_, section) = text.split_once(heading).expect("there is this section");
    let section = section.split("\n## ").next().unwrap_or_default();
    let mut parts = section.split("\n```");
    let mut pieces = Vec::new();
    while let (Some(said), Some(block)) = (parts.next(), parts.next()) {
        let (language, code) = block.split_once('\n').expect("a block has lines");
        pieces.push(Piece {
            said,
            language,
            code,
        });
    }
    pieces
}

/// The words in backticks behind this word.
fn quoted<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(&format!("{word} `"))?;
    rest.split('`').next()
}

/// Commands, each with the output that is shown below it; none is, where no line has a prompt.
fn commands(code: &str) -> Vec<(&str, Option<String>)> {
    let mut commands: Vec<(&str, Option<String>)> = Vec::new();
    let has_prompts = code.starts_with("$ ");
    for line in code.lines() {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (Some(command), _) => commands.push((command, Some(String::new()))),
            (None, Some((_, Some(output)))) => *output += &format!("{line}\n"),
            (None, _) => {
                assert!(!has_prompts, "{line}");
                commands.push((line, None));
            }
        }
    }
    commands
}

/// Makes a clean clone of the checkout, if it is a repository in which nothing has changed.
fn clone(to: &Path) -> bool {
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        // Hooks have these, and run tests.
        for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"] {
            git.env_remove(name);
        }
        let done = git.args(["-C", HERE]).args(arguments).output().ok()?;
        done.status.success().then_some(done.stdout)
    };
    let root = git(&["rev-parse", "--show-prefix"]);
    let is_root = root.is_some_and(|prefix| prefix.trim_ascii().is_empty());
    let changed = git(&["status", "--porcelain"]);
    // What is not committed would not be tested.
    let is_clean = changed.is_some_and(|changed| changed.is_empty());
    let to = to.to_str().expect("it is text");
    is_root && is_clean && git(&["clone", "--quiet", "--shared", HERE, to]).is_some()
}

/// Makes a folder of links into the checkout, so that nothing that a command leaves there is left in
/// the checkout itself.
fn link(to: &Path) {
    std::fs::create_dir_all(to).expect("a folder can be made");
    for entry in Path::new(HERE).read_dir().expect("it can be listed") {
        let name = entry.expect("it can be listed").file_name();
        if name != "target" && name != ".git" {
            std::os::unix::fs::symlink(Path::new(HERE).join(&name), to.join(&name))
                .expect("a link can be made");
        }
    }
}

/// A reader at two terminals.
struct Reader {
    root: TempDir,
    /// Where the second terminal is.
    at: PathBuf,
    /// What the first one runs.
    service: Option<(Process, Lines, SocketAddr)>,
}

impl Reader {
    fn new() -> Reader {
        let root = folder(&[]);
        let checkout = root.path().join("micro");
        if !clone(&checkout) {
            link(&checkout);
        }
        let at = root.path().to_owned();
        Reader {
            root,
            at,
            service: None,
        }
    }

    /// A shell with this `micro` and this `cargo`, which takes crates from where they are already.
    fn shell(&self, command: &str) -> Command {
        let program = Path::new(env!("CARGO_BIN_EXE_micro")).parent();
        let cargo = Path::new(env!("CARGO")).parent();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = [program, cargo].into_iter().flatten().map(Path::to_owned);
        let folders = folders.chain(std::env::split_paths(&path));
        let mut shell = Command::new("sh");
        shell
            .args(["-ec", command])
            .current_dir(&self.at)
            .env("PATH", std::env::join_paths(folders).expect("a path"))
            .env("CARGO_NET_OFFLINE", "true")
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .env_remove("CARGO_TARGET_DIR")
            .env_remove("RUSTFLAGS")
            .env_remove("MICRO_PATH")
            .stdin(Stdio::null());
        shell
    }

    #[track_caller]
    fn read(&mut self, piece: &Piece) {
        if piece.said.contains("In the checkout:") {
            self.at = self.root.path().join("micro");
        }
        if let Some(line) = quoted(piece.said, "The first terminal says") {
            let (_, log, _) = self.service.as_ref().expect("something is served");
            log.find(line);
        }
        match piece.language {
            "rust" | "micro" => {
                let name = quoted(piece.said, "into").expect("it says where");
                std::fs::write(self.at.join(name), format!("{}\n", piece.code))
                    .expect("it can be written");
            }
            "sh" => {
                for (command, output) in commands(piece.code) {
                    self.enter(command, output.as_deref());
                }
            }
            "text" => self.assert_told_with(
                quoted(piece.said, "With").expect("it says what is wrong"),
                piece.code,
            ),
            other => panic!("{other}"),
        }
    }

    #[track_caller]
    fn enter(&mut self, command: &str, output: Option<&str>) {
        if let Some(path) = command.strip_prefix("curl localhost:12345") {
            let (_, _, address) = self.service.as_ref().expect("something is served");
            let answer = get(*address, path);
            let (_, content) = answer.split_once("\r\n\r\n").expect("a whole answer");
            // curl writes no line end of its own.
            assert_eq!(format!("{content}\n"), output.unwrap_or_default());
            return;
        }
        let is_served = command.starts_with("micro ") && command.contains("--modules");
        if is_served && output == Some("") {
            return self.serve(command);
        }
        let mut shell = self.shell(&format!("{command}\npwd > \"$WHERE\""));
        let place = self.root.path().join("where");
        let (code, stdout, stderr) = run_command(shell.env("WHERE", &place));
        assert_eq!(code, 0, "{command}\n{stdout}{stderr}");
        if let Some(output) = output {
            assert_eq!(stdout, output, "{command}");
        }
        let place = std::fs::read_to_string(place).expect("the shell has written it");
        self.at = place.trim_end().into();
        if command.starts_with("cargo new") {
            std::fs::copy(
                Path::new(HERE).join("Cargo.lock"),
                self.at.join("Cargo.lock"),
            )
            .expect("the versions can be copied");
        }
    }

    /// Serves what the command does, but at a free port of this machine alone.
    #[track_caller]
    fn serve(&mut self, command: &str) {
        self.end();
        let mut shell = self.shell(&format!("exec {command}"));
        for name in ["GREET", "HELLO"] {
            shell
                .env(format!("SERVER_{name}_PORT"), "0")
                .env(format!("SERVER_{name}_HOST"), "127.0.0.1");
        }
        let mut process = Process::start(shell.stdout(Stdio::piped()));
        let log = process.lines();
        let address = log.address();
        self.service = Some((process, log, address));
    }

    #[track_caller]
    fn end(&mut self) {
        if let Some((process, ..)) = self.service.take() {
            process.end(Signal::TERM);
        }
    }

    /// What `micro check` says of the definition when it has this mistake.
    #[track_caller]
    fn assert_told_with(&self, mistake: &str, told: &str) {
        let definition = self.at.join("greet.micro");
        let definition = std::fs::read_to_string(definition).expect("it is there");
        let wrong = definition.replace("{name}", mistake);
        assert_ne!(wrong, definition);
        let elsewhere = folder(&[("greet.micro", &wrong)]);
        let libraries = self.at.join("target/debug");
        let libraries = libraries.to_str().expect("it is text");
        let arguments = ["check", "greet.micro", "--modules", libraries];
        let expected = (1, String::new(), format!("{told}\n\n"));
        assert_eq!(run(elsewhere.path(), &arguments), expected);
    }
}

#[test]
fn a_module_is_built_and_served_as_the_readme_says() {
    let text = std::fs::read_to_string(Path::new(HERE).join("README.md")).expect("it is there");
    let pieces = pieces(&text, "\n## Modules in shared libraries\n");
    assert!(pieces.len() >= 9);
    let mut reader = Reader::new();
    let begin = Instant::now();
    for piece in &pieces {
        reader.read(piece);
    }
    // It is to take less than two minutes. That is not asserted: a machine may have other things to
    // do, and the time is that of a build above all.
    let seconds = begin.elapsed().as_secs_f32();
    eprintln!("the section was followed in {seconds:.1} s");
    assert!(reader.root.path().join("micro/libhello.so").is_file());
    reader.end();
}
