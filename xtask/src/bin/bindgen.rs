//! Turns cargo's wasm into the page's JavaScript and wasm: `bindgen IN.wasm OUT_DIR`.
//!
//! The same library as the `wasm-bindgen` command, so nothing needs to be
//! installed and its version is the one in Cargo.lock.

use anyhow::{Context, Result, bail};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, out_dir] = arguments.as_slice() else {
        bail!("usage: bindgen IN.wasm OUT_DIR");
    };
    wasm_bindgen_cli_support::Bindgen::new()
        .input_path(input)
        .out_name("souk")
        .web(true)?
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(out_dir)
        .with_context(|| format!("wasm-bindgen could not read {input}"))
}
