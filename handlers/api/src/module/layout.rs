//! How a module lies in memory: for libraries, which carry it, and for modules that are linked.

use super::{BLANK, Entry, Module};
use crate::abi::{self, Text};
use crate::border::function;

/// For [`export!`](crate::export).
#[doc(hidden)]
impl<S: 'static> Module<S> {
    #[must_use]
    pub const fn function_count(&self) -> usize {
        self.function_count
    }

    #[must_use]
    pub const fn parameter_count(&self) -> usize {
        self.parameter_count
    }

    #[must_use]
    pub const fn lay_out_parameters<const N: usize>(&self) -> [abi::Parameter; N] {
        let mut laid_out = [abi::Parameter {
            name: Text::NONE,
            kind: 0,
            is_required: 0,
        }; N];
        let mut at = 0;
        while at < N {
            laid_out[at] = self.lay_out_parameter(at);
            at += 1;
        }
        laid_out
    }

    const fn lay_out_parameter(&self, at: usize) -> abi::Parameter {
        let listed = self.parameters[at];
        abi::Parameter {
            name: Text::new(listed.name),
            kind: listed.kind,
            is_required: listed.is_required as u32,
        }
    }

    #[must_use]
    pub const fn lay_out_functions<const N: usize>(
        &self,
        parameters: *const abi::Parameter,
    ) -> [abi::Function; N] {
        let mut laid_out = [self.lay_out_function(BLANK, parameters); N];
        let mut at = 0;
        while at < N {
            laid_out[at] = self.lay_out_function(self.functions[at], parameters);
            at += 1;
        }
        laid_out
    }

    const fn lay_out_function(
        &self,
        entry: Entry,
        parameters: *const abi::Parameter,
    ) -> abi::Function {
        abi::Function {
            name: Text::new(entry.name),
            summary: Text::new(entry.summary),
            kind: entry.kind,
            flags: if entry.is_declared {
                abi::PARAMETERS_DECLARED
            } else {
                0
            },
            // Those of the function begin there, or there are none.
            parameters: parameters.wrapping_add(entry.first_parameter),
            parameter_count: entry.parameter_count,
            data: entry.data,
            call: entry.call,
        }
    }

    #[must_use]
    pub const fn lay_out(
        &self,
        functions: *const abi::Function,
        package_version: &'static str,
    ) -> abi::Module {
        let [
            (_, module_size),
            (_, function_size),
            (_, parameter_size),
            (_, request_size),
            (_, reply_size),
            (_, host_size),
        ] = abi::Module::SIZES;
        abi::Module {
            abi_version: abi::VERSION,
            module_size,
            function_size,
            parameter_size,
            request_size,
            reply_size,
            host_size,
            flags: if cfg!(panic = "abort") {
                abi::PANIC_ABORTS
            } else {
                0
            },
            name: Text::new(self.name),
            version: Text::new(if self.version.is_empty() {
                package_version
            } else {
                self.version
            }),
            functions,
            function_count: self.function_count,
            data: self.open_data,
            open: Some(self.open),
            close: Some(function::close::<S>),
        }
    }
}
