//! `micro explain WORD`

use std::process::ExitCode;

use clap::{Arg, ArgMatches};

use super::command::Command;
use crate::Micro;
use crate::diagnostics::suggest;
use crate::directives::{self, DIRECTIVES};

pub(super) const COMMAND: Command = Command {
    name: "explain",
    summary: "Explain a word of the language; without one, list them all",
    arguments: |parser| parser.arg(Arg::new("word").help("A word such as ROUTE")),
    run,
};

fn run(matches: &ArgMatches, _: Micro) -> ExitCode {
    let Some(word) = matches.get_one::<String>("word") else {
        for directive in DIRECTIVES {
            println!("{:<14} {}", directive.word, directive.summary);
        }
        return ExitCode::SUCCESS;
    };
    if let Some(text) = directives::explain(word) {
        print!("{text}");
        return ExitCode::SUCCESS;
    }
    eprintln!("error: `{word}` is no word of the language");
    let words = DIRECTIVES
        .iter()
        .flat_map(|directive| directive.spellings());
    if let Some(help) = suggest(&word.to_ascii_uppercase(), words) {
        eprintln!("  = help: {help}");
    }
    ExitCode::from(2)
}
