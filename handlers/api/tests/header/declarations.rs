//! The structures, function types and constants that each side declares, as lines of C.

use std::collections::BTreeMap;

use crate::compilers::{read, root};

/// What a side declares. Of a structure the fields in their order, of a function type its `typedef`.
#[derive(Debug, Default)]
pub(crate) struct Side {
    pub(crate) types: BTreeMap<String, Vec<String>>,
    pub(crate) constants: BTreeMap<String, String>,
}

/// The name that a line of C declares.
pub(crate) fn name(declaration: &str) -> &str {
    if let Some((_, rest)) = declaration.split_once("( * ") {
        return rest.split(' ').next().unwrap_or(rest);
    }
    let declarator = declaration.split(" [").next().unwrap_or(declaration);
    declarator.rsplit(' ').next().unwrap_or(declarator)
}

/// The sources below `src/abi`.
pub(crate) fn rust_side() -> Side {
    let mut side = Side::default();
    let folder = root().join("handlers/api/src/abi");
    for entry in std::fs::read_dir(folder).expect("there is a folder") {
        let path = entry.expect("it can be read").path();
        let text = std::fs::read_to_string(path).expect("it is text");
        Rust(tokens(&text).into_iter().peekable()).read(&mut side);
    }
    side
}

/// The header, down to what is its own.
pub(crate) fn header_side() -> Side {
    let text = read("handlers/api/include/micro.h");
    let (border, _) = text
        .split_once("/* ==== CONVENIENCES")
        .expect("the border comes first");
    let mut side = Side::default();
    let mut code = String::new();
    let mut is_cpp = false;
    for line in without_comments(border).lines() {
        match line.split_whitespace().collect::<Vec<_>>()[..] {
            ["#ifdef", "__cplusplus"] => is_cpp = true,
            ["#endif"] => is_cpp = false,
            ["#define", name, value] => {
                side.constants.insert(name.to_owned(), number(value));
            }
            [first, ..] if is_cpp || first.starts_with('#') => {}
            _ => code += &(line.to_owned() + "\n"),
        }
    }
    let tokens = tokens(&code);
    let mut rest = &tokens[..];
    while !rest.is_empty() {
        rest = read_c(rest, &mut side);
    }
    side
}

/// Reads one declaration of C and gives what follows.
fn read_c<'t>(tokens: &'t [String], side: &mut Side) -> &'t [String] {
    let at = |token: &str| tokens.iter().position(|known| known == token);
    let end = at(";").expect("a declaration has an end");
    match at("{") {
        Some(open) if open < end => {
            let close = at("}").expect("what opens closes");
            let fields = tokens[open + 1..close].split(|token| token == ";");
            let fields = fields.filter(|field| !field.is_empty());
            let fields = fields.map(|field| field.join(" ")).collect();
            side.types.insert(tokens[open - 1].clone(), fields);
            let end = close
                + tokens[close..]
                    .iter()
                    .position(|token| token == ";")
                    .expect(";");
            &tokens[end + 1..]
        }
        _ => {
            let line = tokens[..end].join(" ");
            let is_forward = line.starts_with("typedef struct") && !line.contains('(');
            if !is_forward {
                side.types
                    .insert(name(&line).to_owned(), vec![line.clone()]);
            }
            &tokens[end + 1..]
        }
    }
}

/// The tokens of a Rust source, and what is declared at its top level.
struct Rust(std::iter::Peekable<std::vec::IntoIter<String>>);

impl Rust {
    fn read(mut self, side: &mut Side) {
        while let Some(token) = self.0.next() {
            match &*token {
                "struct" | "union" => {
                    let name = self.word();
                    let fields = self.fields(&name);
                    side.types.insert(format!("Micro{name}"), fields);
                }
                "type" => {
                    let name = format!("Micro{}", self.word());
                    self.expect("=");
                    let line = format!("typedef {}", declare(&self.read_type(), &name));
                    side.types.insert(name, vec![line]);
                }
                "const" => {
                    let name = match &*self.word() {
                        "VERSION" => "MICRO_ABI_VERSION".to_owned(),
                        name => format!("MICRO_{name}"),
                    };
                    while self.word() != "=" {}
                    side.constants.insert(name, number(&self.word()));
                }
                "{" => self.skip_block(),
                _ => {}
            }
        }
    }

    fn fields(&mut self, structure: &str) -> Vec<String> {
        let mut fields = Vec::new();
        self.expect("{");
        loop {
            match &*self.word() {
                "}" => return fields,
                "pub" => {
                    let name = self.word();
                    self.expect(":");
                    let mut field = declare(&self.read_type(), &name);
                    // C writes texts as `char`.
                    if structure == "Text" {
                        field = field.replace("uint8_t", "char");
                    }
                    fields.push(field);
                }
                _ => {}
            }
        }
    }

    fn read_type(&mut self) -> Type {
        match &*self.word() {
            "*" => {
                let is_const = self.word() == "const";
                Type::Pointer(is_const, Box::new(self.read_type()))
            }
            "Option" => {
                self.expect("<");
                let inner = self.read_type();
                self.0.next_if(|token| token == ",");
                self.expect(">");
                inner
            }
            "[" => {
                let item = self.read_type();
                self.expect(";");
                let length = self.word();
                self.expect("]");
                Type::Array(Box::new(item), length)
            }
            "unsafe" => {
                ["extern", "\"C\"", "fn", "("]
                    .iter()
                    .for_each(|token| self.expect(token));
                let mut parameters = Vec::new();
                while self.0.next_if(|token| token == ")").is_none() {
                    let name = self.word();
                    self.expect(":");
                    parameters.push(declare(&self.read_type(), &name));
                    self.0.next_if(|token| token == ",");
                }
                let gives = match self.0.next_if(|token| token == "->") {
                    Some(_) => self.read_type(),
                    None => Type::Name("c_void".to_owned()),
                };
                Type::Function(Box::new(gives), parameters)
            }
            name => Type::Name(name.to_owned()),
        }
    }

    fn skip_block(&mut self) {
        let mut depth = 1;
        while depth > 0 {
            match &*self.word() {
                "{" => depth += 1,
                "}" => depth -= 1,
                _ => {}
            }
        }
    }

    fn word(&mut self) -> String {
        self.0.next().expect("the source goes on")
    }

    fn expect(&mut self, token: &str) {
        assert_eq!(self.word(), token);
    }
}

enum Type {
    Name(String),
    Pointer(bool, Box<Type>),
    Array(Box<Type>, String),
    Function(Box<Type>, Vec<String>),
}

/// The declaration in C of something of this type.
fn declare(of: &Type, name: &str) -> String {
    match of {
        Type::Name(rust) => format!("{} {name}", c_name(rust)),
        Type::Pointer(true, inner) => format!("const {}", declare(inner, &format!("* {name}"))),
        Type::Pointer(false, inner) => declare(inner, &format!("* {name}")),
        Type::Array(item, length) => declare(item, &format!("{name} [ {length} ]")),
        Type::Function(gives, parameters) if parameters.is_empty() => {
            declare(gives, &format!("( * {name} ) ( void )"))
        }
        Type::Function(gives, parameters) => {
            let parameters = parameters.join(" , ");
            declare(gives, &format!("( * {name} ) ( {parameters} )"))
        }
    }
}

fn c_name(rust: &str) -> String {
    match rust {
        "c_void" => "void".to_owned(),
        "usize" => "size_t".to_owned(),
        "u8" | "u32" | "u64" => format!("uint{}_t", &rust[1..]),
        name => format!("Micro{name}"),
    }
}

/// A literal without the suffix that C needs.
fn number(literal: &str) -> String {
    literal.trim_end_matches('u').to_owned()
}

/// Names, numbers, texts and signs; without comments and attributes, which no border needs.
fn tokens(text: &str) -> Vec<String> {
    let is_code = |line: &&str| {
        !["//", "#["]
            .iter()
            .any(|mark| line.trim().starts_with(mark))
    };
    let code: Vec<_> = text.lines().filter(is_code).collect();
    let code: Vec<char> = code.join("\n").chars().collect();
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < code.len() {
        let from = at;
        at += 1;
        if is_word(code[from]) {
            while at < code.len() && is_word(code[at]) {
                at += 1;
            }
        } else if code[from] == '"' {
            while code[at] != '"' {
                at += 1;
            }
            at += 1;
        } else if code[from..].starts_with(&['-', '>']) {
            at += 1;
        }
        if !code[from].is_whitespace() {
            tokens.push(code[from..at].iter().collect());
        }
    }
    tokens
}

fn without_comments(text: &str) -> String {
    let mut pieces = text.split("/*");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |code, piece| {
        let (_, behind) = piece.split_once("*/").expect("a comment has an end");
        code + behind
    })
}
