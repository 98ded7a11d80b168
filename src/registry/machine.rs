//! Whether a file is a shared library for the machine that this program runs on, by its first bytes;
//! what it is instead, if it is something else. No I/O.

use std::env::consts;

use object::ReadRef;
use object::elf::{self, RelocationType};

use super::Unusable;

/// A machine that libraries are built for.
pub(super) struct Machine {
    name: &'static str,
    number: elf::Machine,
    /// Adds the address at which the library stands.
    pub(super) relative: RelocationType,
    /// Fills in the address of a symbol.
    pub(super) absolute: RelocationType,
}

const MACHINES: &[Machine] = &[
    Machine {
        name: "x86_64",
        number: elf::EM_X86_64,
        relative: elf::R_X86_64_RELATIVE,
        absolute: elf::R_X86_64_64,
    },
    Machine {
        name: "aarch64",
        number: elf::EM_AARCH64,
        relative: elf::R_AARCH64_RELATIVE,
        absolute: elf::R_AARCH64_ABS64,
    },
];

/// The libraries of other machines are told by name, where there is one.
const FOREIGN: &[(elf::Machine, &str)] = &[
    (elf::EM_386, "x86"),
    (elf::EM_ARM, "arm"),
    (elf::EM_PPC64, "powerpc64"),
    (elf::EM_RISCV, "riscv64"),
    (elf::EM_S390, "s390x"),
];

/// What other files begin with that somebody may take for a library.
const OTHERS: &[(&[u8], &str)] = &[
    (b"!<arch>\n", "a static library"),
    (b"MZ", "a file of Windows"),
    (b"\xcf\xfa\xed\xfe", "a file of macOS"),
];

/// How much of a file is looked at.
const HEAD_BYTES: u64 = 64;

/// The machine that this program runs on, if these bytes are a shared library for it.
///
/// # Errors
///
/// If they are none.
pub(super) fn expect_library<'d>(data: impl ReadRef<'d>) -> Result<&'static Machine, Unusable> {
    let machine = find_machine()?;
    let length = data.len().unwrap_or_default().min(HEAD_BYTES);
    let head = data.read_bytes_at(0, length).unwrap_or_default();
    // As far as this, the heads of both classes are alike.
    let start = head.first_chunk::<20>();
    let Some(start) = start.filter(|start| start.starts_with(&elf::ELFMAG)) else {
        let why = format!("it is {}, expected an ELF file", describe(head));
        return Err(Unusable::NoLibrary(why));
    };
    let (class, order) = (start[4], start[5]);
    let number = |at: usize| match order == elf::ELFDATA2MSB.0 {
        true => u16::from_be_bytes([start[at], start[at + 1]]),
        false => u16::from_le_bytes([start[at], start[at + 1]]),
    };
    check_type(elf::FileType(number(16)))?;
    check_class(class)?;
    check_order(order)?;
    check_machine(elf::Machine(number(18)), machine)?;
    Ok(machine)
}

fn find_machine() -> Result<&'static Machine, Unusable> {
    let is_elf = cfg!(all(unix, not(target_vendor = "apple")));
    let mut machines = MACHINES.iter().filter(|_| is_elf);
    machines
        .find(|known| known.name == consts::ARCH)
        .ok_or_else(|| {
            let (system, machine) = (consts::OS, consts::ARCH);
            let why = format!("libraries of {system} on {machine} are not understood");
            Unusable::NeedsLoading(why)
        })
}

/// What a file is that begins so, and is no ELF file.
fn describe(head: &[u8]) -> String {
    if head.is_empty() {
        return "empty".to_owned();
    }
    if let Some((_, known)) = OTHERS.iter().find(|(magic, _)| head.starts_with(magic)) {
        return (*known).to_owned();
    }
    let is_text = head.utf8_chunks().all(|chunk| {
        let is_plain = |c: char| !c.is_control() || c.is_ascii_whitespace();
        // The last letter may be cut.
        let is_end = chunk.invalid().is_empty() || head.ends_with(chunk.invalid());
        is_end && chunk.valid().chars().all(is_plain)
    });
    if is_text {
        return "text".to_owned();
    }
    let bytes: Vec<String> = head
        .iter()
        .take(4)
        .map(|one| format!("{one:02x}"))
        .collect();
    format!("a file that begins with the bytes `{}`", bytes.join(" "))
}

fn check_type(found: elf::FileType) -> Result<(), Unusable> {
    match found {
        elf::ET_DYN => Ok(()),
        elf::ET_EXEC => Err(a_program()),
        elf::ET_REL => Err(Unusable::NoLibrary("it is an object file".to_owned())),
        _ => Err(Unusable::NoLibrary("it is not a shared one".to_owned())),
    }
}

/// It is linked as a program.
pub(super) fn a_program() -> Unusable {
    Unusable::NoLibrary("it is a program".to_owned())
}

fn check_class(found: u8) -> Result<(), Unusable> {
    match found == elf::ELFCLASS64.0 {
        true => Ok(()),
        false => Err(foreign("of 32 bits", "of 64")),
    }
}

fn check_order(found: u8) -> Result<(), Unusable> {
    let (big, little) = ("for big-endian machines", "for little-endian ones");
    match (cfg!(target_endian = "big"), found == elf::ELFDATA2MSB.0) {
        (false, true) => Err(foreign(big, little)),
        (true, false) => Err(foreign("for little-endian machines", "for big-endian ones")),
        _ => Ok(()),
    }
}

fn check_machine(found: elf::Machine, expected: &Machine) -> Result<(), Unusable> {
    if found == expected.number {
        return Ok(());
    }
    let known = MACHINES.iter().map(|known| (known.number, known.name));
    let mut known = known.chain(FOREIGN.iter().copied());
    let found = match known.find(|(number, _)| *number == found) {
        Some((_, name)) => format!("for {name}"),
        None => format!("for machine {}", found.0),
    };
    Err(foreign(found, format!("for {}", expected.name)))
}

fn foreign(found: impl Into<String>, expected: impl Into<String>) -> Unusable {
    Unusable::Foreign {
        found: found.into(),
        expected: expected.into(),
    }
}
