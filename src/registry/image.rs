//! A shared library as a file: what its memory will hold once it is loaded, without loading it,
//! so that none of its code runs. ELF of 64 bits, for the machine that this program runs on.

use std::marker::PhantomData;

use micro_api::abi;
use object::elf::{self, FileHeader64, ProgramHeader64, Rela64, Relr64};
use object::read::elf::{FileHeader, ProgramHeader, RelrIterator, SectionTable, SymbolTable};
use object::{Endianness, ReadRef, SymbolIndex};

use super::Unusable;
use super::descriptor::{Memory, Pointer, outside};
use super::machine::{Machine, a_program, expect_library};

type Header = FileHeader64<Endianness>;

/// How many symbols a library may have, and how many pointers that are filled in at loading.
pub const TABLE_ENTRIES_MAX: usize = 1_000_000;

/// A shared library as a file.
pub(super) struct Image<'d, R> {
    data: R,
    bytes: PhantomData<&'d [u8]>,
    endian: Endianness,
    /// What is mapped, in the order of addresses.
    segments: Vec<Segment>,
    /// Where pointers are filled in at loading, in the order of addresses.
    relocations: Vec<(u64, Filled)>,
}

/// A part of the file that is mapped.
struct Segment {
    start: u64,
    end: u64,
    offset: u64,
}

/// What is filled in at loading.
#[derive(Clone, Copy)]
enum Filled {
    /// This address of the library.
    With(u64),
    /// The address that stands there in the file.
    InPlace,
    /// Something that only the loader knows.
    Elsewhere,
}

impl<'d, R: ReadRef<'d>> Image<'d, R> {
    /// The library in these bytes, and the address of its descriptor.
    ///
    /// # Errors
    ///
    /// If it is none, or its file does not tell.
    pub(super) fn parse(data: R) -> Result<(Image<'d, R>, u64), Unusable> {
        let machine = expect_library(data)?;
        let header = Header::parse(data).map_err(damaged)?;
        let endian = header.endian().map_err(damaged)?;
        let segments = header.program_headers(endian, data).map_err(damaged)?;
        let dynamic = dynamic(endian, data, segments)?;
        let mut image = Image {
            data,
            bytes: PhantomData,
            endian,
            segments: mapped(endian, segments),
            relocations: Vec::new(),
        };
        let sections = header.sections(endian, data).map_err(damaged)?;
        let symbols = symbols(endian, data, &sections)?;
        let descriptor = image.find_descriptor(&symbols)?;
        image.add_relocations(&dynamic, machine, &symbols)?;
        image.add_relative_relocations(&dynamic)?;
        image.relocations.sort_by_key(|(address, _)| *address);
        Ok((image, descriptor))
    }

    // What the loader finds, too: the section alone would be found by nobody else.
    fn find_descriptor(&self, symbols: &SymbolTable<'d, Header, R>) -> Result<u64, Unusable> {
        let is_object = |symbol: &&elf::Sym64<Endianness>| {
            symbol.st_shndx.get(self.endian) != elf::SHN_UNDEF
                && [elf::STT_OBJECT, elf::STT_NOTYPE].contains(&symbol.st_info.st_type())
        };
        check_length("symbols", symbols.len())?;
        for symbol in symbols.iter().filter(is_object) {
            let name = symbols.symbol_name(self.endian, symbol).map_err(damaged)?;
            if name == abi::SYMBOL.as_bytes() {
                return Ok(symbol.st_value.get(self.endian));
            }
        }
        Err(Unusable::NoDescriptor)
    }

    fn add_relocations(
        &mut self,
        dynamic: &[(elf::DynamicTag, u64)],
        machine: &Machine,
        symbols: &SymbolTable<'d, Header, R>,
    ) -> Result<(), Unusable> {
        let table: &[Rela64<Endianness>] = self.table(dynamic, elf::DT_RELA, elf::DT_RELASZ)?;
        check_length(POINTERS, table.len())?;
        for relocation in table {
            let kind = relocation.r_type(self.endian, false);
            let addend = relocation.r_addend.get(self.endian);
            let target = if kind == machine.relative {
                Filled::With(addend.cast_unsigned())
            } else if kind == machine.absolute {
                let index = SymbolIndex(relocation.r_sym(self.endian, false) as usize);
                let symbol = symbols.symbol(index).map_err(damaged)?;
                match symbol.st_shndx.get(self.endian) {
                    elf::SHN_UNDEF => Filled::Elsewhere,
                    _ => Filled::With(symbol.st_value.get(self.endian).wrapping_add_signed(addend)),
                }
            } else {
                Filled::Elsewhere
            };
            let address = relocation.r_offset.get(self.endian);
            self.relocations.push((address, target));
        }
        Ok(())
    }

    // Where these point to stands in their places already.
    fn add_relative_relocations(
        &mut self,
        dynamic: &[(elf::DynamicTag, u64)],
    ) -> Result<(), Unusable> {
        let table: &[Relr64<Endianness>] = self.table(dynamic, elf::DT_RELR, elf::DT_RELRSZ)?;
        for address in RelrIterator::<Header>::new(self.endian, table) {
            // One word of the table stands for up to 63 of them.
            check_length(POINTERS, self.relocations.len() + 1)?;
            self.relocations.push((address, Filled::InPlace));
        }
        Ok(())
    }

    fn table<T: object::Pod>(
        &self,
        dynamic: &[(elf::DynamicTag, u64)],
        start: elf::DynamicTag,
        size: elf::DynamicTag,
    ) -> Result<&'d [T], Unusable> {
        let (Some(start), Some(size)) = (find(dynamic, start), find(dynamic, size)) else {
            return Ok(&[]);
        };
        let bytes = self.file_bytes(start, size)?;
        object::slice_from_all_bytes(bytes).map_err(|()| outside())
    }

    fn word(&self, address: u64) -> Result<u64, Unusable> {
        let bytes = self.file_bytes(address, 8)?;
        let bytes = bytes.try_into().map_err(|_| outside())?;
        // The file is of this machine, and so is the order of its bytes.
        Ok(u64::from_ne_bytes(bytes))
    }

    fn file_bytes(&self, address: u64, length: u64) -> Result<&'d [u8], Unusable> {
        if length == 0 {
            return Ok(&[]);
        }
        let end = address.checked_add(length).ok_or_else(outside)?;
        let behind = self
            .segments
            .partition_point(|segment| segment.start <= address);
        let segment = self.segments[..behind].last();
        let segment = segment.filter(|one| end <= one.end).ok_or_else(outside)?;
        let offset = segment.offset.checked_add(address - segment.start);
        let offset = offset.ok_or_else(outside)?;
        self.data
            .read_bytes_at(offset, length)
            .map_err(|()| Unusable::Damaged("its file is too short".to_owned()))
    }
}

impl<'d, R: ReadRef<'d>> Memory for Image<'d, R> {
    fn bytes(&self, address: u64, length: u64) -> Result<&[u8], Unusable> {
        self.file_bytes(address, length)
    }

    fn pointer(&self, address: u64) -> Result<Pointer, Unusable> {
        let found = self
            .relocations
            .binary_search_by_key(&address, |(address, _)| *address);
        match found.map(|at| self.relocations[at].1) {
            Ok(Filled::With(target)) => Ok(Pointer::To(target)),
            Ok(Filled::InPlace) => Ok(Pointer::To(self.word(address)?)),
            Ok(Filled::Elsewhere) => Ok(Pointer::Elsewhere),
            Err(_) if self.word(address)? == 0 => Ok(Pointer::Null),
            Err(_) => Err(Unusable::NeedsLoading(
                "a pointer in it is filled in in an unknown way".to_owned(),
            )),
        }
    }
}

/// The table for the loader: tags and values.
fn dynamic<'d>(
    endian: Endianness,
    data: impl ReadRef<'d>,
    segments: &'d [ProgramHeader64<Endianness>],
) -> Result<Vec<(elf::DynamicTag, u64)>, Unusable> {
    let mut segments = segments.iter();
    let table = segments
        .find_map(|segment| segment.dynamic(endian, data).transpose())
        .ok_or_else(|| Unusable::NoLibrary("it is not linked dynamically".to_owned()))?
        .map_err(damaged)?;
    let entries = table
        .iter()
        .map(|entry| (entry.d_tag.get(endian), entry.d_val.get(endian)));
    let entries: Vec<_> = entries
        .take_while(|(tag, _)| *tag != elf::DT_NULL)
        .collect();
    let flags = find(&entries, elf::DT_FLAGS_1).unwrap_or_default();
    match flags & elf::DF_1_PIE.0 {
        0 => Ok(entries),
        _ => Err(a_program()),
    }
}

fn mapped(endian: Endianness, segments: &[ProgramHeader64<Endianness>]) -> Vec<Segment> {
    let segments = segments
        .iter()
        .filter(|one| one.p_type.get(endian) == elf::PT_LOAD);
    let mut mapped: Vec<Segment> = segments
        .map(|segment| {
            let start = segment.p_vaddr.get(endian);
            Segment {
                start,
                end: start.saturating_add(segment.p_filesz.get(endian)),
                offset: segment.p_offset.get(endian),
            }
        })
        .collect();
    mapped.sort_by_key(|segment| segment.start);
    mapped
}

fn symbols<'d, R: ReadRef<'d>>(
    endian: Endianness,
    data: R,
    sections: &SectionTable<'d, Header, R>,
) -> Result<SymbolTable<'d, Header, R>, Unusable> {
    if sections.is_empty() {
        let why = "its file has no table of sections".to_owned();
        return Err(Unusable::NeedsLoading(why));
    }
    sections
        .symbols(endian, data, elf::SHT_DYNSYM)
        .map_err(damaged)
}

const POINTERS: &str = "pointers";

fn check_length(what: &str, length: usize) -> Result<(), Unusable> {
    match length <= TABLE_ENTRIES_MAX {
        true => Ok(()),
        false => Err(Unusable::NeedsLoading(format!(
            "it has more than {TABLE_ENTRIES_MAX} {what}"
        ))),
    }
}

fn find(dynamic: &[(elf::DynamicTag, u64)], tag: elf::DynamicTag) -> Option<u64> {
    dynamic
        .iter()
        .find(|(known, _)| *known == tag)
        .map(|(_, value)| *value)
}

fn damaged(error: object::Error) -> Unusable {
    Unusable::Damaged(error.to_string())
}
