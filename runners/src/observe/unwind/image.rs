//! The binary as it is in memory: what is at an address.

use super::bytes::{Bytes, Form};
use object::{Object, ObjectSection, ObjectSegment, RelocationTarget, SectionFlags};

/// A run of addresses whose bytes are in the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment<'a> {
    pub(super) address: u64,
    pub(super) data: &'a [u8],
    pub(super) executable: bool,
}

/// What of a binary is loaded, without what is zero from the beginning.
#[derive(Debug)]
pub(super) struct Image<'a> {
    pub(super) form: Form,
    /// Bytes of the file.
    pub(super) len: usize,
    /// By address.
    segments: Vec<Segment<'a>>,
    /// What relative relocations store, by address, where they store it only at
    /// load time.
    stored: Vec<(u64, u64)>,
}

impl<'a> Image<'a> {
    pub(super) fn of(file: &object::File<'a>, len: usize) -> Image<'a> {
        let form = Form { big_endian: !file.is_little_endian(), word: if file.is_64() { 8 } else { 4 } };
        let mut segments: Vec<Segment<'a>> = Vec::new();
        for s in file.segments() {
            let Ok(data) = s.data() else { continue };
            let executable = s.permissions().executable();
            segments.push(Segment { address: s.address(), data, executable });
        }
        if segments.is_empty() {
            for s in file.sections() {
                let Ok(data) = s.data() else { continue };
                let executable = match s.flags() {
                    SectionFlags::Elf { sh_flags, .. } => sh_flags.contains(object::elf::SHF_EXECINSTR),
                    _ => s.kind() == object::SectionKind::Text,
                };
                if s.address() != 0 {
                    segments.push(Segment { address: s.address(), data, executable });
                }
            }
        }
        segments.retain(|s| !s.data.is_empty());
        segments.sort_by_key(|s| s.address);
        Image { form, len, segments, stored: Vec::new() }
    }

    /// Reads the relocations that tell where pointers point: other linkers than
    /// Go's leave zeros in the place of a pointer that has one.
    pub(super) fn relocate(&mut self, file: &object::File<'a>) {
        let Some(relocations) = file.dynamic_relocations() else { return };
        self.stored = relocations
            .filter(|(_, r)| r.target() == RelocationTarget::Absolute && !r.has_implicit_addend())
            .map(|(address, r)| (address, r.addend().cast_unsigned()))
            .collect();
        self.stored.sort_unstable();
    }

    /// The places at which relocations store this pointer.
    pub(super) fn stored_at(&self, pointer: u64) -> impl Iterator<Item = u64> {
        self.stored.iter().filter(move |(_, value)| *value == pointer).map(|(address, _)| *address)
    }

    /// What is from an address to the end of its segment.
    pub(super) fn from(&self, address: u64) -> Option<&'a [u8]> {
        let n = self.segments.partition_point(|s| s.address <= address);
        let s = self.segments.get(n.checked_sub(1)?)?;
        let data = s.data.get(usize::try_from(address - s.address).ok()?..)?;
        (!data.is_empty()).then_some(data)
    }

    pub(super) fn bytes(&self, address: u64, len: u64) -> Option<&'a [u8]> {
        self.from(address)?.get(..usize::try_from(len).ok()?)
    }

    /// The machine code between two addresses, where there is some.
    pub(super) fn code(&self, from: u64, to: u64) -> Option<&'a [u8]> {
        let n = self.segments.partition_point(|s| s.address <= from);
        let s = self.segments.get(n.checked_sub(1)?)?;
        if !s.executable { None } else { self.bytes(from, to.checked_sub(from)?) }
    }

    /// The pointer, or number of its size, at an address.
    pub(super) fn word(&self, address: u64) -> Option<u64> {
        if let Ok(n) = self.stored.binary_search_by_key(&address, |(a, _)| *a) {
            return Some(self.stored[n].1);
        }
        self.form.of(self.from(address)?).word(0)
    }

    /// The segments that are to be searched for something: those without code,
    /// or else those with it. The headers of a corrupt file may name the same
    /// bytes again and again: the search ends when it has seen as many as the
    /// file has.
    pub(super) fn searched(&self, executable: bool) -> impl Iterator<Item = (u64, Bytes<'a>)> {
        let form = self.form;
        // The segments of a sound binary may share a page.
        let mut left = self.len.saturating_mul(2);
        self.segments.iter().filter(move |s| s.executable == executable).map_while(move |s| {
            left = left.checked_sub(s.data.len())?;
            Some((s.address, form.of(s.data)))
        })
    }
}
