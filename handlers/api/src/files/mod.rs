//! Answers that are files: opened and read on helper threads, so that a slow disk holds up nobody.

mod condition;
mod media_type;
mod range;
mod source;

use std::fs::{File, Metadata};
use std::io::{self, ErrorKind};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

use crate::{Error, IntoReply, Method, Reply, Request, blocking};
use condition::{Conditions, Validators, Verdict};
use media_type::media_type;
use range::Range;
use source::content;

/// Answers with the content of a file.
///
/// The media type follows from the name's extension. The answer has `ETag` and `Last-Modified`;
/// conditions (RFC 9110 section 13) and a single range (section 14) are heeded. What is no file
/// or does not exist is 404, what may not be read is 403. Up to 64 KiB are sent in one piece; more
/// is read while it is sent, and if the file has shrunk meanwhile the connection is cut.
///
/// ```
/// use micro_api::{Reply, Request, testing};
///
/// async fn manifest(request: Request) -> Reply {
///     micro_api::file(&request, concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).await
/// }
///
/// let answer = testing::get("/").call(manifest);
/// assert_eq!(answer.header("content-type"), Some("application/toml"));
/// assert!(answer.text().contains("micro-api"));
/// ```
pub async fn file(request: &Request, path: impl AsRef<Path>) -> Reply {
    let path = path.as_ref().to_owned();
    serve(request, move || Found::open(&path)).await
}

/// Answers with the file at a path below a directory; a directory is answered with its
/// `index.html`.
///
/// The path is taken as it is: percent-encoding was undone when it became an argument, and is not
/// undone a second time. A path that is absolute or has a `..`, and a symbolic link that leaves
/// `root`, are 404 like everything that is not there. A directory asked for without a closing `/`
/// is answered with a redirect, so that the links of its page work.
///
/// ```no_run
/// use micro_api::{Error, Reply, Request};
///
/// async fn page(request: Request) -> Result<Reply, Error> {
///     Ok(micro_api::directory(&request, "/srv/www", request.arg("path")?).await)
/// }
/// ```
pub async fn directory(request: &Request, root: impl AsRef<Path>, relative: &str) -> Reply {
    let Some(path) = find_relative(relative) else {
        return Reply::status(404);
    };
    let root = root.as_ref().to_owned();
    let redirect = find_redirect(request, relative);
    let is_directory = relative.is_empty() || relative.ends_with('/');
    serve(request, move || {
        Found::open_below(&root, &path, is_directory, redirect)
    })
    .await
}

/// What opening a path came to.
enum Found {
    File(File, Metadata, PathBuf),
    /// A directory, whose page is at this location.
    Elsewhere(String),
}

impl Found {
    fn open(path: &Path) -> Result<Found, Error> {
        // The first look is for what must not even be opened: that can rewind a tape. The second
        // is at what was opened, in case it is another one; opening does not wait for it.
        refuse_special(
            path,
            &std::fs::metadata(path).map_err(|error| refuse(path, &error))?,
        )?;
        let mut options = File::options();
        let file = options
            .read(true)
            .custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY)
            .open(path);
        let file = file.map_err(|error| refuse(path, &error))?;
        let metadata = file.metadata().map_err(|error| refuse(path, &error))?;
        refuse_special(path, &metadata)?;
        Ok(Found::File(file, metadata, path.to_owned()))
    }

    fn open_below(
        root: &Path,
        relative: &Path,
        is_directory: bool,
        redirect: Option<String>,
    ) -> Result<Found, Error> {
        let root = root.canonicalize().map_err(|error| {
            Error::internal(format!("the directory `{}`: {error}", root.display()))
        })?;
        let mut path = resolve_below(&root, relative)?;
        if !path.is_dir() {
            return if is_directory {
                Err(not_found())
            } else {
                Found::open(&path)
            };
        }
        if let Some(location) = redirect {
            return Ok(Found::Elsewhere(location));
        }
        path.push("index.html");
        Found::open(&resolve_below(&root, &path)?)
    }
}

/// Where a path leads, with all symbolic links followed, if that is below `root`.
fn resolve_below(root: &Path, path: &Path) -> Result<PathBuf, Error> {
    let resolved = root
        .join(path)
        .canonicalize()
        .map_err(|error| refuse(path, &error))?;
    if resolved.starts_with(root) {
        return Ok(resolved);
    }
    Err(not_found().with_detail(format!(
        "`{}` leaves the directory `{}`",
        path.display(),
        root.display()
    )))
}

fn find_relative(relative: &str) -> Option<PathBuf> {
    if relative.contains('\0') {
        return None;
    }
    let mut path = PathBuf::new();
    for component in Path::new(relative).components() {
        match component {
            Component::Normal(name) => path.push(name),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(path)
}

/// The location of a directory that was asked for without its closing `/`. It starts with `./`,
/// so that no path can be taken for another host or scheme (RFC 3986 section 4.2).
fn find_redirect(request: &Request, relative: &str) -> Option<String> {
    let path = request.path();
    let decoded = crate::host::decode_percent(path.as_bytes())?;
    if relative.is_empty() || path.ends_with('/') || !decoded.ends_with(relative) {
        return None;
    }
    let name = path.rsplit('/').next()?;
    let mark = if request.query().is_empty() { "" } else { "?" };
    Some(format!("./{name}/{mark}{}", request.query()))
}

fn refuse_special(path: &Path, metadata: &Metadata) -> Result<(), Error> {
    if metadata.is_file() {
        return Ok(());
    }
    let what = if metadata.is_dir() {
        "a directory"
    } else {
        "no regular file"
    };
    Err(not_found().with_detail(format!("`{}` is {what}", path.display())))
}

fn refuse(path: &Path, error: &io::Error) -> Error {
    let detail = format!("`{}`: {error}", path.display());
    match error.kind() {
        ErrorKind::NotFound
        | ErrorKind::NotADirectory
        | ErrorKind::InvalidFilename
        | ErrorKind::InvalidInput => not_found(),
        ErrorKind::PermissionDenied => Error::new(403, "Forbidden").with_detail(detail),
        _ if error.raw_os_error() == Some(libc::ELOOP) => not_found().with_detail(detail),
        _ => Error::internal(detail),
    }
}

fn not_found() -> Error {
    Error::new(404, "Not Found")
}

/// Opens on a helper thread and answers as the request's conditions want it.
async fn serve(
    request: &Request,
    open: impl FnOnce() -> Result<Found, Error> + Send + 'static,
) -> Reply {
    let conditions = Conditions::of(request);
    let method = request.method();
    blocking(move || match open()? {
        Found::File(file, metadata, path) => reply(file, &metadata, &path, method, &conditions),
        Found::Elsewhere(location) => Ok(Reply::status(308).with_header("Location", location)),
    })
    .await
    .and_then(|reply| reply)
    .into_reply()
}

fn reply(
    file: File,
    metadata: &Metadata,
    path: &Path,
    method: Method,
    conditions: &Conditions,
) -> Result<Reply, Error> {
    let size = metadata.len();
    let validators = Validators::new(size, metadata.modified()?, SystemTime::now());
    let verdict = conditions.judge(method, size, &validators);
    let content_type = media_type(path);
    let reply = match verdict {
        Verdict::Whole => {
            let body = content(
                file,
                Range {
                    start: 0,
                    length: size,
                },
                method,
            )?;
            Reply::ok(content_type, body)
        }
        Verdict::Part(range) => {
            let body = content(file, range, method)?;
            Reply::ok(content_type, body)
                .with_status(206)
                .with_header("Content-Range", range.describe(size))
        }
        Verdict::NotModified => Reply::status(304),
        Verdict::Failed => return Ok(Reply::status(412)),
        Verdict::OutOfRange => {
            return Ok(Reply::status(416).with_header("Content-Range", format!("bytes */{size}")));
        }
    };
    Ok(validators
        .add_to(reply)
        .with_header("Accept-Ranges", "bytes"))
}
