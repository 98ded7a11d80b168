//! What a service depends on: the files whose change may change it.

use std::path::Path;

use crate::directives::{Options, Source, load};
use crate::files::Stamp;

/// The files of a definition that was written to a folder, by name, each with whether it was there.
fn files(folder: &Path, text: &str, options: &Options) -> Vec<(String, bool)> {
    let path = folder.join("a.micro");
    std::fs::write(&path, text).expect("a file can be written");
    let loaded = load(&Source::File(path), options);
    let files = loaded.files().map(|(path, stamp)| {
        assert_eq!(stamp, Stamp::of(path));
        let name = path.strip_prefix(folder).expect("it is in the folder");
        (name.display().to_string(), stamp.is_some())
    });
    files.collect()
}

#[track_caller]
fn assert_files(found: &[(String, bool)], expected: &[(&str, bool)]) {
    let found: Vec<_> = found
        .iter()
        .map(|(name, is)| (name.as_str(), *is))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn imports_are_among_them_and_so_is_what_was_looked_for() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path();
    std::fs::create_dir(path.join("more")).expect("a folder can be made");
    for name in ["b.micro", "more/c.micro"] {
        std::fs::write(path.join(name), "# nothing").expect("a file can be written");
    }
    let text = "IMPORT b.micro\nIMPORT more.c\nIMPORT missing.micro\n";
    let expected = [
        ("a.micro", true),
        ("b.micro", true),
        ("missing.micro", false),
        ("more/c.micro", true),
        ("more.c", false),
        ("more.c.micro", false),
    ];
    assert_files(&files(path, text, &Options::default()), &expected);
}

#[test]
fn files_of_settings_are_among_them() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path();
    let named = |name: &str| path.join(name).display().to_string();
    std::fs::write(path.join("settings"), "").expect("a file can be written");
    let options = Options {
        environment: [("PASS_FILE".to_owned(), named("secret"))].into(),
        config: Some(Source::File(path.join("settings"))),
        ..Options::default()
    };
    let text = format!(
        "CONFIG pass\nCONFIG key validate=file default={}\n",
        named("key")
    );
    let expected = [
        ("a.micro", true),
        ("key", false),
        ("secret", false),
        ("settings", true),
    ];
    assert_files(&files(path, &text, &options), &expected);
}
