//! Lists `arch/*.yaml` as source text, so that the binary holds every
//! architecture and a new one needs no word anywhere else.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=arch");
    let root = env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?;
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(Path::new(&root).join("arch"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "yaml") {
            files.push(path);
        }
    }
    files.sort();
    let mut text = String::from("&[\n");
    for path in files {
        println!("cargo::rerun-if-changed={}", path.display());
        let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        text.push_str(&format!("    ({stem:?}, include_str!({:?})),\n", path.display().to_string()));
    }
    text.push_str("]\n");
    fs::write(Path::new(&out).join("arch_files.rs"), text)
}
