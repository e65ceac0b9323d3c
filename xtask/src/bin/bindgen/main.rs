//! Turns cargo's wasm into the page's JavaScript and wasm: `bindgen IN.wasm OUT_DIR`.
//!
//! The same libraries as the commands `wasm-split-cli` and `wasm-bindgen`, so nothing needs to be
//! installed and their versions are those in Cargo.lock. `IN.wasm` has to be linked with
//! `--emit-relocs`: they say what uses what.

mod trim;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, out_dir] = arguments.as_slice() else {
        bail!("usage: bindgen IN.wasm OUT_DIR");
    };
    let (input, out_dir) = (Path::new(input), Path::new(out_dir));
    let wasm = fs::read(input).with_context(|| format!("cannot read {}", input.display()))?;
    let wasm = trim::trim(&wasm)
        .with_context(|| format!("{} is not what the linker writes", input.display()))?;
    let main = input.with_extension("main.wasm");
    split(&wasm, &main, out_dir)?;
    wasm_bindgen_cli_support::Bindgen::new()
        .input_path(&main)
        .out_name("souk")
        .web(true)?
        .typescript(false)
        // The chunks import them.
        .keep_lld_exports(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(out_dir)
        .with_context(|| format!("wasm-bindgen could not read {}", main.display()))
}

/// Writes the chunks, the script that fetches them, the files of each chunk as `chunks.json`, and
/// what is left of the wasm to `main`. The files name each other by paths in the one folder.
fn split(wasm: &[u8], main: &Path, out_dir: &Path) -> Result<()> {
    let mut options = wasm_split_cli_support::Options::new(wasm);
    options.output_dir = out_dir;
    options.main_out_path = main;
    options.link_name = "./chunks.js";
    options.main_module = "./souk.js";
    let split = wasm_split_cli_support::transform(options)
        .map_err(|error| anyhow!("the page's code cannot be split: {error:?}"))?;
    let text = serde_json::to_string_pretty(&split.prefetch_map)?;
    fs::write(out_dir.join("chunks.json"), text)
        .with_context(|| format!("cannot write to {}", out_dir.display()))
}
