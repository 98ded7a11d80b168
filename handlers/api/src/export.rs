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
