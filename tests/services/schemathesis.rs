//! Schemathesis, which tries out whether a service does what its OpenAPI document says.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::fs::{FlockOperation, flock};

use super::tools;

const FILES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/services/schemathesis");

const PACKS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/handlers");

/// How many requests it makes up for each operation, beside those that are at some limit.
const EXAMPLES_MAX: &str = "20";

/// What it makes up follows from that.
const SEED: &str = "5668";

/// How it ended.
pub(crate) struct Verdict {
    /// Whether it found nothing.
    pub(crate) is_content: bool,
    /// What it has to say.
    pub(crate) report: String,
}

/// Tries out the service of a pack, with what lets it in. Nothing, if it cannot be had here.
#[track_caller]
pub(crate) fn try_out(pack: &str, url: &str, credentials: &[(&str, &str)]) -> Option<Verdict> {
    if !tools::has("python3", &["-c", "import ensurepip, venv"]) {
        return None;
    }
    let python = match install() {
        Ok(python) => python,
        Err(why) => {
            assert!(std::env::var_os("MICRO_TEST_ALL").is_none(), "{why}");
            tools::leave_out(&why);
            return None;
        }
    };
    let told = Path::new(FILES).join(pack);
    let document = format!("{PACKS}/{pack}/openapi.json");
    let mut command = Command::new(python);
    command
        .args(["-m", "schemathesis.cli", "--config-file"])
        .arg(told.join("schemathesis.toml"))
        .arg("run")
        .arg(document)
        .args(["--url", url, "--no-color", "--seed", SEED])
        .args(["--max-examples", EXAMPLES_MAX, "--request-timeout", "30"])
        .current_dir(env!("CARGO_TARGET_TMPDIR"))
        .env("SCHEMATHESIS_HOOKS", told.join("hooks.py"))
        .envs(credentials.iter().copied())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::null());
    let output = command.output().expect("it is installed");
    let said = [output.stdout, output.stderr].concat();
    Some(Verdict {
        is_content: output.status.success(),
        report: String::from_utf8_lossy(&said).into_owned(),
    })
}

/// The Python that has it, in a folder that stays for the next time.
fn install() -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("schemathesis");
    fs::create_dir_all(&folder).expect("a folder can be made");
    let lock = File::create(folder.join("lock")).expect("a file can be made");
    flock(&lock, FlockOperation::LockExclusive).expect("it can be locked");
    let (venv, done) = (folder.join("venv"), folder.join("requirements.txt"));
    let (python, wanted) = (
        venv.join("bin/python"),
        Path::new(FILES).join("requirements.txt"),
    );
    let wanted_text = fs::read(&wanted).expect("it is in the repository");
    if fs::read(&done).is_ok_and(|installed| installed == wanted_text) {
        return Ok(python);
    }
    // It was begun and not ended, or it is another version.
    let _ = fs::remove_dir_all(&venv);
    run(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
    let mut pip = Command::new(&python);
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "-r",
    ]);
    run(pip.arg(&wanted))?;
    fs::write(done, wanted_text).expect("a file can be written");
    Ok(python)
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("{command:?}: {error}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!(
            "{command:?} fails: {}",
            String::from_utf8_lossy(&output.stderr)
        )),
    }
}
