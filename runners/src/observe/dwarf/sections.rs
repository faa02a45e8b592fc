//! Sections of an artifact, decompressed where they are compressed.

use gimli::RunTimeEndian;
use object::{CompressedData, CompressionFormat, Object, ObjectSection};
use std::borrow::Cow;

/// An artifact's DWARF cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum DwarfError {
    #[error("not an object file: {0}")]
    Object(#[from] object::read::Error),
    #[error("section {section}: {reason}")]
    Section { section: &'static str, reason: String },
    #[error("no .debug_info section: the program was linked without DWARF")]
    NoDwarf,
    #[error("DWARF: {0}")]
    Dwarf(#[from] gimli::Error),
}

pub(in crate::observe) type Slice<'a> = gimli::EndianSlice<'a, RunTimeEndian>;

/// No debug section of a Go program comes near; a corrupt header that claims
/// more must not make us allocate it.
const MAX_SECTION: u64 = 1 << 30;

/// zlib cannot do better than 1032:1.
const MAX_RATIO: u64 = 1100;

/// The bytes of a debug section, empty where there is none.
pub(in crate::observe) fn load<'d>(file: &object::File<'d>, id: gimli::SectionId) -> Result<Cow<'d, [u8]>, DwarfError> {
    let section = id.name();
    let fail = |reason: String| DwarfError::Section { section, reason };
    // `section_by_name` also finds `.zdebug_*`, but not in PE.
    let zdebug = || file.section_by_name(&section.replacen(".debug_", ".zdebug_", 1));
    let Some(s) = file.section_by_name(section).or_else(zdebug) else { return Ok(Cow::Borrowed(&[])) };
    let mut data = s.compressed_data().map_err(|e| fail(e.to_string()))?;
    if data.format == CompressionFormat::None && s.name_bytes().is_ok_and(|n| n.starts_with(b".zdebug_")) {
        data = gnu_compressed(data.data).ok_or_else(|| fail("no header of compressed data".to_string()))?;
    }
    if data.format != CompressionFormat::None {
        let claimed = data.uncompressed_size;
        let possible = (data.data.len() as u64).saturating_mul(MAX_RATIO);
        if claimed > MAX_SECTION || claimed > possible {
            return Err(fail(format!("claims {claimed} bytes, uncompressed from {}", data.data.len())));
        }
    }
    data.decompress().map_err(|e| fail(e.to_string()))
}

/// What is in a section whose name says that it is compressed: a magic word,
/// and the size in big-endian order.
fn gnu_compressed(data: &[u8]) -> Option<CompressedData<'_>> {
    let (header, data) = data.strip_prefix(b"ZLIB")?.split_first_chunk::<8>()?;
    Some(CompressedData { format: CompressionFormat::Zlib, data, uncompressed_size: u64::from_be_bytes(*header) })
}

/// Where in the file a byte of a section is; `None` where the section is
/// compressed or too short.
#[must_use]
pub fn file_offset(bytes: &[u8], section: &str, offset: u64) -> Option<u64> {
    let file = object::File::parse(bytes).ok()?;
    let s = file.section_by_name(section)?;
    if s.compressed_data().ok()?.format != CompressionFormat::None {
        return None;
    }
    let (start, size) = s.file_range()?;
    (offset < size).then(|| start.checked_add(offset)).flatten()
}
