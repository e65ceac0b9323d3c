//! Turns cargo's wasm into the page's JavaScript and wasm: `bindgen IN.wasm OUT_DIR`.
//!
//! The same library as the `wasm-bindgen` command, so nothing needs to be
//! installed and its version is the one in Cargo.lock.

use std::path::Path;

use anyhow::{Context, Result, bail};
use walrus::{FunctionBuilder, FunctionId, FunctionKind, Module};

/// Parts of the names of functions that the page never calls, though every erased view carries a
/// pointer to its own copy, so that no compiler can drop them: hydration that waits for lazily
/// loaded code (only `leptos::mount::hydrate_lazy` begins it) and from `<template>` elements (only
/// the `template!` macro makes them). A tenth of the page's code. `frontend` uses `hydrate_body`.
const NEVER_CALLED: [&str; 2] = ["hydrate_async", "hydrate_from_template"];

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, out_dir] = arguments.as_slice() else {
        bail!("usage: bindgen IN.wasm OUT_DIR");
    };
    let trimmed = Path::new(input).with_extension("trimmed.wasm");
    trim(Path::new(input), &trimmed)?;
    wasm_bindgen_cli_support::Bindgen::new()
        .input_path(trimmed)
        .out_name("souk")
        .web(true)?
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(out_dir)
        .with_context(|| format!("wasm-bindgen could not read {input}"))
}

/// Writes `input` again with a trap in place of each function that is never called; wasm-opt then
/// drops what only those used.
fn trim(input: &Path, output: &Path) -> Result<()> {
    let mut module = Module::from_file(input)
        .with_context(|| format!("{} is not a wasm module", input.display()))?;
    let dead: Vec<FunctionId> = module
        .funcs
        .iter_local()
        .map(|(id, _)| module.funcs.get(id))
        .filter(|f| {
            let name = f.name.as_deref().unwrap_or_default();
            NEVER_CALLED.iter().any(|part| name.contains(part))
        })
        .map(walrus::Function::id)
        .collect();
    if dead.is_empty() {
        bail!(
            "no function of {} is named like {NEVER_CALLED:?}: either the names were stripped, or \
             leptos has changed and this step is not needed any more",
            input.display()
        );
    }
    for id in dead {
        let (params, results) = module.types.params_results(module.funcs.get(id).ty());
        let (params, results) = (params.to_vec(), results.to_vec());
        let mut trap = FunctionBuilder::new(&mut module.types, &params, &results);
        trap.func_body().unreachable();
        let arguments = params.iter().map(|ty| module.locals.add(*ty)).collect();
        module.funcs.get_mut(id).kind = FunctionKind::Local(trap.local_func(arguments));
    }
    module.emit_wasm_file(output).with_context(|| format!("cannot write {}", output.display()))
}
