//! What the linker tells the runtime about the module: where its text begins,
//! and where the functions' data.
//!
//! `moduledata` of `runtime/symtab.go`, written by `symtab` of
//! `cmd/link/internal/ld/symtab.go`. No header and no section tells where it is
//! (until Go 1.25 it is among `.noptrdata`), and its layout has changed without
//! a new number. So it is searched: its first word points to the header of the
//! function table, the six slices that follow to the tables in it, with their
//! lengths; `minpc` and `maxpc` are those of the first and last function. What
//! comes later is taken by the layout whose slice of text sections begins where
//! the text does.

use super::bytes::Form;
use super::error::{Result, UnwindError};
use super::header::Header;
use super::image::Image;

/// What of it is used here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleData {
    /// Where it is.
    pub address: u64,
    /// `text`: what the pcs in the tables are relative to.
    pub text: u64,
    pub etext: u64,
    /// Where the first function begins.
    pub min_pc: u64,
    /// Where the last function ends.
    pub max_pc: u64,
    /// `gofunc`: what functions' data are relative to.
    pub gofunc: u64,
    pub rodata: u64,
    pub types: u64,
    pub etypes: u64,
    /// Where the function table ends; since Go 1.26.
    pub epclntab: Option<u64>,
    /// One, but where a branch cannot reach over all of the text.
    pub text_sections: Vec<TextSection>,
}

/// `textsect`: a part of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextSection {
    /// Offsets of its beginning and end, as the tables have them.
    pub from: u64,
    pub to: u64,
    /// Where it is.
    pub address: u64,
}

/// Places of fields, in words.
#[derive(Clone, Copy, Debug)]
struct Fields {
    types: u64,
    etypes: u64,
    rodata: u64,
    epclntab: Option<u64>,
    text_sections: u64,
}

/// The newest first. `gofunc` always follows `rodata`.
const FIELDS: [Fields; 4] = [
    // Go 1.27 has the lengths of the types' descriptors and of the itabs.
    Fields { types: 37, etypes: 39, rodata: 42, epclntab: Some(44), text_sections: 45 },
    // Go 1.26 has epclntab, and the functions' data are before it.
    Fields { types: 37, etypes: 38, rodata: 39, epclntab: Some(41), text_sections: 42 },
    // Go 1.20 has covctrs and ecovctrs.
    Fields { types: 37, etypes: 38, rodata: 39, epclntab: None, text_sections: 41 },
    // Go 1.18.
    Fields { types: 35, etypes: 36, rodata: 37, epclntab: None, text_sections: 39 },
];

/// More than a text of 4 GiB could have on a machine that needs them.
const MAX_TEXT_SECTIONS: u64 = 1024;

/// More than any linker aligns text to.
const ALIGNMENT: u64 = 1 << 16;

/// Finds the module data of this function table.
pub(super) fn find(image: &Image<'_>, header: &Header<'_>) -> Result<ModuleData> {
    let word = image.form.word as u64;
    let mut reason = "nothing points to the function table and to its parts";
    let pointer = pattern(image.form, header.address);
    let pointer = pointer.get(..image.form.word).unwrap_or_default();
    for (address, data) in image.searched(false) {
        for (n, chunk) in data.data.chunks_exact(image.form.word).enumerate() {
            if chunk != pointer {
                continue;
            }
            let address = address.wrapping_add(n as u64 * word);
            match read(image, header, address) {
                Ok(found) => return Ok(found),
                Err(Some(why)) => reason = why,
                Err(None) => {}
            }
        }
    }
    for address in image.stored_at(header.address) {
        match read(image, header, address) {
            Ok(found) => return Ok(found),
            Err(Some(why)) => reason = why,
            Err(None) => {}
        }
    }
    Err(UnwindError::NoModuleData { reason })
}

/// A pointer's bytes, padded.
fn pattern(form: Form, address: u64) -> [u8; 8] {
    match (form.big_endian, form.word) {
        (false, _) => address.to_le_bytes(),
        (true, 8) => address.to_be_bytes(),
        (true, _) => (address << 32).to_be_bytes(),
    }
}

/// Reads the module data at an address. What is not at all like some fails
/// without a reason.
fn read(image: &Image<'_>, header: &Header<'_>, address: u64) -> Result<ModuleData, Option<&'static str>> {
    let word = image.form.word as u64;
    let field = |n: u64| image.word(address.wrapping_add(n * word)).ok_or(None);
    let [names, units, files, pcs, functions] = header.offsets.map(|o| header.address.wrapping_add(o as u64));
    for (n, table) in [names, units, files, pcs, functions, functions].into_iter().enumerate() {
        let n = 1 + 3 * n as u64;
        if field(n)? != table || field(n + 1)? != field(n + 2)? {
            return Err(None);
        }
    }
    if field(17)? != header.nfunc as u64 + 1 {
        return Err(None);
    }
    let (min_pc, max_pc, text, etext) = (field(20)?, field(21)?, field(22)?, field(23)?);
    if !(text <= min_pc && min_pc < max_pc && max_pc <= etext) {
        return Err(Some("what points to the function table has the functions outside of the text"));
    }
    for f in FIELDS {
        let Some(text_sections) = text_sections(image, address, f, text, etext) else { continue };
        let epclntab = f.epclntab.map(field).transpose()?;
        // The slice alone could be another layout's by chance; these hardly.
        if epclntab.is_some_and(|e| e <= functions) || field(f.types)? > field(f.etypes)? {
            continue;
        }
        let (rodata, gofunc) = (field(f.rodata)?, field(f.rodata + 1)?);
        let (types, etypes) = (field(f.types)?, field(f.etypes)?);
        return Ok(ModuleData {
            address,
            text,
            etext,
            min_pc,
            max_pc,
            gofunc,
            rodata,
            types,
            etypes,
            epclntab,
            text_sections,
        });
    }
    Err(Some("it has a layout of no Go version that is known"))
}

fn text_sections(image: &Image<'_>, address: u64, fields: Fields, text: u64, etext: u64) -> Option<Vec<TextSection>> {
    let word = image.form.word as u64;
    let field = |n: u64| image.word(address.wrapping_add(n * word));
    let at = field(fields.text_sections)?;
    let (len, capacity) = (field(fields.text_sections + 1)?, field(fields.text_sections + 2)?);
    if len != capacity || !(1..=MAX_TEXT_SECTIONS).contains(&len) {
        return None;
    }
    let mut out = Vec::new();
    for n in 0..len {
        let of = |field: u64| image.word(at.wrapping_add((3 * n + field) * word));
        out.push(TextSection { from: of(0)?, to: of(1)?, address: of(2)? });
    }
    let first = out.first()?;
    // The last one ends some bytes behind `etext`: the linker aligns that.
    let room = |s: &TextSection| etext.saturating_add(ALIGNMENT).saturating_sub(s.address);
    let ordered = out.iter().all(|s| s.from <= s.to && s.to - s.from <= room(s));
    (first.from == 0 && first.address == text && ordered && out.is_sorted_by_key(|s| (s.from, s.address)))
        .then_some(out)
}
