//! Memory of a program that stands still: what its file already tells, and the
//! rest from the machine, a chunk at a time.

use object::{Object, ObjectSegment, SegmentFlags};
use std::collections::HashMap;

/// What reads the memory of the machine.
pub trait Memory {
    /// Reads `len` bytes.
    ///
    /// # Errors
    ///
    /// In words, if they cannot be read.
    fn read(&mut self, at: u64, len: usize) -> Result<Vec<u8>, String>;
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

/// Bytes that are asked for at once: small values lie close together, and a
/// chunk never reaches into a page that might not be there.
const CHUNK: u64 = 512;

/// What is said where the bound on memory was reached.
pub const TOO_MUCH: &str = "more memory than is read at one stop";

/// What was read while the program stood still at one place.
pub struct Reader<'a, 'd> {
    constant: &'a Constant<'d>,
    live: &'a mut dyn Memory,
    chunks: HashMap<u64, Vec<u8>>,
    /// Bytes that may yet be read from the machine.
    left: usize,
}

impl<'a, 'd> Reader<'a, 'd> {
    /// A reader that asks the machine for at most `most` bytes.
    pub fn new(constant: &'a Constant<'d>, live: &'a mut dyn Memory, most: usize) -> Self {
        Reader { constant, live, chunks: HashMap::new(), left: most }
    }

    /// Reads `len` bytes.
    ///
    /// # Errors
    ///
    /// In words, if they cannot be read or are too many.
    pub fn read(&mut self, at: u64, len: usize) -> Result<Vec<u8>, String> {
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
                self.spend(512)?;
                let bytes = self.live.read(chunk, 512)?;
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

    fn spend(&mut self, bytes: usize) -> Result<(), String> {
        self.left = self.left.checked_sub(bytes).ok_or(TOO_MUCH)?;
        Ok(())
    }
}
