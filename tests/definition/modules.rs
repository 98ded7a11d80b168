//! The modules that the cases may name.

use std::path::{Path, PathBuf};

use micro::config::{BrokenModule, Catalogue, FoundModule, ModuleOrigin, ModuleRefusal};
use micro_api::host::{FunctionInfo, Kind, ModuleInfo, ParameterInfo, ParameterType};

/// Modules as if linked, and files that can be pinned.
#[derive(Debug)]
pub(crate) struct Modules;

impl Catalogue for Modules {
    fn find(&self, name: &str, pinned: Option<&Path>) -> Result<FoundModule, ModuleRefusal> {
        if let Some(path) = pinned {
            return find_file(path, name);
        }
        let linked = self.linked().into_iter().find(|one| one.name == name);
        let origin = ModuleOrigin::Linked;
        match linked {
            Some(info) => Ok(FoundModule { info, origin }),
            None if name == "broken" => Err(broken(name, Path::new("modules/libbroken.so"))),
            None => Err(ModuleRefusal::Absent {
                // Such a name is none of a file.
                files: match name.contains('/') {
                    true => Vec::new(),
                    false => vec![format!("lib{name}.so")],
                },
                searched: vec!["`modules`".to_owned(), "the program itself".to_owned()],
            }),
        }
    }

    fn files(&self, _: &str) -> Vec<PathBuf> {
        Vec::new()
    }

    fn names(&self) -> Vec<String> {
        let linked = self.linked().into_iter().map(|one| one.name);
        linked.chain(["broken".to_owned()]).collect()
    }

    fn linked(&self) -> Vec<ModuleInfo> {
        use Kind::{Handler, Job, Transform, Turn, Type, Wrapper};
        vec![
            module("ping", &[("ping", Handler), ("pong", Handler)]),
            module(
                "tasks",
                &[("list", Handler), ("create", Handler), ("read", Handler)],
            ),
            module("shop.orders", &[("find", Handler)]),
            module("auth", &[("check", Wrapper), ("admin", Wrapper)]),
            module("jobs", &[("tick", Job), ("turn", Turn)]),
            module("types", &[("even", Type)]),
            module(
                "sessions",
                &[
                    ("make_key", Transform),
                    ("sign", Transform),
                    ("read", Handler),
                ],
            ),
            people(),
        ]
    }
}

fn module(name: &str, functions: &[(&str, Kind)]) -> ModuleInfo {
    let functions = functions.iter().map(|(name, kind)| function(name, *kind));
    ModuleInfo {
        name: name.to_owned(),
        version: String::new(),
        functions: functions.collect(),
    }
}

fn function(name: &str, kind: Kind) -> FunctionInfo {
    FunctionInfo {
        name: name.to_owned(),
        kind,
        summary: String::new(),
        parameters: None,
    }
}

/// A module whose functions declare their parameters.
fn people() -> ModuleInfo {
    use ParameterType::{Any, Bool, Float, Int, Text};
    let with = |name: &str, kind, parameters: &[(&str, ParameterType, bool)]| FunctionInfo {
        parameters: Some(parameters.iter().copied().map(parameter).collect()),
        ..function(name, kind)
    };
    let functions = vec![
        with("list", Kind::Handler, &[]),
        with("read", Kind::Handler, &[("id", Int, true)]),
        with(
            "create",
            Kind::Handler,
            &[
                ("name", Text, true),
                ("age", Int, true),
                ("size", Float, false),
                ("member", Bool, false),
                ("more", Any, false),
            ],
        ),
        with(
            "fourth",
            Kind::Handler,
            &[
                ("when", Int, true),
                ("color", Text, true),
                ("size", Float, true),
                ("times", Int, true),
            ],
        ),
        with("logged", Kind::Wrapper, &[]),
        with("guarded", Kind::Wrapper, &[("token", Text, true)]),
    ];
    ModuleInfo {
        name: "people".to_owned(),
        version: "1.2.0".to_owned(),
        functions,
    }
}

fn parameter((name, parameter_type, is_required): (&str, ParameterType, bool)) -> ParameterInfo {
    ParameterInfo {
        name: name.to_owned(),
        parameter_type,
        is_required,
    }
}

fn find_file(path: &Path, name: &str) -> Result<FoundModule, ModuleRefusal> {
    match path.file_name().is_some_and(|file| file == "libgood.so") {
        true => Ok(FoundModule {
            info: module(name, &[("run", Kind::Handler)]),
            origin: ModuleOrigin::Library(path.to_owned()),
        }),
        false => Err(broken(name, path)),
    }
}

fn broken(name: &str, path: &Path) -> ModuleRefusal {
    ModuleRefusal::Broken(BrokenModule {
        module: name.to_owned(),
        path: path.to_owned(),
        why: "it is a teapot".to_owned(),
        is_called: None,
        help: Some("put it on the stove".to_owned()),
    })
}
