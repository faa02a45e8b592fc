//! What this machine is.

/// The GOARCH of the host, where Go has one for it.
#[must_use]
pub fn goarch() -> Option<&'static str> {
    let big = cfg!(target_endian = "big");
    match std::env::consts::ARCH {
        "x86_64" => Some("amd64"),
        "aarch64" => Some("arm64"),
        "x86" => Some("386"),
        "arm" => Some("arm"),
        "riscv64" => Some("riscv64"),
        "s390x" => Some("s390x"),
        "loongarch64" => Some("loong64"),
        "powerpc64" => Some(if big { "ppc64" } else { "ppc64le" }),
        "mips" => Some(if big { "mips" } else { "mipsle" }),
        "mips64" => Some(if big { "mips64" } else { "mips64le" }),
        _ => None,
    }
}

/// The host's operating system, as Go calls it.
#[must_use]
pub fn goos() -> &'static str {
    match std::env::consts::OS {
        "macos" => "darwin",
        os => os,
    }
}

/// Whether the host's own processor and kernel run linux binaries of that
/// port. An arm64 host is never taken to run arm: many can't.
#[must_use]
pub fn runs_natively(target: &str) -> bool {
    goos() == "linux" && (goarch() == Some(target) || (goarch() == Some("amd64") && target == "386"))
}
