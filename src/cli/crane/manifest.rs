//! The manifest of a service: what tsuru is told of it.

use std::fmt;

use micro_api::quoted;

use super::hidden::find_hidden;
use super::template;
use super::yaml::{self, Node, Yaml};
use crate::config::Url;
use crate::diagnostics::{Diagnostic, Sources, Span, suggest};

/// The manifest of a service.
pub(super) struct Manifest {
    pub(super) id: String,
    pub(super) username: String,
    pub(super) password: String,
    pub(super) team: String,
    pub(super) encoding: Option<String>,
    pub(super) is_multi_cluster: bool,
    endpoints: Endpoints,
    places: Places,
}

/// Their names and URLs.
type Endpoints = Vec<(String, String)>;

/// Where some of it stands.
struct Places {
    id: Span,
    team: Span,
    production: Option<Span>,
}

// It holds a password.
impl fmt::Debug for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Manifest({})", self.id)
    }
}

const FIELDS: [&str; 7] = [
    "id",
    "username",
    "password",
    "team",
    "endpoint",
    "encoding",
    "multi-cluster",
];
const PRODUCTION: &str = "production";
const ENDPOINTS: [&str; 2] = [PRODUCTION, "test"];
/// How many characters the name of a service has.
const ID_CHARS_MAX: usize = 40;

impl Manifest {
    /// Reads it, to send it to a tsuru.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub(super) fn read(
        name: &str,
        text: String,
        sources: &mut Sources,
    ) -> Result<Manifest, Vec<Diagnostic>> {
        let mut fields = Fields::read(name, text, sources)?;
        fields.check_names("a manifest", &FIELDS);
        match (fields.manifest(), fields.mistakes) {
            (Some(manifest), mistakes) if mistakes.is_empty() => {
                let mistakes = manifest.placeholders();
                mistakes.is_empty().then_some(manifest).ok_or(mistakes)
            }
            (_, mistakes) => Err(mistakes),
        }
    }

    /// The URL of an endpoint.
    ///
    /// # Errors
    ///
    /// If there is none of this name.
    pub(super) fn endpoint(&self, name: &str) -> Result<&str, String> {
        let found = self.endpoints.iter().find(|(known, _)| known == name);
        found.map(|(_, url)| url.as_str()).ok_or_else(|| {
            let names = self.endpoints.iter().map(|(name, _)| format!("`{name}`"));
            let names: Vec<String> = names.collect();
            format!(
                "the manifest has no endpoint `{name}`, only {}",
                names.join(" and ")
            )
        })
    }

    /// What nobody has changed since the template was written.
    fn placeholders(&self) -> Vec<Diagnostic> {
        let production = self.endpoint(PRODUCTION).unwrap_or_default();
        let mistake = |field: &str, span: Span| {
            let message = format!("`{field}` is still as the template has it");
            Diagnostic::error(message)
                .at(span)
                .help("put that of your service here")
        };
        let id = (self.id == template::ID).then(|| mistake("id", self.places.id));
        let team = (self.team == template::TEAM).then(|| mistake("team", self.places.team));
        let production = match self.places.production {
            Some(span) if production == template::PRODUCTION => {
                Some(mistake("endpoint.production", span))
            }
            _ => None,
        };
        id.into_iter().chain(team).chain(production).collect()
    }
}

/// The fields of a mapping, and what is wrong with them.
struct Fields {
    pairs: Vec<(Node, Node)>,
    whole: Span,
    mistakes: Vec<Diagnostic>,
}

/// Reads which service a manifest is of, and nothing else.
///
/// # Errors
///
/// Everything that is wrong with that.
pub(super) fn read_id(
    name: &str,
    text: String,
    sources: &mut Sources,
) -> Result<String, Vec<Diagnostic>> {
    let mut fields = Fields::read(name, text, sources)?;
    fields.pairs.retain(|(key, _)| key.is("id"));
    fields.check_names("a manifest", &FIELDS);
    match (fields.id(), fields.mistakes) {
        (Some((id, _)), mistakes) if mistakes.is_empty() => Ok(id),
        (_, mistakes) => Err(mistakes),
    }
}

impl Fields {
    fn read(name: &str, text: String, sources: &mut Sources) -> Result<Fields, Vec<Diagnostic>> {
        let hidden = find_hidden(&text);
        let file = sources.add(name, text, None);
        for part in hidden {
            sources.hide(file.span(part));
        }
        let root = yaml::read(sources.text(file), file).map_err(|mistake| vec![mistake])?;
        let Yaml::Mapping(pairs) = root.value else {
            let found = root.value.kind();
            let message = format!("a manifest is {found}, expected fields such as `id: blog`");
            return Err(vec![Diagnostic::error(message).at(root.span)]);
        };
        Ok(Fields {
            pairs,
            whole: root.span,
            mistakes: Vec::new(),
        })
    }

    fn manifest(&mut self) -> Option<Manifest> {
        let id = self.id();
        let username = self.expect_text("username", "what tsuru logs in with");
        if let Some((username, span)) = &username
            && username.contains(':')
        {
            let message = "`username` has a colon, which ends a name (RFC 7617 section 2)";
            self.mistakes.push(Diagnostic::error(message).at(*span));
        }
        let password = self.expect_text("password", "what tsuru logs in with");
        let team = self.expect_text("team", "who is responsible for the service");
        let endpoints = self.endpoints();
        let encoding = self.encoding();
        let is_multi_cluster = self.flag("multi-cluster");
        let ((id, id_span), (team, team_span)) = (id?, team?);
        let (endpoints, production) = endpoints?;
        Some(Manifest {
            id,
            username: username?.0,
            password: password?.0,
            team,
            encoding,
            is_multi_cluster,
            endpoints,
            places: Places {
                id: id_span,
                team: team_span,
                production,
            },
        })
    }

    fn id(&mut self) -> Option<(String, Span)> {
        let id = self.expect_text("id", "the name of the service");
        if let Some((id, span)) = &id {
            self.check_id(id, *span);
        }
        id
    }

    fn find(&self, name: &str) -> Option<&Node> {
        let found = self.pairs.iter().find(|(key, _)| key.is(name));
        found.map(|(_, value)| value)
    }

    /// Names that nobody reads, and those that stand there twice.
    fn check_names(&mut self, whose: &str, known: &[&str]) {
        for (at, (key, _)) in self.pairs.iter().enumerate() {
            let Yaml::Scalar(name, _) = &key.value else {
                let message = format!(
                    "a field of {whose} is {}, expected a name",
                    key.value.kind()
                );
                self.mistakes.push(Diagnostic::error(message).at(key.span));
                continue;
            };
            if !known.contains(&name.as_str()) {
                let message = format!("{whose} has no field {}", quoted(name));
                let help = suggest(name, known.iter().copied());
                let mistake = Diagnostic::error(message).at(key.span).help_if(help);
                self.mistakes.push(mistake);
            }
            if let Some((first, _)) = self.pairs[..at].iter().find(|(key, _)| key.is(name)) {
                let message = format!("{} is there twice, expected it once", quoted(name));
                let mistake = Diagnostic::error(message).at(key.span);
                self.mistakes
                    .push(mistake.label(first.span, "here already"));
            }
        }
    }

    /// The text of a field that must be there.
    fn expect_text(&mut self, name: &str, expected: &str) -> Option<(String, Span)> {
        let Some(node) = self.find(name).cloned() else {
            let message = format!("there is no `{name}`, expected {expected}");
            let help = format!("put a line such as `{name}: …` into it");
            let mistake = Diagnostic::error(message).at(self.whole);
            self.mistakes.push(mistake.help(help));
            return None;
        };
        self.text(name, &node, expected)
            .map(|text| (text, node.span))
    }

    fn text(&mut self, name: &str, node: &Node, expected: &str) -> Option<String> {
        let found = match &node.value {
            Yaml::Scalar(text, is_plain) if !(text.is_empty() || *is_plain && is_null(text)) => {
                return Some(text.clone());
            }
            Yaml::Scalar(..) => "empty",
            other => other.kind(),
        };
        let message = format!("`{name}` is {found}, expected {expected}");
        self.mistakes.push(Diagnostic::error(message).at(node.span));
        None
    }

    fn check_id(&mut self, id: &str, span: Span) {
        let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let is_right = id.starts_with(|c: char| c.is_ascii_lowercase())
            && id.chars().all(is_part)
            && id.len() <= ID_CHARS_MAX;
        if !is_right {
            let message = format!(
                "`id` is {}, expected at most {ID_CHARS_MAX} small letters, digits and `-`, a \
                 letter first",
                quoted(id)
            );
            self.mistakes.push(Diagnostic::error(message).at(span));
        }
    }

    /// The endpoints, and where the one of production stands.
    fn endpoints(&mut self) -> Option<(Endpoints, Option<Span>)> {
        const EXPECTED: &str = "a field `production` with the URL of the broker";
        let Some(node) = self.find("endpoint").cloned() else {
            let message = format!("there is no `endpoint`, expected it with {EXPECTED}");
            let mistake = Diagnostic::error(message).at(self.whole);
            let help = "put the lines `endpoint:` and `  production: https://…` into it";
            self.mistakes.push(mistake.help(help));
            return None;
        };
        let Yaml::Mapping(pairs) = node.value else {
            let message = format!("`endpoint` is {}, expected {EXPECTED}", node.value.kind());
            self.mistakes.push(Diagnostic::error(message).at(node.span));
            return None;
        };
        let mut inner = Fields {
            pairs,
            whole: node.span,
            mistakes: Vec::new(),
        };
        inner.check_names("`endpoint`", &ENDPOINTS);
        if inner.find(PRODUCTION).is_none() {
            let message = format!("`endpoint` has no `{PRODUCTION}`, expected {EXPECTED}");
            inner
                .mistakes
                .push(Diagnostic::error(message).at(node.span));
        }
        let production = inner.find(PRODUCTION).map(|node| node.span);
        let mut endpoints = Vec::new();
        for (key, value) in inner.pairs.clone() {
            if let Some(name) = ENDPOINTS.into_iter().find(|name| key.is(name)) {
                let full = format!("endpoint.{name}");
                let url = inner.text(&full, &value, "the URL of the broker");
                if let Some(url) = url {
                    inner.check_url(&full, &url, value.span);
                    endpoints.push((name.to_owned(), url));
                }
            }
        }
        self.mistakes.extend(inner.mistakes);
        Some((endpoints, production))
    }

    /// An endpoint is a URL, or a host, which tsuru calls over plain HTTP.
    fn check_url(&mut self, name: &str, text: &str, span: Span) {
        let url = match text.contains("://") {
            true => text.to_owned(),
            false => format!("http://{text}"),
        };
        let is_http = url.starts_with("http://") || url.starts_with("https://");
        let why = match Url::parse(&url) {
            Ok(_) if is_http => return,
            Ok(_) => "begins with something else than `http://` or `https://`".to_owned(),
            Err(why) => why.to_string(),
        };
        let message = format!("`{name}` is no URL: {why}");
        let mistake = Diagnostic::error(message).at(span);
        self.mistakes
            .push(mistake.help("write it as `https://broker.example.com`"));
    }

    fn encoding(&mut self) -> Option<String> {
        let node = self.find("encoding").cloned()?;
        let word = self.text("encoding", &node, "`form` or `json`")?;
        if ["form", "json"].contains(&word.as_str()) {
            return Some(word);
        }
        let message = format!("`encoding` is {}, expected `form` or `json`", quoted(&word));
        self.mistakes.push(Diagnostic::error(message).at(node.span));
        None
    }

    fn flag(&mut self, name: &str) -> bool {
        let Some(node) = self.find(name).cloned() else {
            return false;
        };
        match &node.value {
            Yaml::Scalar(word, true) if word == "true" => true,
            Yaml::Scalar(word, true) if word == "false" => false,
            other => {
                let message = format!("`{name}` is {}, expected `true` or `false`", other.shown());
                self.mistakes.push(Diagnostic::error(message).at(node.span));
                false
            }
        }
    }
}

impl Node {
    /// Whether it is this name.
    fn is(&self, name: &str) -> bool {
        matches!(&self.value, Yaml::Scalar(text, _) if text == name)
    }
}

impl Yaml {
    /// What it is, in words.
    fn kind(&self) -> &'static str {
        match self {
            Yaml::Scalar(..) => "a word",
            Yaml::List => "a list",
            Yaml::Mapping(_) => "a list of fields",
            Yaml::Alias => "a reference to another place",
        }
    }

    fn shown(&self) -> String {
        match self {
            Yaml::Scalar(text, _) => quoted(text),
            other => other.kind().to_owned(),
        }
    }
}

fn is_null(text: &str) -> bool {
    ["null", "Null", "NULL", "~"].contains(&text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::render;

    const TEXT: &str = "id: blög\nusername: tsuru\npassword: hunter2\nteam: red\nendpoint:\n  production: \
                        https://b.example\n  test: b:80\nencoding: form\n";

    /// Everything that is said of a text, by both readers.
    fn said(text: &str) -> String {
        let mut said = String::new();
        let mut sources = Sources::default();
        let manifest = Manifest::read("m", text.to_owned(), &mut sources).map(|_| ());
        let id = read_id("m", text.to_owned(), &mut sources).map(|_| ());
        for mistake in [manifest, id].into_iter().filter_map(Result::err).flatten() {
            said += &render(&mistake, &sources);
        }
        said
    }

    #[test]
    fn no_slip_of_the_pen_shows_the_password() {
        let places = TEXT.char_indices().map(|(at, c)| (at, at + c.len_utf8()));
        for (start, end) in places {
            let (before, behind) = (&TEXT[..start], &TEXT[end..]);
            let mut slips = vec![
                before.to_owned(),
                behind.to_owned(),
                format!("{before}{behind}"),
            ];
            for slip in "\n\t :-?{}[]#&*!|>'\"%@,x\u{feff}\0\r".chars() {
                slips.push(format!("{before}{slip}{}", &TEXT[start..]));
                slips.push(format!("{before}{slip}{behind}"));
            }
            for text in slips {
                let said = said(&text);
                assert!(!said.contains("hunter2"), "{text}\n{said}");
            }
        }
    }
}
