//! `micro explain WORD`

use std::process::ExitCode;

use clap::{Arg, ArgMatches};

use super::command::Command;
use super::output::{answer, complain};
use crate::Micro;
use crate::diagnostics::suggest;
use crate::directives::{self, DIRECTIVES, Directive};

pub(super) const COMMAND: Command = Command {
    name: "explain",
    summary: "Explain a word of the language; without one, list them all",
    arguments: |parser| {
        parser.arg(
            Arg::new("word")
                .value_name("WORD")
                .help("A word such as ROUTE"),
        )
    },
    run,
};

fn run(matches: &ArgMatches, _: Micro) -> ExitCode {
    let Some(word) = matches.get_one::<String>("word") else {
        let line =
            |directive: &&Directive| format!("{:<14} {}\n", directive.word, directive.summary);
        return answer(&DIRECTIVES.iter().map(line).collect::<String>());
    };
    if let Some(text) = directives::explain(word) {
        return answer(&text);
    }
    complain(format_args!("error: `{word}` is no word of the language\n"));
    let words = DIRECTIVES
        .iter()
        .flat_map(|directive| directive.spellings());
    if let Some(help) = suggest(&word.to_ascii_uppercase(), words) {
        complain(format_args!("  = help: {help}\n"));
    }
    ExitCode::from(2)
}
