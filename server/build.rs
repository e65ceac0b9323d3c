//! Gives the server its build id, so that it can refuse a page of other sources.

#[path = "../xtask/src/build_id.rs"]
#[allow(dead_code)] // xtask uses the rest of it.
mod build_id;

use std::path::Path;

fn main() -> std::io::Result<()> {
    // What is built now: this program may have been compiled for another checkout.
    let own = std::env::var("CARGO_MANIFEST_DIR")
        .unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
    let root = Path::new(&own).join("..");
    for source in build_id::SOURCES {
        println!("cargo::rerun-if-changed=../{source}");
    }
    println!("cargo::rerun-if-changed=../xtask/src/build_id.rs");
    println!("cargo::rustc-env=SOUK_BUILD_ID={}", build_id::build_id(&root)?);
    Ok(())
}
