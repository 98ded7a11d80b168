//! Which tsuru is meant, and with which token.

use std::env;
use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Arg, ArgMatches, value_parser};

use super::super::definition::parse_duration;
use super::noted::{Notes, as_url};

/// Which tsuru is meant, and with which token.
pub(super) struct Access {
    /// Its URL.
    pub(super) target: String,
    pub(super) token: String,
    pub(super) timeout: Duration,
}

// It holds a token.
impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Access({})", self.target)
    }
}

/// The arguments that say so.
pub(super) fn arguments() -> [Arg; 3] {
    [
        Arg::new("target").long("target").value_name("URL").help(
            "The API of the tsuru, or its name among the targets of `tsuru`; else TSURU_TARGET, else the one in use",
        ),
        Arg::new("token-file")
            .long("token-file")
            .value_name("FILE")
            .value_parser(value_parser!(PathBuf))
            .help("A file with the token; else TSURU_TOKEN, else what `tsuru login` has noted for this target"),
        Arg::new("timeout")
            .long("timeout")
            .value_name("TIME")
            .value_parser(parse_duration)
            .default_value("60s")
            .help("How long tsuru may take to answer"),
    ]
}

impl Access {
    /// Finds out.
    ///
    /// # Errors
    ///
    /// If nobody has said.
    pub(super) fn find(matches: &ArgMatches) -> Result<Access, String> {
        let notes = Notes::find();
        let target = matches.get_one::<String>("target").cloned();
        let target = target.or_else(|| variable("TSURU_TARGET"));
        let target = target.map(|target| notes.target_named(&target).unwrap_or(target));
        let target = target.or_else(|| notes.target()).ok_or_else(|| {
            "it is not known which tsuru is meant: set TSURU_TARGET to the URL of its API, or pass \
             `--target URL`"
                .to_owned()
        })?;
        let target = as_url(&target);
        let token = match matches.get_one::<PathBuf>("token-file") {
            Some(path) => {
                let text = fs::read_to_string(path);
                let text = text.map_err(|error| format!("`{}`: {error}", path.display()))?;
                Some(text.trim().to_owned())
            }
            None => variable("TSURU_TOKEN").or_else(|| notes.token(&target)),
        };
        let token = token.filter(|token| !token.is_empty()).ok_or_else(|| {
            format!(
                "there is no token for `{target}`: set TSURU_TOKEN to that of `tsuru token-create`, or \
                 pass `--token-file FILE`"
            )
        })?;
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("the token has a character that a header field cannot carry".to_owned());
        }
        Ok(Access {
            target,
            token,
            timeout: *matches.get_one("timeout").expect("it has a default"),
        })
    }
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
