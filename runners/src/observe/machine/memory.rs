//! Memory of a program that stands still: what its file already tells, and the
//! rest from the machine, a chunk at a time.

use super::limits::{CHUNK, Unread};
use object::{Object, ObjectSegment, SegmentFlags};
use std::collections::HashMap;

/// What reads the memory of the machine.
pub trait Memory {
    /// Reads `len` bytes.
    ///
    /// # Errors
    ///
    /// In words, if they cannot be read.
    fn read(&mut self, at: u64, len: usize) -> Result<Vec<u8>, Unread>;
}

/// The parts of a program's file that nothing writes to once it is loaded.
#[derive(Clone, Debug, Default)]
pub struct Constant<'d> {
    /// First address and bytes of each segment.
    segments: Vec<(u64, &'d [u8])>,
}

impl<'d> Constant<'d> {
    /// The segments of a program that is loaded where it was linked.
    #[must_use]
    pub fn of(file: &object::File<'d>) -> Constant<'d> {
        let fixed = |flags: SegmentFlags| matches!(flags, SegmentFlags::Elf { p_flags, .. } if !p_flags.contains(object::elf::PF_W));
        let segments = file.segments().filter(|s| fixed(s.flags()));
        Constant { segments: segments.filter_map(|s| Some((s.address(), s.data().ok()?))).collect() }
    }

    fn bytes(&self, at: u64, len: usize) -> Option<&'d [u8]> {
        self.segments.iter().find_map(|(start, data)| {
            let from = usize::try_from(at.checked_sub(*start)?).ok()?;
            data.get(from..from.checked_add(len)?)
        })
    }
}

/// What was read while the program stood still at one place.
pub struct Reader<'a, 'd> {
    constant: &'a Constant<'d>,
    live: &'a mut dyn Memory,
    chunks: HashMap<u64, Vec<u8>>,
    /// Bytes that may be read from the machine for one value.
    most: usize,
    /// Those of them that are left.
    left: usize,
}

impl<'a, 'd> Reader<'a, 'd> {
    /// A reader that asks the machine for at most `most` bytes for each value.
    pub fn new(constant: &'a Constant<'d>, live: &'a mut dyn Memory, most: usize) -> Self {
        Reader { constant, live, chunks: HashMap::new(), most, left: most }
    }

    /// The next value is to be read.
    pub fn next_value(&mut self) {
        self.left = self.most;
    }

    /// Reads `len` bytes.
    ///
    /// # Errors
    ///
    /// In words, if they cannot be read or are too many.
    pub fn read(&mut self, at: u64, len: usize) -> Result<Vec<u8>, Unread> {
        if len == 0 {
            return Ok(vec![]);
        }
        if let Some(bytes) = self.constant.bytes(at, len) {
            return Ok(bytes.to_vec());
        }
        let end = at.checked_add(len as u64).ok_or_else(|| format!("{len} bytes at {at:#x} are beyond all memory"))?;
        if len as u64 > CHUNK {
            self.spend(len)?;
            return self.live.read(at, len);
        }
        let mut out = Vec::with_capacity(len);
        let mut chunk = at - at % CHUNK;
        while chunk < end {
            if !self.chunks.contains_key(&chunk) {
                self.spend(CHUNK as usize)?;
                let bytes = self.live.read(chunk, CHUNK as usize)?;
                self.chunks.insert(chunk, bytes);
            }
            let bytes = self.chunks.get(&chunk).map(Vec::as_slice).unwrap_or_default();
            let from = usize::try_from(at.max(chunk) - chunk).unwrap_or(0);
            let to = usize::try_from(end.min(chunk + CHUNK) - chunk).unwrap_or(0);
            let part = bytes.get(from..to).ok_or_else(|| format!("memory at {at:#x} was not read whole"))?;
            out.extend_from_slice(part);
            chunk += CHUNK;
        }
        Ok(out)
    }

    fn spend(&mut self, bytes: usize) -> Result<(), Unread> {
        let left = self.left.checked_sub(bytes);
        self.left = left.ok_or_else(|| Unread::TooMuch(format!("more than {} bytes of memory", self.most)))?;
        Ok(())
    }
}
