//! What a binary says of how it was built.
//!
//! Written by `buildinfo` of `cmd/link/internal/ld/data.go`, read by
//! `debug/buildinfo`: 14 bytes of magic, the pointer size, flags (1: big-endian,
//! 2: the texts are inline), all at an address that 16 divides. Since Go 1.18
//! version and module information follow the 32 bytes of the header, each after
//! its length (7 bits a byte); before, the header has pointers to two Go
//! strings. The module information is between 16 bytes each of sentinels.

use super::bytes::Form;
use super::image::Image;
use object::{Object, ObjectSection};

const MAGIC: &[u8] = b"\xff Go buildinf:";
const ALIGN: usize = 16;
const HEADER: usize = 32;

/// Version and modules of a binary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuildInfo<'a> {
    /// `go1.27.3`, or what `runtime.Version` says otherwise.
    pub version: &'a str,
    /// Lines of `runtime/debug.BuildInfo`; empty where it was not built by the
    /// `go` command.
    pub modinfo: &'a str,
}

impl<'a> BuildInfo<'a> {
    /// The `N` of `1.N`, of a development version's too.
    #[must_use]
    pub fn minor(&self) -> Option<u32> {
        let (_, rest) = self.version.split_once("go1.")?;
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest[..digits].parse().ok()
    }

    /// The path of the main package.
    #[must_use]
    pub fn path(&self) -> Option<&'a str> {
        self.line("path\t").next()
    }

    /// Path and version of the main module.
    #[must_use]
    pub fn module(&self) -> Option<(&'a str, &'a str)> {
        let mut words = self.line("mod\t").next()?.split('\t');
        Some((words.next()?, words.next().unwrap_or_default()))
    }

    /// A setting of the build, as `GOARCH` or `-buildmode`.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<&'a str> {
        self.line("build\t").find_map(|setting| setting.strip_prefix(name)?.strip_prefix('='))
    }

    fn line(&self, word: &'static str) -> impl Iterator<Item = &'a str> {
        self.modinfo.lines().filter_map(move |line| line.strip_prefix(word))
    }
}

/// Finds it: in the section of its name, else by its magic in the data.
pub(super) fn find<'a>(file: &object::File<'a>, image: &Image<'a>) -> Option<BuildInfo<'a>> {
    for name in [".go.buildinfo", "__go_buildinfo"] {
        let Some(data) = file.section_by_name(name).and_then(|s| s.data().ok()) else { continue };
        if let Some(found) = search(data, image) {
            return Some(found);
        }
    }
    image.searched(false).find_map(|(_, data)| search(data.data, image))
}

fn search<'a>(data: &'a [u8], image: &Image<'a>) -> Option<BuildInfo<'a>> {
    let at = data.chunks_exact(ALIGN).enumerate().filter(|(_, chunk)| chunk.starts_with(MAGIC)).map(|(n, _)| n * ALIGN);
    // One magic number at least is that of `debug/buildinfo` itself, where a
    // program has it.
    at.filter_map(|at| read(&data[at..], image)).find(|info| !info.version.is_empty())
}

fn read<'a>(data: &'a [u8], image: &Image<'a>) -> Option<BuildInfo<'a>> {
    let (word, flags) = (*data.get(14)?, *data.get(15)?);
    let (version, modinfo) = if flags & 2 == 2 {
        let (version, rest) = inline(data.get(HEADER..)?)?;
        (version, inline(rest)?.0)
    } else {
        let form = Form { big_endian: flags & 1 == 1, word: word.into() };
        if ![4, 8].contains(&word) {
            return None;
        }
        let string = |n: usize| {
            let header = form.of(image.from(form.of(data).word(16 + n * form.word)?)?);
            let (at, len) = (header.word(0)?, header.word(form.word)?);
            if len == 0 { Some(&[][..]) } else { image.bytes(at, len) }
        };
        (string(0)?, string(1)?)
    };
    let framed = modinfo.len() >= 33 && modinfo[modinfo.len() - 17] == b'\n';
    let modinfo = if framed { &modinfo[16..modinfo.len() - 16] } else { &[] };
    Some(BuildInfo { version: str::from_utf8(version).ok()?, modinfo: str::from_utf8(modinfo).ok()? })
}

/// A text after its length, and what follows.
fn inline(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut len = 0u64;
    for (n, byte) in data.iter().take(9).enumerate() {
        len |= u64::from(byte & 0x7f) << (7 * n);
        if byte & 0x80 == 0 {
            return data[n + 1..].split_at_checked(usize::try_from(len).ok()?);
        }
    }
    None
}
