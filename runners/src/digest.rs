//! The two digests in use: SHA-256 for what is stored, FNV-1a for transcripts
//! (which a generated program must be able to compute without a dependency).

use crate::error::{Result, RunnerError};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// A SHA-256 over parts, each with its length before it, so that no two
/// different lists of parts have the same bytes.
#[derive(Default)]
pub(crate) struct Parts(Sha256);

impl Parts {
    pub(crate) fn new() -> Parts {
        Parts(Sha256::new())
    }

    pub(crate) fn add(&mut self, part: impl AsRef<[u8]>) -> &mut Parts {
        let part = part.as_ref();
        self.0.update((part.len() as u64).to_le_bytes());
        self.0.update(part);
        self
    }

    pub(crate) fn hex(self) -> String {
        hex(&self.0.finalize())
    }
}

/// The SHA-256 of some bytes, in lower-case hex digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The SHA-256 and the length of a file.
pub(crate) fn sha256_file(path: &Path) -> Result<(String, u64)> {
    let mut file = File::open(path).map_err(RunnerError::io("open", path))?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 128 * 1024];
    let mut size = 0u64;
    loop {
        let n = file.read(&mut buffer).map_err(RunnerError::io("read", path))?;
        if n == 0 {
            return Ok((hex(&hash.finalize()), size));
        }
        size += n as u64;
        hash.update(&buffer[..n]);
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 2);
    for b in bytes {
        // Writing to a String cannot fail.
        let _ = write!(out, "{b:02x}");
    }
    out
}

/// FNV-1a with 64 bits, as `hash/fnv.New64a` computes it.
#[derive(Clone, Copy, Debug)]
pub struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Fnv {
        Fnv(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    /// Takes in some bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        for b in bytes {
            self.0 = (self.0 ^ u64::from(*b)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    /// The digest so far, as 16 lower-case hex digits.
    #[must_use]
    pub fn hex(self) -> String {
        format!("{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_digests() {
        assert_eq!(sha256(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(Fnv::default().hex(), "cbf29ce484222325");
        let mut fnv = Fnv::default();
        fnv.update(b"foobar");
        assert_eq!(fnv.hex(), "85944171f73967e8");
    }

    #[test]
    fn parts_keep_their_borders() {
        let of = |parts: &[&str]| {
            let mut p = Parts::new();
            parts.iter().for_each(|s| {
                p.add(s);
            });
            p.hex()
        };
        assert_ne!(of(&["ab", "c"]), of(&["a", "bc"]));
        assert_ne!(of(&["ab"]), of(&["ab", ""]));
    }
}
