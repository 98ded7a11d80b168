//! The media type that a file's name tells.

use std::path::Path;

/// The media type of a file with this name.
pub(super) fn media_type(path: &Path) -> &'static str {
    let extension = path
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or("");
    MEDIA_TYPES
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(extension))
        .map_or("application/octet-stream", |(_, media_type)| media_type)
}

/// Extensions and what they stand for, the more frequent ones first. Text is taken for UTF-8.
const MEDIA_TYPES: &[(&str, &str)] = &[
    ("html", "text/html; charset=utf-8"),
    ("css", "text/css; charset=utf-8"),
    ("js", "text/javascript; charset=utf-8"),
    ("json", "application/json"),
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("svg", "image/svg+xml"),
    ("woff2", "font/woff2"),
    ("ico", "image/x-icon"),
    ("txt", "text/plain; charset=utf-8"),
    ("htm", "text/html; charset=utf-8"),
    ("mjs", "text/javascript; charset=utf-8"),
    ("map", "application/json"),
    ("webmanifest", "application/manifest+json"),
    ("jpeg", "image/jpeg"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
    ("avif", "image/avif"),
    ("woff", "font/woff"),
    ("ttf", "font/ttf"),
    ("otf", "font/otf"),
    ("wasm", "application/wasm"),
    ("xml", "application/xml"),
    ("md", "text/markdown; charset=utf-8"),
    ("csv", "text/csv; charset=utf-8"),
    ("log", "text/plain; charset=utf-8"),
    ("yaml", "application/yaml"),
    ("yml", "application/yaml"),
    ("toml", "application/toml"),
    ("pdf", "application/pdf"),
    ("zip", "application/zip"),
    ("gz", "application/gzip"),
    ("tar", "application/x-tar"),
    ("mp3", "audio/mpeg"),
    ("ogg", "audio/ogg"),
    ("wav", "audio/wav"),
    ("mp4", "video/mp4"),
    ("webm", "video/webm"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extension_tells_in_any_case() {
        assert_eq!(
            media_type(Path::new("a/b.HTML")),
            "text/html; charset=utf-8"
        );
        assert_eq!(media_type(Path::new("archive.tar.gz")), "application/gzip");
        for name in ["", "none", ".html", "a.html/b", "a.", "a.unheard-of"] {
            assert_eq!(
                media_type(Path::new(name)),
                "application/octet-stream",
                "{name}"
            );
        }
    }
}
