//! The module `static`: files below a directory.

use std::path::PathBuf;

use micro_api::{Config, Error, Module, Reply, Request};

/// The module `static`. The directory is that of the setting `static.root`.
#[must_use]
pub const fn module() -> Module<Root> {
    Module::with_state("static", open)
        .version(env!("CARGO_PKG_VERSION"))
        .handler("file", file)
        .summary("serves a file below the folder `static.root`")
        .takes::<&str>("path")
}

fn open(config: &Config) -> Result<Root, Error> {
    config.get("static.root").map(Root)
}

/// The directory whose files are served.
#[derive(Debug)]
pub struct Root(PathBuf);

/// The file at the path of the argument `path`.
async fn file(root: &Root, request: Request) -> Result<Reply, Error> {
    Ok(micro_api::directory(&request, &root.0, request.arg("path")?).await)
}

#[cfg(test)]
mod tests {
    use super::module;
    use micro_api::testing::{self, Answer, Opened};

    fn get(path: &str) -> Answer {
        let settings = [("static.root", env!("CARGO_MANIFEST_DIR"))];
        let module = Opened::with_settings(&module(), &settings).expect("the setting is there");
        testing::get("/")
            .arg("path", path)
            .call_with(&module, "file")
    }

    #[test]
    fn a_file_below_the_root() {
        let answer = get("src/static_files.rs");
        assert_eq!(
            (answer.status, answer.text()),
            (200, include_str!("static_files.rs"))
        );
    }

    #[test]
    fn no_file_above_it() {
        assert_eq!(get("../api/Cargo.toml").status, 404);
        assert_eq!(get("/etc/passwd").status, 404);
    }

    #[test]
    fn without_its_setting_the_module_does_not_open() {
        let error = Opened::with_settings(&module(), &[])
            .err()
            .expect("it does not open");
        assert_eq!(error.detail(), Some("setting `static.root` has no value"));
    }
}
