//! What the client of tsuru has noted in its folder: targets, the names that their user gives them, and
//! their tokens.

use std::env;
use std::fs;
use std::path::PathBuf;

/// The folder in which the client of tsuru keeps its notes.
pub(super) struct Notes(Option<PathBuf>);

impl Notes {
    /// The one of this user, if there is one.
    pub(super) fn find() -> Notes {
        Notes(env::var_os("HOME").map(|home| PathBuf::from(home).join(".tsuru")))
    }

    /// The target that is in use.
    pub(super) fn target(&self) -> Option<String> {
        self.first_line("target")
    }

    /// The target that has this name.
    pub(super) fn target_named(&self, name: &str) -> Option<String> {
        let mut targets = self.targets().into_iter();
        targets.find(|(known, _)| known == name).map(|(_, url)| url)
    }

    /// The token for the target at this URL. That of another target is none of its business.
    pub(super) fn token(&self, url: &str) -> Option<String> {
        let mut targets = self.targets().into_iter();
        let name = targets.find(|(_, known)| as_url(known) == url);
        let name = name.map(|(name, _)| name).filter(|name| is_file_name(name));
        let own = name.and_then(|name| self.first_line(&format!("token.d/{name}")));
        let is_in_use = self.target().is_some_and(|target| as_url(&target) == url);
        own.or_else(|| self.first_line("token").filter(|_| is_in_use))
    }

    /// Names, and the targets that have them.
    fn targets(&self) -> Vec<(String, String)> {
        let text = self.read("targets").unwrap_or_default();
        let pairs = text.lines().filter_map(|line| line.split_once('\t'));
        pairs
            .map(|(name, url)| (name.to_owned(), url.trim().to_owned()))
            .collect()
    }

    fn first_line(&self, note: &str) -> Option<String> {
        let text = self.read(note)?;
        let first = text.lines().next()?.trim();
        Some(first.to_owned()).filter(|text| !text.is_empty())
    }

    fn read(&self, note: &str) -> Option<String> {
        fs::read_to_string(self.0.as_ref()?.join(note)).ok()
    }
}

/// A target as a URL, which the client of tsuru lets be a host alone.
pub(super) fn as_url(target: &str) -> String {
    let target = target.trim_end_matches('/');
    match target.contains("://") {
        true => target.to_owned(),
        false => format!("http://{target}"),
    }
}

fn is_file_name(name: &str) -> bool {
    !name.contains('/') && !matches!(name, "" | "." | "..")
}
