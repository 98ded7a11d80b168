//! Files of SQLite, as Python's `sqlite3` sees them.

mod cap;
mod life;
mod writers;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use micro_broker::{Bind, Instance, Provisioner};

use super::{bind, done, instance, ready};
use crate::tools;

// Does what each line says, and says how that went.
const PROGRAM: &str = r#"
import sqlite3, sys

database = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=10)
for line in sys.stdin:
    try:
        rows = database.execute(line).fetchall()
        print("|".join(str(cell) for row in rows for cell in row), flush=True)
    except sqlite3.Error as error:
        print("error:", error, flush=True)
"#;

/// An app that has a file open.
struct App {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl App {
    /// Opens a file; nothing if there is no Python here.
    fn open(path: &Path) -> Option<App> {
        if !tools::has("python3", &["--version"]) {
            return None;
        }
        let mut command = Command::new("python3");
        command.args(["-c", PROGRAM]).arg(path);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("it is there");
        let input = process.stdin.take().expect("it is piped");
        let output = process.stdout.take().expect("it is piped");
        Some(App {
            process,
            input,
            output: BufReader::new(output),
        })
    }

    /// Has it do something; what came of it.
    fn run(&mut self, sql: &str) -> String {
        writeln!(self.input, "{sql}").expect("it reads");
        let mut line = String::new();
        self.output.read_line(&mut line).expect("it answers");
        line.trim_end().to_owned()
    }
}

impl Drop for App {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A folder with an instance that is bound.
struct Bound {
    folder: tempfile::TempDir,
    instance: Instance,
    bind: Bind,
}

impl Bound {
    fn make() -> Bound {
        let bound = Bound {
            folder: tempfile::tempdir().expect("a temporary folder can be made"),
            instance: instance("s"),
            bind: bind("s", "secret"),
        };
        let provisioner = bound.provisioner("64KiB");
        done(provisioner.create(&bound.instance));
        done(provisioner.bind(&bound.instance, &bound.bind));
        bound
    }

    /// A provisioner of that folder whose files may be as large as this.
    fn provisioner(&self, size_max: &str) -> Box<dyn Provisioner> {
        let folder = self.folder.path().display().to_string();
        let settings = [("folder", folder.as_str()), ("size_max", size_max)];
        super::open("sqlite", &settings).expect("its settings are right")
    }

    /// Where a bind finds the file.
    fn path(&self, bind: &Bind) -> std::path::PathBuf {
        let told = self.provisioner("64KiB").environment(&self.instance, bind);
        let path = told.into_iter().find(|(key, _)| *key == "path");
        path.expect("it is told").1.into()
    }

    /// Takes the link of the bind away behind the provisioner's back.
    fn remove_link(&self) {
        let path = self.path(&self.bind);
        let link = path.parent().expect("it is in a folder");
        std::fs::remove_file(link).expect("it is there");
    }

    fn app(&self) -> Option<App> {
        App::open(&self.path(&self.bind))
    }

    /// Why the instance is down, if it is.
    fn find_trouble(&self, provisioner: &dyn Provisioner) -> Option<String> {
        let tended = provisioner.tend(&[ready(&self.instance, &[&self.bind])]);
        let tended = tended.expect("the folder is there");
        assert!(tended.lost.is_empty());
        tended.down.into_iter().next().map(|(_, why)| why)
    }
}

/// A disk in memory for a few files.
struct Disk<'p> {
    path: &'p Path,
}

impl Disk<'_> {
    /// Mounts it at a folder. Nothing, if we may not.
    #[track_caller]
    fn with_files(path: &Path, count: u32) -> Option<Disk<'_>> {
        let (options, place) = (format!("nr_inodes={count}"), path.display().to_string());
        let arguments = ["-t", "tmpfs", "-o", &options, "micro-test", &place];
        tools::has("mount", &arguments).then_some(Disk { path })
    }

    /// Has it take so many files and folders, with its own.
    #[track_caller]
    fn allow(&self, count: u32) {
        let mut command = Command::new("mount");
        command.args(["-o", &format!("remount,nr_inodes={count}")]);
        let done = command.arg(self.path).status();
        assert!(done.is_ok_and(|status| status.success()), "{count}");
    }
}

impl Drop for Disk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.path).status();
    }
}
