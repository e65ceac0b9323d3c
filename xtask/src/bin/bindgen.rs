//! Turns cargo's wasm into the page's JavaScript and wasm: `bindgen IN.wasm OUT_DIR`.
//!
//! The same library as the `wasm-bindgen` command, so nothing needs to be
//! installed and its version is the one in Cargo.lock.

use std::collections::HashSet;
use std::path::Path;

use anyhow::{Context, Result, bail};
use walrus::ir::{Call, Visitor, dfs_in_order};
use walrus::{FunctionBuilder, FunctionId, FunctionKind, LocalFunction, Module};

/// How the names of functions end that the page never calls, though every erased view carries a
/// pointer to its own copy, so that no compiler can drop them: hydration that waits for lazily
/// loaded code, which only `leptos::mount::hydrate_lazy` begins; `frontend` uses `hydrate_body`.
/// Whole endings alone: the compiler folds equal functions into one of either name, so a function
/// merely named within `hydrate_async` may be half of the hydration that does take place.
const NEVER_CALLED: [&str; 2] =
    ["13hydrate_async17h", "13hydrate_async28_$u7b$$u7b$closure$u7d$$u7d$17h"];

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
    let dead = never_called(&module);
    if dead.is_empty() {
        // The page is right without this, only larger; the size check has the last word.
        eprintln!("no function is named like {NEVER_CALLED:?}: nothing to leave out");
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

/// Functions of such a name that nothing but their like calls.
fn never_called(module: &Module) -> HashSet<FunctionId> {
    let mut dead: HashSet<FunctionId> = module
        .funcs
        .iter_local()
        .map(|(id, _)| id)
        .filter(|id| module.funcs.get(*id).name.as_deref().is_some_and(is_never_called))
        .collect();
    // What a living function calls lives, and what that calls in turn.
    loop {
        let before = dead.len();
        for (id, function) in module.funcs.iter_local() {
            if !dead.contains(&id) {
                for callee in callees(function) {
                    dead.remove(&callee);
                }
            }
        }
        if dead.len() == before {
            return dead;
        }
    }
}

/// Whether a mangled name is one of [`NEVER_CALLED`], but for its hash.
fn is_never_called(name: &str) -> bool {
    let hash = name.rfind("17h").map_or(name.len(), |at| at + "17h".len());
    NEVER_CALLED.iter().any(|ending| name[..hash].ends_with(ending))
}

fn callees(function: &LocalFunction) -> Vec<FunctionId> {
    #[derive(Default)]
    struct Calls(Vec<FunctionId>);
    impl Visitor<'_> for Calls {
        fn visit_call(&mut self, call: &Call) {
            self.0.push(call.func);
        }
    }
    let mut calls = Calls::default();
    dfs_in_order(&mut calls, function, function.entry_block());
    calls.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_endings_alone_are_never_called() {
        let dead = [
            "_ZN64_$LT$T$u20$as$u20$any_view..IntoAny$GT$8into_any13hydrate_async17h0123456789abcdefE",
            "_ZN4view13hydrate_async28_$u7b$$u7b$closure$u7d$$u7d$17h0123456789abcdefE",
        ];
        let alive = [
            "_ZN4view13hydrate_async28_$u7b$$u7b$closure$u7d$$u7d$7inner_117h29edd21cc7ea5ddeE",
            "_ZN4view7hydrate17h0123456789abcdefE",
            "hydrate",
        ];
        for name in dead {
            assert!(is_never_called(name), "{name}");
        }
        for name in alive {
            assert!(!is_never_called(name), "{name}");
        }
    }
}
