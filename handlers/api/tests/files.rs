//! Files as answers: whole, in part, not at all.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use micro_api::testing::{self, Answer, TestRequest};
use micro_api::{Method, Request};
use tempfile::TempDir;

const PIECE: usize = 64 * 1024;

struct Folder(TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().expect("a temporary directory"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file that was last changed at the 1,000,000,000th second.
    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("it is in the folder")).expect("folders");
        fs::write(&path, content).expect("the file is written");
        set_modified(&path, UNIX_EPOCH + Duration::from_secs(1_000_000_000));
        path
    }

    fn get(&self, relative: &str) -> Answer {
        self.get_at(relative, "/")
    }

    fn get_at(&self, relative: &str, target: &str) -> Answer {
        let (root, relative) = (self.0.path().to_owned(), relative.to_owned());
        testing::get(target).call(async move |request: Request| {
            micro_api::directory(&request, &root, &relative).await
        })
    }
}

fn set_modified(path: &Path, time: SystemTime) {
    let file = fs::File::options()
        .write(true)
        .open(path)
        .expect("the file is there");
    file.set_modified(time).expect("the file is ours");
}

fn ask(request: &TestRequest, path: &Path) -> Answer {
    let path = path.to_owned();
    request.call(async move |request: Request| micro_api::file(&request, &path).await)
}

fn get(path: &Path) -> Answer {
    ask(&testing::get("/"), path)
}

fn content(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8).collect()
}

#[test]
fn a_file_with_its_validators() {
    let folder = Folder::new();
    let answer = get(&folder.write("page.html", "<p>hello"));
    assert_eq!((answer.status, answer.text()), (200, "<p>hello"));
    let fields: Vec<_> = answer.headers().collect();
    assert_eq!(
        fields,
        [
            ("Content-Type", "text/html; charset=utf-8"),
            ("ETag", "\"8-de0b6b3a7640000\""),
            ("Last-Modified", "Sun, 09 Sep 2001 01:46:40 GMT"),
            ("Accept-Ranges", "bytes"),
            ("Content-Length", "8"),
        ]
    );
}

#[test]
fn sizes_around_that_of_a_piece() {
    let folder = Folder::new();
    for size in [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 3 * PIECE + 7] {
        let expected = content(size);
        let answer = get(&folder.write("data.bin", &expected));
        assert_eq!(answer.header("content-length"), Some(&*size.to_string()));
        assert!(answer.body() == expected, "{size} bytes");
        assert_eq!(answer.cut(), None);
    }
}

#[test]
fn head_tells_the_length_and_sends_nothing() {
    let folder = Folder::new();
    for size in [0, 5, 3 * PIECE] {
        let path = folder.write("data.bin", content(size));
        let head = testing::request(Method::Head, "/").header("range", "bytes=0-1");
        let answer = ask(&head, &path);
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-length"), Some(&*size.to_string()));
        assert_eq!(answer.body(), b"");
    }
}

#[test]
fn an_unchanged_file_is_not_sent_again() {
    let folder = Folder::new();
    let path = folder.write("a.txt", "hello");
    let tag = get(&path).header("etag").expect("a tag").to_owned();
    let same = [
        ("if-none-match", tag.clone()),
        ("if-none-match", format!("W/{tag}")),
        ("if-none-match", format!("\"x\", {tag}")),
        ("if-none-match", "*".to_owned()),
        (
            "if-modified-since",
            "Sun, 09 Sep 2001 01:46:40 GMT".to_owned(),
        ),
        (
            "if-modified-since",
            "Sun, 09 Sep 2018 01:46:40 GMT".to_owned(),
        ),
    ];
    for (name, value) in same {
        let answer = ask(&testing::get("/").header(name, &value), &path);
        assert_eq!(answer.status, 304, "{name}: {value}");
        assert_eq!(answer.header("etag"), Some(&*tag));
        assert_eq!(
            (answer.header("content-type"), answer.body()),
            (None, &b""[..])
        );
    }
    let changed = [
        ("if-none-match", "\"x\""),
        ("if-none-match", ""),
        ("if-modified-since", "Sun, 09 Sep 2001 01:46:39 GMT"),
        ("if-modified-since", "yesterday"),
    ];
    for (name, value) in changed {
        let answer = ask(&testing::get("/").header(name, value), &path);
        assert_eq!(answer.status, 200, "{name}: {value}");
    }
}

#[test]
fn tags_are_heeded_before_dates() {
    let folder = Folder::new();
    let path = folder.write("a.txt", "hello");
    let request = testing::get("/")
        .header("if-none-match", "\"x\"")
        .header("if-modified-since", "Sun, 09 Sep 2001 01:46:40 GMT");
    assert_eq!(ask(&request, &path).status, 200);
}

#[test]
fn a_condition_that_fails_is_412() {
    let folder = Folder::new();
    let path = folder.write("a.txt", "hello");
    let tag = get(&path).header("etag").expect("a tag").to_owned();
    let of = |name: &str, value: &str| ask(&testing::get("/").header(name, value), &path).status;
    assert_eq!(of("if-match", &tag), 200);
    assert_eq!(of("if-match", "*"), 200);
    assert_eq!(of("if-match", &format!("W/{tag}")), 412);
    assert_eq!(of("if-match", "\"x\""), 412);
    assert_eq!(
        of("if-unmodified-since", "Sun, 09 Sep 2001 01:46:40 GMT"),
        200
    );
    assert_eq!(
        of("if-unmodified-since", "Sun, 09 Sep 2001 01:46:39 GMT"),
        412
    );
}

#[test]
fn a_change_changes_the_tag() {
    let folder = Folder::new();
    let path = folder.write("a.txt", "hello");
    let before = get(&path).header("etag").expect("a tag").to_owned();
    set_modified(&path, UNIX_EPOCH + Duration::new(1_000_000_000, 1));
    assert_ne!(get(&path).header("etag"), Some(&*before));
}

#[test]
fn times_that_no_date_can_tell() {
    let folder = Folder::new();
    let path = folder.write("a.txt", "hello");
    let year = Duration::from_secs(365 * 86_400);
    for time in [UNIX_EPOCH - year, SystemTime::now() + year] {
        set_modified(&path, time);
        let answer = get(&path);
        assert_eq!((answer.status, answer.header("last-modified")), (200, None));
    }
}

#[test]
fn a_range_is_a_part() {
    let folder = Folder::new();
    let whole = content(3 * PIECE);
    let path = folder.write("data.bin", &whole);
    let size = whole.len();
    let cases = [
        ("bytes=0-0".to_owned(), 0..1),
        ("bytes=5-".to_owned(), 5..size),
        ("bytes=-5".to_owned(), size - 5..size),
        (
            format!("bytes={}-{}", PIECE - 1, 2 * PIECE + 1),
            PIECE - 1..2 * PIECE + 2,
        ),
    ];
    for (field, range) in cases {
        let answer = ask(&testing::get("/").header("range", &field), &path);
        assert_eq!(answer.status, 206, "{field}");
        let described = format!("bytes {}-{}/{size}", range.start, range.end - 1);
        assert_eq!(answer.header("content-range"), Some(&*described));
        assert_eq!(
            answer.header("content-length"),
            Some(&*range.len().to_string())
        );
        assert!(answer.body() == &whole[range], "{field}");
    }
}

#[test]
fn a_range_beyond_the_end_is_416() {
    let folder = Folder::new();
    let path = folder.write("a.txt", "hello");
    let answer = ask(&testing::get("/").header("range", "bytes=5-"), &path);
    assert_eq!(
        (answer.status, answer.header("content-range")),
        (416, Some("bytes */5"))
    );
}

#[test]
fn a_range_of_an_older_version_is_the_whole() {
    let folder = Folder::new();
    let path = folder.write("a.txt", "hello");
    let tag = get(&path).header("etag").expect("a tag").to_owned();
    let weak = format!("W/{tag}");
    for (version, status) in [
        (&*tag, 206),
        ("Sun, 09 Sep 2001 01:46:40 GMT", 206),
        (&*weak, 200),
        ("\"x\"", 200),
        ("Sun, 09 Sep 2001 01:46:41 GMT", 200),
        ("nonsense", 200),
    ] {
        let request = testing::get("/")
            .header("range", "bytes=1-2")
            .header("if-range", version);
        assert_eq!(ask(&request, &path).status, status, "{version}");
    }
}

#[test]
fn what_is_no_file_is_404() {
    let folder = Folder::new();
    folder.write("a.txt", "hello");
    let fifo = folder.path("fifo");
    assert!(
        Command::new("mkfifo")
            .arg(&fifo)
            .status()
            .expect("mkfifo runs")
            .success()
    );
    symlink("loop", folder.path("loop")).expect("a link");
    let long = "x".repeat(5000);
    let paths = ["", "none", "a.txt/b", "loop", "nul\0byte", &long].map(|name| folder.path(name));
    for path in paths
        .into_iter()
        .chain([fifo, "/dev/null".into(), "/dev/zero".into()])
    {
        assert_eq!(get(&path).status, 404, "{path:?}");
    }
}

#[test]
fn what_may_not_be_read_is_403() {
    let folder = Folder::new();
    let path = folder.write("secret.txt", "hello");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o0)).expect("the file is ours");
    // Root may read everything.
    let expected = if fs::File::open(&path).is_ok() {
        200
    } else {
        403
    };
    assert_eq!(get(&path).status, expected);
}

#[test]
fn a_file_that_shrinks_while_it_is_sent_is_cut() {
    let folder = Folder::new();
    let path = folder.write("data.bin", content(3 * PIECE));
    let answer = testing::get("/").call(async move |request: Request| {
        let reply = micro_api::file(&request, &path).await;
        let file = fs::File::options()
            .write(true)
            .open(&path)
            .expect("the file is there");
        file.set_len(PIECE as u64 + 10).expect("the file is ours");
        reply
    });
    assert_eq!(
        answer.header("content-length"),
        Some(&*(3 * PIECE).to_string())
    );
    assert_eq!(answer.body().len(), PIECE);
    assert!(
        answer
            .cut()
            .expect("it is cut")
            .contains("the file has shrunk")
    );
}

#[test]
fn files_below_a_root() {
    let folder = Folder::new();
    folder.write("a.txt", "a");
    folder.write("docs/index.html", "index");
    folder.write("docs/..b..txt", "b");
    folder.write("docs/%2e%2e", "literal");
    symlink("a.txt", folder.path("link.txt")).expect("a link");
    let cases = [
        ("a.txt", "a"),
        ("./a.txt", "a"),
        ("docs//..b..txt", "b"),
        ("docs/%2e%2e", "literal"),
        ("docs/", "index"),
        ("link.txt", "a"),
    ];
    for (relative, text) in cases {
        let answer = folder.get(relative);
        assert_eq!((answer.status, answer.text()), (200, text), "{relative}");
    }
    assert_eq!(
        folder.get("docs/").header("content-type"),
        Some("text/html; charset=utf-8")
    );
}

#[test]
fn nothing_outside_of_the_root() {
    let outside = Folder::new();
    let secret = outside.write("secret.txt", "secret");
    let folder = Folder::new();
    folder.write("a/b.txt", "b");
    symlink(&secret, folder.path("link.txt")).expect("a link");
    symlink(outside.0.path(), folder.path("a/out")).expect("a link");
    fs::create_dir(folder.path("empty")).expect("a directory");
    symlink(&secret, folder.path("empty/index.html")).expect("a link");
    let sibling = format!(
        "../{}/secret.txt",
        outside.path("").file_name().unwrap().display()
    );
    for relative in [
        "..",
        "../",
        "a/../a/b.txt",
        "a/..",
        "/etc/passwd",
        "//etc/passwd",
        &*sibling,
        "link.txt",
        "a/out",
        "a/out/",
        "a/out/secret.txt",
        "empty/",
        "a/b.txt/",
        "a\0",
        "a/",
        "none",
        "..%2fsecret.txt",
        "a\\..\\b.txt",
    ] {
        let answer = folder.get(relative);
        assert_eq!(answer.status, 404, "{relative:?}");
        assert!(
            answer.text().starts_with(r#"{"error":"Not Found""#),
            "{relative:?}"
        );
    }
}

#[test]
fn a_directory_without_its_slash_is_redirected_within_the_host() {
    let folder = Folder::new();
    folder.write("docs/index.html", "index");
    folder.write("a b:c/index.html", "index");
    let location = |relative, target| {
        let answer = folder.get_at(relative, target);
        (answer.status, answer.header("location").map(str::to_owned))
    };
    assert_eq!(
        location("docs", "/static/docs"),
        (308, Some("./docs/".to_owned()))
    );
    assert_eq!(
        location("docs", "//docs?x=1"),
        (308, Some("./docs/?x=1".to_owned()))
    );
    assert_eq!(
        location("a b:c", "/a%20b:c"),
        (308, Some("./a%20b:c/".to_owned()))
    );
    assert_eq!(location("docs", "/docs/"), (200, None));
    assert_eq!(location("docs", "/download?path=docs"), (200, None));
}

#[test]
fn a_root_that_is_not_there_is_our_failure() {
    let folder = Folder::new();
    let root = folder.path("gone");
    let answer = testing::get("/")
        .call(async move |request: Request| micro_api::directory(&request, &root, "a.txt").await);
    assert_eq!(answer.status, 500);
    assert!(
        answer
            .failure()
            .expect("the log is told")
            .contains("gone`: No such file")
    );
}
