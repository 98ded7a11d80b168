//! `cargo run --example provisioner`
//!
//! A broker with a provisioner of one's own: an instance is a folder, and a bind a file in it. Before:
//! `export BROKER_USERNAME=me BROKER_PASSWORD=open-sesame! BROKER_KEY=$(openssl rand -hex 32)`

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::process::ExitCode;

use micro::Micro;
use micro_api::Error;
use micro_broker::{
    Bind, Failure, Found, Instance, Kind, Label, Options, Provisioner, Ready, Tended,
};

struct Folders(PathBuf);

impl Folders {
    fn path(&self, instance: &Label) -> PathBuf {
        self.0.join(instance.as_str())
    }
}

impl Provisioner for Folders {
    fn create(&self, instance: &Instance) -> Result<(), Failure> {
        fs::create_dir_all(self.path(&instance.label)).map_err(Failure::for_now)
    }

    fn destroy(&self, instance: &Instance) -> Result<(), Failure> {
        gone(fs::remove_dir_all(self.path(&instance.label)))
    }

    fn bind(&self, instance: &Instance, bind: &Bind) -> Result<(), Failure> {
        let path = self.path(&instance.label).join(bind.label.as_str());
        let mut options = OpenOptions::new();
        let options = options.write(true).create(true).truncate(true).mode(0o600);
        let write = |mut file: fs::File| file.write_all(bind.secret.reveal().as_bytes());
        options.open(path).and_then(write).map_err(Failure::for_now)
    }

    fn unbind(&self, instance: &Instance, bind: &Bind) -> Result<(), Failure> {
        gone(fs::remove_file(
            self.path(&instance.label).join(bind.label.as_str()),
        ))
    }

    fn environment(&self, instance: &Instance, bind: &Bind) -> Vec<(&'static str, String)> {
        let path = self.path(&instance.label).join(bind.label.as_str());
        vec![("file", path.display().to_string())]
    }

    fn list(&self, prefix: &str) -> Result<Vec<Found>, Failure> {
        let entries = fs::read_dir(&self.0).map_err(Failure::for_now)?.flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let ours = names.filter(|name| name.starts_with(prefix));
        Ok(ours
            .map(|name| Found {
                kind: "folder",
                name,
            })
            .collect())
    }

    fn tend(&self, ready: &[Ready]) -> Result<Tended, Failure> {
        let mut tended = Tended::default();
        for Ready { instance, binds } in ready {
            let path = self.path(instance);
            if !path.exists() {
                let why = "its folder is gone".to_owned();
                tended.down.push((instance.clone(), why));
            }
            let is_lost = |bind: &&Label| path.exists() && !path.join(bind.as_str()).exists();
            tended.lost.extend(binds.iter().filter(is_lost).cloned());
        }
        Ok(tended)
    }

    fn remove(&self, orphan: &Found) -> Result<(), Failure> {
        gone(fs::remove_dir_all(self.0.join(&orphan.name)))
    }
}

/// What is gone already may be removed.
fn gone(result: std::io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Failure::for_now(error)),
        _ => Ok(()),
    }
}

fn open(options: &Options<'_>) -> Result<Box<dyn Provisioner>, Error> {
    // An app has another folder to start in.
    let folder = std::path::absolute(options.expect("folder", "a path")?)?;
    fs::create_dir_all(&folder)?;
    Ok(Box::new(Folders(folder)))
}

/// The broker, ready to be started.
pub fn service() -> Micro {
    let kind = Kind {
        name: "folders",
        options: &["folder"],
        environment: &[("file", "SECRET_FILE")],
        open,
        place: |options| Ok(options.expect("folder", "a path")?.to_owned()),
    };
    Micro::new()
        .module(micro_broker::module_with([kind]))
        .definition("examples/provisioner/plans.micro")
}

fn main() -> ExitCode {
    service().main()
}
