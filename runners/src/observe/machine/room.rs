//! Memory made by hand, for tests: in each byte order and word size.

use super::limits::Unread;
use super::memory::{Constant, Memory, Reader};
use super::types::Types;
use goabi_cases::arch::{Arch, ByteOrder};
use std::cell::Cell;

/// Ports of both byte orders and word sizes.
pub const PORTS: [&str; 4] = ["amd64", "s390x", "386", "mips"];

/// Where the memory begins and how much there is.
pub const BASE: u64 = 0x1_0000;
const LEN: usize = 0x1_0000;

/// `TFlagDirectIface`, Go 1.26.
pub const DIRECT: u8 = 0x20;
/// `TFlagExtraStar`.
pub const EXTRA_STAR: u8 = 2;

pub struct Room {
    pub arch: &'static Arch,
    bytes: Vec<u8>,
    free: usize,
    /// How many bytes were read.
    pub read: Cell<usize>,
}

impl Room {
    pub fn new(goarch: &str) -> Room {
        // The first bytes stay free: nothing is at offset 0 of the descriptors.
        Room { arch: Arch::get(goarch).unwrap(), bytes: vec![0; LEN], free: 64, read: Cell::new(0) }
    }

    pub fn word_size(&self) -> usize {
        usize::try_from(self.arch.word_size).unwrap()
    }

    /// A number in the port's byte order.
    pub fn int(&self, n: u64, len: usize) -> Vec<u8> {
        let be = n.to_be_bytes();
        let mut out = be[8 - len..].to_vec();
        if self.arch.byte_order == ByteOrder::Little {
            out.reverse();
        }
        out
    }

    pub fn words(&self, words: &[u64]) -> Vec<u8> {
        words.iter().flat_map(|w| self.int(*w, self.word_size())).collect()
    }

    /// Puts bytes somewhere, and says where.
    pub fn put(&mut self, bytes: &[u8]) -> u64 {
        let at = self.free;
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
        self.free = (at + bytes.len()).next_multiple_of(16).max(at + 16);
        BASE + at as u64
    }

    pub fn overwrite(&mut self, at: u64, bytes: &[u8]) {
        let at = usize::try_from(at - BASE).unwrap();
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
    }

    /// A type descriptor: `abi.Type`, and the words behind it.
    pub fn descriptor(&mut self, kind: u8, size: u64, tflag: u8, name: &str, more: &[u64]) -> u64 {
        let mut text = vec![0, u8::try_from(name.len()).unwrap()];
        text.extend(name.as_bytes());
        let name = self.put(&text) - BASE;
        let mut d = self.words(&[size, 0]);
        d.extend(self.int(0x1234_5678, 4));
        d.extend([tflag, 8, 8, kind]);
        d.extend(self.words(&[0, 0]));
        d.extend(self.int(name, 4));
        d.extend(self.int(0, 4));
        d.extend(self.words(more));
        self.put(&d)
    }

    pub fn types<'a>(&self, dwarf: Option<&'a crate::observe::dwarf::DwarfFacts>) -> Types<'a> {
        Types { arch: self.arch, dwarf, descriptors: Some(BASE) }
    }

    /// Lets something read this memory, of which there are at most `most` bytes.
    pub fn with<T>(&self, most: usize, run: impl FnOnce(&mut Reader<'_, '_>) -> T) -> T {
        let constant = Constant::default();
        let mut live = self;
        run(&mut Reader::new(&constant, &mut live, most))
    }
}

impl Memory for &Room {
    fn read(&mut self, at: u64, len: usize) -> Result<Vec<u8>, Unread> {
        self.read.set(self.read.get() + len);
        let from = at.checked_sub(BASE).and_then(|at| usize::try_from(at).ok());
        let found = from.and_then(|from| self.bytes.get(from..from.checked_add(len)?));
        found.map(<[u8]>::to_vec).ok_or_else(|| format!("there is no memory at {at:#x}").into())
    }
}
