//! The convention by which frames are chained through a register.
//!
//! `cmd/internal/obj/x86/obj6.go` and `cmd/internal/obj/arm64/obj7.go` store the
//! chain, `fpTracebackPCs` of `runtime/tracestack.go` follows it.

/// Where the chain is, on a machine that has one.
///
/// On both machines the register points to a word in which the caller's value
/// of the register is, and the return address is in the word above it. A
/// function that makes no frame (a leaf without locals, or `NOFRAME`) stores
/// nothing, so that the register still is its caller's; in a prologue and an
/// epilogue there are instructions at which SP has moved and the register has
/// not. The chain ends with a word that is zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FramePointer {
    /// The register's name, as in `cases/arch/<goarch>.yaml`.
    pub name: &'static str,
    /// Its DWARF number.
    pub dwarf: u16,
    /// Where the caller's value of the register is, from where it points.
    pub saved: i64,
    /// Where the return address is.
    pub return_address: i64,
    /// Where the caller's SP is (the DWARF CFA). `None` where the place of the
    /// frame pointer in the frame does not tell: on arm64 it is right below the
    /// SP of the function itself, at the other end of its locals.
    pub cfa: Option<i64>,
    /// Where it points, from SP on behind the prologue, where that does not
    /// depend on the frame's size.
    pub from_sp: Option<i64>,
}

impl FramePointer {
    /// RBP is pushed right below the return address, and points there: above
    /// the locals.
    pub const AMD64: FramePointer =
        FramePointer { name: "RBP", dwarf: 6, saved: 0, return_address: 8, cfa: Some(16), from_sp: None };

    /// The link register is stored at 0(SP), R29 at -8(SP), below the frame,
    /// and points there.
    pub const ARM64: FramePointer =
        FramePointer { name: "R29", dwarf: 29, saved: 0, return_address: 8, cfa: None, from_sp: Some(-8) };

    /// That of a port; only these two have one.
    #[must_use]
    pub fn of(goarch: &str) -> Option<FramePointer> {
        match goarch {
            "amd64" => Some(FramePointer::AMD64),
            "arm64" => Some(FramePointer::ARM64),
            _ => None,
        }
    }
}
