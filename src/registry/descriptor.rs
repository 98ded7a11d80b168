//! What a module says of itself, read field by field and checked, from whatever memory it stands
//! in. No I/O.

use std::cell::Cell;
use std::collections::HashSet;
use std::mem::offset_of;

use micro_api::abi;
use micro_api::host::{FunctionInfo, Kind, ModuleInfo, ParameterInfo, ParameterType};

use super::Unusable;

/// How many functions the descriptor of a library may list; `micro_api::Module` has room for fewer.
pub const DESCRIPTOR_FUNCTIONS_MAX: u64 = 1_000;
/// How many parameters each function of a descriptor may declare.
pub const DESCRIPTOR_PARAMETERS_MAX: u64 = 128;
/// How long a name, a version or a summary may be.
pub const TEXT_BYTES_MAX: u64 = 64 * 1024;
/// How long all of them may be together.
pub const TEXT_BYTES_TOTAL_MAX: u64 = 1024 * 1024;

/// Where the sizes of [`abi::Module::SIZES`] stand, in the same order.
const SIZE_OFFSETS: [usize; 6] = [
    offset_of!(abi::Module, module_size),
    offset_of!(abi::Module, function_size),
    offset_of!(abi::Module, parameter_size),
    offset_of!(abi::Module, request_size),
    offset_of!(abi::Module, reply_size),
    offset_of!(abi::Module, host_size),
];

/// The memory that a descriptor stands in: that of this process, or what a file says it will be.
pub(super) trait Memory {
    /// The bytes at an address.
    fn bytes(&self, address: u64, length: u64) -> Result<&[u8], Unusable>;

    /// The pointer at an address.
    fn pointer(&self, address: u64) -> Result<Pointer, Unusable>;
}

/// What a pointer points to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pointer {
    /// Nothing.
    Null,
    /// This address.
    To(u64),
    /// Something in another library.
    Elsewhere,
}

/// Reads the descriptor at an address, which must be that of the module of this name.
///
/// # Errors
///
/// If it cannot be used.
pub(super) fn read(memory: &impl Memory, address: u64, name: &str) -> Result<ModuleInfo, Unusable> {
    let reader = Reader {
        memory,
        text_bytes: Cell::new(0),
    };
    reader.check_sides(address)?;
    reader.module(address, name)
}

struct Reader<'m, M> {
    memory: &'m M,
    text_bytes: Cell<u64>,
}

impl<M: Memory> Reader<'_, M> {
    // Of another version, nothing behind the version is where it should be.
    fn check_sides(&self, module: u64) -> Result<(), Unusable> {
        let version = self.u32(module, offset_of!(abi::Module, abi_version))?;
        if version != abi::VERSION {
            return Err(Unusable::Version { found: version });
        }
        for ((structure, expected), offset) in abi::Module::SIZES.into_iter().zip(SIZE_OFFSETS) {
            let found = self.u32(module, offset)?;
            if found != expected {
                return Err(Unusable::Size {
                    structure,
                    found,
                    expected,
                });
            }
        }
        let flags = self.u32(module, offset_of!(abi::Module, flags))?;
        match flags & abi::PANIC_ABORTS {
            0 => Ok(()),
            _ => Err(Unusable::PanicAborts),
        }
    }

    fn module(&self, module: u64, expected: &str) -> Result<ModuleInfo, Unusable> {
        let name = self.text(module, offset_of!(abi::Module, name), "its name")?;
        if name != expected {
            let expected = expected.to_owned();
            return Err(Unusable::Name {
                found: name,
                expected,
            });
        }
        let version = self.text(module, offset_of!(abi::Module, version), "its version")?;
        let functions = self.array(
            (module, offset_of!(abi::Module, functions)),
            (module, offset_of!(abi::Module, function_count)),
            size_of::<abi::Function>(),
            ("functions", DESCRIPTOR_FUNCTIONS_MAX),
        )?;
        let functions: Vec<(u64, FunctionInfo)> = functions
            .map(|address| Ok((address, self.function(address)?)))
            .collect::<Result<_, _>>()?;
        let mut seen = HashSet::new();
        if let Some((_, twice)) = functions.iter().find(|(_, one)| !seen.insert(&one.name)) {
            return Err(Unusable::FunctionTwice(twice.name.clone()));
        }
        for (address, function) in &functions {
            let call = address + offset_of!(abi::Function, call) as u64;
            if self.memory.pointer(call)? == Pointer::Null {
                return Err(Unusable::NullCall {
                    function: function.name.clone(),
                    kind: function.kind,
                });
            }
        }
        Ok(ModuleInfo {
            name,
            version,
            functions: functions.into_iter().map(|(_, one)| one).collect(),
        })
    }

    fn function(&self, function: u64) -> Result<FunctionInfo, Unusable> {
        let what = "the name of a function";
        let name = self.text(function, offset_of!(abi::Function, name), what)?;
        let number = self.u32(function, offset_of!(abi::Function, kind))?;
        let Some(kind) = Kind::find(number) else {
            return Err(Unusable::Kind {
                function: name,
                found: number,
            });
        };
        let what = format!("the summary of `{name}`");
        let summary = self.text(function, offset_of!(abi::Function, summary), &what)?;
        let flags = self.u32(function, offset_of!(abi::Function, flags))?;
        let parameters = match flags & abi::PARAMETERS_DECLARED {
            0 => None,
            _ => Some(self.parameters(function, &name)?),
        };
        Ok(FunctionInfo {
            name,
            kind,
            summary,
            parameters,
        })
    }

    fn parameters(&self, function: u64, name: &str) -> Result<Vec<ParameterInfo>, Unusable> {
        let what = format!("parameters of `{name}`");
        let parameters = self.array(
            (function, offset_of!(abi::Function, parameters)),
            (function, offset_of!(abi::Function, parameter_count)),
            size_of::<abi::Parameter>(),
            (&what, DESCRIPTOR_PARAMETERS_MAX),
        )?;
        parameters
            .map(|parameter| {
                let what = format!("the name of a parameter of `{name}`");
                let number = self.u32(parameter, offset_of!(abi::Parameter, kind))?;
                let parameter_type = ParameterType::find(number).ok_or_else(|| {
                    Unusable::Damaged(format!("`{name}` has a parameter of type {number}"))
                })?;
                let is_required = self.u32(parameter, offset_of!(abi::Parameter, is_required))?;
                Ok(ParameterInfo {
                    name: self.text(parameter, offset_of!(abi::Parameter, name), &what)?,
                    parameter_type,
                    is_required: is_required != 0,
                })
            })
            .collect()
    }

    /// The addresses of the elements of an array.
    fn array(
        &self,
        data: (u64, usize),
        count: (u64, usize),
        size: usize,
        (what, most): (&str, u64),
    ) -> Result<impl Iterator<Item = u64> + use<M>, Unusable> {
        let found = self.usize(count.0, count.1)?;
        if found > most {
            let what = what.to_owned();
            return Err(Unusable::TooMany { what, found, most });
        }
        let start = match found {
            0 => 0,
            _ => self.address(data.0, data.1, what)?,
        };
        // Every structure of the border has pointers in it, and is aligned as they are.
        if start % size_of::<usize>() as u64 != 0 {
            return Err(Unusable::Damaged(format!("its {what} are not aligned")));
        }
        let length = found * size as u64;
        // All of it is there, so that no sum of an address in it and an offset overflows.
        self.memory.bytes(start, length)?;
        Ok((start..start + length).step_by(size))
    }

    fn text(&self, base: u64, offset: usize, what: &str) -> Result<String, Unusable> {
        let text = at(base, offset)?;
        let length = self.usize(text, offset_of!(abi::Text, length))?;
        if length == 0 {
            return Ok(String::new());
        }
        let total = self.text_bytes.get().saturating_add(length);
        for (what, found, most) in [
            (format!("bytes in {what}"), length, TEXT_BYTES_MAX),
            ("bytes of text".to_owned(), total, TEXT_BYTES_TOTAL_MAX),
        ] {
            if found > most {
                return Err(Unusable::TooMany { what, found, most });
            }
        }
        self.text_bytes.set(total);
        let start = self.address(text, offset_of!(abi::Text, data), what)?;
        let bytes = self.memory.bytes(start, length)?.to_vec();
        String::from_utf8(bytes)
            .map_err(|_| Unusable::Damaged(format!("{what} is no text in UTF-8")))
    }

    fn address(&self, base: u64, offset: usize, what: &str) -> Result<u64, Unusable> {
        match self.memory.pointer(at(base, offset)?)? {
            Pointer::To(address) => Ok(address),
            Pointer::Null => Err(Unusable::Damaged(format!("the pointer to {what} is null"))),
            Pointer::Elsewhere => Err(Unusable::NeedsLoading(format!(
                "the pointer to {what} leads to another library"
            ))),
        }
    }

    fn u32(&self, base: u64, offset: usize) -> Result<u32, Unusable> {
        let bytes = self.memory.bytes(at(base, offset)?, 4)?;
        let bytes = bytes.try_into().map_err(|_| outside())?;
        Ok(u32::from_ne_bytes(bytes))
    }

    fn usize(&self, base: u64, offset: usize) -> Result<u64, Unusable> {
        let bytes = self
            .memory
            .bytes(at(base, offset)?, size_of::<usize>() as u64)?;
        let bytes = bytes.try_into().map_err(|_| outside())?;
        Ok(usize::from_ne_bytes(bytes) as u64)
    }
}

fn at(base: u64, offset: usize) -> Result<u64, Unusable> {
    base.checked_add(offset as u64).ok_or_else(outside)
}

/// A pointer leads to where nothing is.
pub(super) fn outside() -> Unusable {
    Unusable::Damaged("a pointer leads out of it".to_owned())
}
