//! Numbers and texts in a table, in the binary's own byte order. Nothing here
//! reads past the end: what is not there is `None`.

/// No name of a function or file comes near: a table without zero bytes must not
/// be read to its end for each of them.
const MAX_TEXT: usize = 1 << 16;

/// How a binary writes its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) big_endian: bool,
    /// Bytes of a pointer: 4 or 8.
    pub(super) word: usize,
}

impl Form {
    /// Bytes of a table, to be read in this form.
    pub(super) fn of(self, data: &[u8]) -> Bytes<'_> {
        Bytes { data, form: self }
    }
}

/// A part of the binary.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bytes<'a> {
    pub(super) data: &'a [u8],
    pub(super) form: Form,
}

impl<'a> Bytes<'a> {
    pub(super) fn slice(&self, at: usize, len: usize) -> Option<&'a [u8]> {
        self.data.get(at..at.checked_add(len)?)
    }

    pub(super) fn u8(&self, at: usize) -> Option<u8> {
        self.data.get(at).copied()
    }

    pub(super) fn u32(&self, at: usize) -> Option<u32> {
        let bytes: [u8; 4] = self.slice(at, 4)?.try_into().ok()?;
        Some(if self.form.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    pub(super) fn i32(&self, at: usize) -> Option<i32> {
        self.u32(at).map(u32::cast_signed)
    }

    pub(super) fn u64(&self, at: usize) -> Option<u64> {
        let bytes: [u8; 8] = self.slice(at, 8)?.try_into().ok()?;
        Some(if self.form.big_endian { u64::from_be_bytes(bytes) } else { u64::from_le_bytes(bytes) })
    }

    /// A number of a pointer's size.
    pub(super) fn word(&self, at: usize) -> Option<u64> {
        if self.form.word == 8 { self.u64(at) } else { self.u32(at).map(u64::from) }
    }

    /// What is before the next zero byte.
    pub(super) fn text(&self, at: usize) -> Option<&'a [u8]> {
        let rest = self.data.get(at..)?;
        let rest = rest.get(..MAX_TEXT).unwrap_or(rest);
        rest.split(|b| *b == 0).next().filter(|t| t.len() < rest.len())
    }

    /// A number of 7 bits a byte, and how many bytes it has. As the runtime's
    /// `readvarint`, but for one of more than 5 bytes, which has no end.
    pub(super) fn varint(&self, at: usize) -> Option<(u32, usize)> {
        let rest = self.data.get(at..)?;
        let mut value = 0;
        for (n, byte) in rest.iter().take(5).enumerate() {
            value |= u32::from(byte & 0x7f) << (7 * n);
            if byte & 0x80 == 0 {
                return Some((value, n + 1));
            }
        }
        None
    }
}
