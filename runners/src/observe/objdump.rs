//! Instructions by `go tool objdump`, for ports that we have no decoder for.

use crate::cache::CacheDirs;
use crate::cancel::Cancel;
use crate::error::Result;
use crate::goenv;
use crate::process::{self, Limits};
use crate::toolchain::Toolchain;
use std::path::Path;

/// The lines that the toolchain's own disassembler prints of a function, in
/// Go's notation, without addresses and bytes. `Err(why)` inside where it does
/// not know the port.
///
/// # Errors
/// It cannot be started. From Go 1.25 on it is built when it is first used.
pub fn objdump(
    toolchain: &Toolchain,
    cache: &CacheDirs,
    program: &Path,
    symbol: &str,
    cancel: &Cancel,
) -> Result<std::result::Result<Vec<String>, String>> {
    let scratch = cache.temp("objdump-")?;
    let mut cmd = goenv::command(&toolchain.goroot, scratch.path(), &cache.gocache(&toolchain.fingerprint));
    let pattern = format!("^{}$", symbol.replace('.', "\\."));
    cmd.args(["tool", "objdump", "-s", &pattern]).arg(program);
    let done = process::run(cmd, &Limits::BUILD, None, cancel)?;
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    let lines: Vec<String> = text.lines().filter_map(line).collect();
    if done.success() && !lines.is_empty() {
        return Ok(Ok(lines));
    }
    let said = String::from_utf8_lossy(&done.stderr);
    let why = said.lines().chain(text.lines()).find(|l| !l.trim().is_empty()).unwrap_or("it printed nothing");
    // The path is the cache's affair and differs from machine to machine.
    let why = why.trim().replace(&program.display().to_string(), "the program");
    Ok(Err(format!("go tool objdump: {why}")))
}

/// `file.go:7<tab>0x4a1000<tab>48890000<tab>MOVQ AX, 0(SP)`: the source line's
/// number and the instruction; none for what is no instruction.
fn line(text: &str) -> Option<String> {
    let mut parts = text.split('\t').map(str::trim).filter(|p| !p.is_empty());
    let (file, address, _bytes) = (parts.next()?, parts.next()?, parts.next()?);
    let instruction: Vec<&str> = parts.collect();
    let number = file.rsplit(':').next().filter(|n| n.parse::<u32>().is_ok())?;
    (address.starts_with("0x") && !instruction.is_empty()).then(|| format!("{number:>4}  {}", instruction.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn lines_are_cut_to_what_matters() {
        assert_eq!(
            line("  main.go:7\t\t0x4a1000\t\t4889442408\t\tMOVQ AX, 0x8(SP)\t").unwrap(),
            "   7  MOVQ AX, 0x8(SP)"
        );
        assert_eq!(line("TEXT main.f(SB) /x/main.go"), None);
        assert_eq!(line(""), None);
    }
}
