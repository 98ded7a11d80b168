//! How a library shows its module to the program that loads it.

/// Makes a library of type `cdylib` carry a module, under the symbol that programs look for.
///
/// The module is a constant: a `const`, or a call of a `const fn`. A library carries one module, of at
/// most [`FUNCTIONS_MAX`](crate::FUNCTIONS_MAX) functions that list at most
/// [`PARAMETERS_MAX`](crate::PARAMETERS_MAX) arguments together.
/// What is linked into a program must not export any, or two of them would have the same symbol;
/// so a crate that is used both ways has this line in a file of its own, such as an example of type
/// `cdylib`.
///
/// ```standalone_crate
/// use micro_api::{Module, Request};
///
/// fn greet(_: Request) -> &'static str {
///     "hello"
/// }
///
/// const MODULE: Module = Module::new("hello").handler("greet", greet);
///
/// micro_api::export!(MODULE);
/// ```
///
/// It is a [`Module`](crate::Module) and nothing else, whatever methods another type may have:
///
/// ```compile_fail,E0308
/// # #![allow(dead_code)]
/// use micro_api::abi;
///
/// struct Forged;
/// impl Forged {
///     // `lay_out` and what else a module has
/// #     const fn parameter_count(&self) -> usize {
/// #         0
/// #     }
/// #
/// #     const fn lay_out_parameters(&self) -> [abi::Parameter; 0] {
/// #         []
/// #     }
/// #
/// #     const fn function_count(&self) -> usize {
/// #         0
/// #     }
/// #
/// #     const fn lay_out_functions(&self, _: *const abi::Parameter) -> [abi::Function; 0] {
/// #         []
/// #     }
/// #
/// #     const fn lay_out(&self, functions: *const abi::Function, _: &'static str) -> abi::Module {
/// #         abi::Module {
/// #             abi_version: abi::VERSION,
/// #             module_size: 0,
/// #             function_size: 0,
/// #             parameter_size: 0,
/// #             request_size: 0,
/// #             reply_size: 0,
/// #             host_size: 0,
/// #             flags: 0,
/// #             name: abi::Text::NONE,
/// #             version: abi::Text::NONE,
/// #             functions,
/// #             function_count: 1_000_000,
/// #             data: std::ptr::null(),
/// #             open: None,
/// #             close: None,
/// #         }
/// #     }
/// }
///
/// micro_api::export!(Forged);
/// ```
#[macro_export]
macro_rules! export {
    ($module:expr) => {
        const _: () = {
            use $crate::abi;

            const PARAMETERS: usize = $crate::Module::parameter_count(&$module);
            static PARAMETER_TABLE: [abi::Parameter; PARAMETERS] =
                $crate::Module::lay_out_parameters(&$module);

            const FUNCTIONS: usize = $crate::Module::function_count(&$module);
            static FUNCTION_TABLE: [abi::Function; FUNCTIONS] =
                $crate::Module::lay_out_functions(&$module, (&raw const PARAMETER_TABLE).cast());

            // Its place is what `abi::SYMBOL` and `abi::SECTION` say.
            #[unsafe(no_mangle)]
            #[unsafe(link_section = ".micro_module")]
            #[used]
            #[allow(non_upper_case_globals, reason = "C calls it so")]
            static micro_module: abi::Module = $crate::Module::lay_out(
                &$module,
                (&raw const FUNCTION_TABLE).cast(),
                env!("CARGO_PKG_VERSION"),
            );
        };
    };
}
