//! Shared libraries as modules: judged by their files, and loaded. A loaded library stays for the
//! life of the process.

use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::fs::File;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use micro_api::abi;
use micro_api::host::{Descriptor, ModuleInfo};
use object::ReadCache;

use super::Unusable;
use super::descriptor::{Memory, Pointer, outside, read};
use super::image::Image;
use crate::files::{Identity, open_regular};

/// What the module in this file says of itself, which must be the module of this name. None of its
/// code runs.
///
/// # Errors
///
/// If it cannot be used, or its file does not tell.
pub fn preflight(path: &Path, name: &str) -> Result<ModuleInfo, Unusable> {
    let data = ReadCache::new(open(path)?);
    let (image, descriptor) = Image::parse(&data)?;
    read(&image, descriptor, name)
}

/// Loads the module of this name from this file. Its constructors run, if they have not yet.
///
/// # Errors
///
/// If it cannot be used.
#[allow(unsafe_code, reason = "a descriptor is lent out of a loaded library")]
pub fn load(path: &Path, name: &str) -> Result<Descriptor, Unusable> {
    open(path)?;
    let address = load_once(path)?;
    // The file may have become another one since it was judged.
    read(&Loaded, address as u64, name)?;
    let module = std::ptr::with_exposed_provenance::<abi::Module>(address);
    if !module.is_aligned() {
        return Err(Unusable::NoDescriptor);
    }
    // SAFETY: it is aligned, not null, of this version and size as it says itself; by the contract
    // of micro.h it never changes, and the library in which it stands stays.
    Ok(unsafe { Descriptor::from_raw(&*module) })
}

fn open(path: &Path) -> Result<File, Unusable> {
    open_regular(path).map_err(|error| Unusable::Unreadable(error.to_string()))
}

/// What is loaded.
#[derive(Default)]
struct Kept {
    /// The addresses of descriptors.
    descriptors: HashMap<Identity, Result<usize, Unusable>>,
    paths: HashSet<PathBuf>,
}

/// The address of the descriptor.
fn load_once(path: &Path) -> Result<usize, Unusable> {
    static KEPT: Mutex<Option<Kept>> = Mutex::new(None);
    // A path without a slash would be searched for by the system.
    let path = path
        .canonicalize()
        .map_err(|error| Unusable::Unreadable(error.to_string()))?;
    let identity = Identity::of(&path).map_err(|error| Unusable::Unreadable(error.to_string()))?;
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let kept = kept.get_or_insert_default();
    if let Some(known) = kept.descriptors.get(&identity) {
        return known.clone();
    }
    // The C library would hand out the earlier file of this path without a look at this one.
    if kept.paths.contains(&path) {
        return Err(Unusable::Replaced);
    }
    let library = load_and_keep(&path)?;
    kept.paths.insert(path);
    let descriptor = find_descriptor(&library);
    kept.descriptors.insert(identity, descriptor.clone());
    descriptor
}

#[allow(unsafe_code, reason = "a library is loaded")]
fn load_and_keep(path: &Path) -> Result<ManuallyDrop<Library>, Unusable> {
    let not_loaded = |error: libloading::Error| {
        let why = error
            .source()
            .map_or_else(|| error.to_string(), ToString::to_string);
        Unusable::NotLoaded(why)
    };
    // SAFETY: its constructors run here; whoever names a library in a definition trusts its code.
    let library = unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) };
    // It stays for the life of the process, so that everything in it is valid for ever.
    Ok(ManuallyDrop::new(library.map_err(not_loaded)?))
}

#[allow(unsafe_code, reason = "a symbol of a library is looked up")]
fn find_descriptor(library: &Library) -> Result<usize, Unusable> {
    // SAFETY: only the address of the symbol is taken.
    let symbol = unsafe { library.get::<*const abi::Module>(abi::SYMBOL.as_bytes()) };
    let symbol = symbol.map_err(|_| Unusable::NoDescriptor)?;
    match symbol.expose_provenance() {
        0 => Err(Unusable::NoDescriptor),
        address => Ok(address),
    }
}

/// The memory of this process, read where a loaded module says that its parts are.
struct Loaded;

#[allow(unsafe_code, reason = "pointers of a loaded library are followed")]
impl Memory for Loaded {
    fn bytes(&self, address: u64, length: u64) -> Result<&[u8], Unusable> {
        let length = usize::try_from(length).map_err(|_| outside())?;
        if length == 0 {
            return Ok(&[]);
        }
        let data = std::ptr::with_exposed_provenance::<u8>(address as usize);
        // SAFETY: a loaded module promises by the contract of micro.h that its descriptor points to
        // as much as it says, which never changes and stays; the length is that, or of a field.
        Ok(unsafe { std::slice::from_raw_parts(data, length) })
    }

    fn pointer(&self, address: u64) -> Result<Pointer, Unusable> {
        let bytes = self.bytes(address, size_of::<usize>() as u64)?;
        let bytes = bytes.try_into().map_err(|_| outside())?;
        Ok(match usize::from_ne_bytes(bytes) {
            0 => Pointer::Null,
            address => Pointer::To(address as u64),
        })
    }
}
