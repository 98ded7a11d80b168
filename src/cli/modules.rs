//! `micro modules FILE`

use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches};
use micro_api::host::{FunctionInfo, ParameterInfo};
use micro_api::{Value, json};

use super::command::Command;
use super::output::answer;
use super::{definition, table};
use crate::Micro;
use crate::config::{FoundModule, ModuleOrigin};

pub(super) const COMMAND: Command = Command {
    name: "modules",
    summary: "List the modules that a definition names, where each comes from, and its functions",
    arguments: |parser| {
        definition::arguments(parser)
            .arg(definition::argument_of_loading())
            .arg(
                Arg::new("json")
                    .long("json")
                    .action(ArgAction::SetTrue)
                    .help("Print them as JSON"),
            )
    },
    run,
};

fn run(matches: &ArgMatches, micro: Micro) -> ExitCode {
    let service = definition::service(matches, micro);
    let loaded = match service.and_then(|micro| definition::told(micro.load())) {
        Ok(loaded) => loaded,
        Err(code) => return code,
    };
    let modules = loaded.service.map_or_else(Vec::new, |one| one.modules);
    match matches.get_flag("json") {
        true => {
            let modules: Vec<Value> = modules.iter().map(to_json).collect();
            answer(&format!("{:#}\n", Value::from(modules)))
        }
        false => answer(&modules.iter().map(to_text).collect::<String>()),
    }
}

fn to_text(module: &FoundModule) -> String {
    let FoundModule { info, origin } = module;
    let words = [info.name.clone(), info.version.clone(), origin.to_string()];
    let words: Vec<String> = words.into_iter().filter(|word| !word.is_empty()).collect();
    let row = |function: &FunctionInfo| {
        vec![
            format!("  {}{}", function.name, signature(function)),
            function.kind.word().to_owned(),
            function.summary.clone(),
        ]
    };
    let rows: Vec<Vec<String>> = info.functions.iter().map(row).collect();
    format!("{}\n{}", words.join("  "), table::align(&rows))
}

/// The parameters in parentheses, optional ones in brackets; nothing if they are not declared.
fn signature(function: &FunctionInfo) -> String {
    let Some(parameters) = &function.parameters else {
        return String::new();
    };
    let parameter = |one: &ParameterInfo| {
        let word = one.parameter_type.word();
        match one.is_required {
            true => format!("{} {word}", one.name),
            false => format!("[{} {word}]", one.name),
        }
    };
    let parameters: Vec<String> = parameters.iter().map(parameter).collect();
    format!("({})", parameters.join(", "))
}

fn to_json(module: &FoundModule) -> Value {
    let path = match &module.origin {
        ModuleOrigin::Linked => None,
        ModuleOrigin::Library(path) => Some(path.display().to_string()),
    };
    let functions = module.info.functions.iter().map(|function| {
        let parameters = function.parameters.as_ref().map(|parameters| {
            let parameters = parameters.iter().map(|parameter| {
                json!({
                    "name": parameter.name,
                    "type": parameter.parameter_type.word(),
                    "is_required": parameter.is_required,
                })
            });
            parameters.collect::<Vec<Value>>()
        });
        json!({
            "name": function.name,
            "kind": function.kind.word(),
            "summary": function.summary,
            "parameters": parameters,
        })
    });
    json!({
        "name": module.info.name,
        "version": module.info.version,
        "is_linked": path.is_none(),
        "path": path,
        "functions": functions.collect::<Vec<Value>>(),
    })
}
