//! A binary whose tables are to be read.

use super::buildinfo::{self, BuildInfo};
use super::error::{Result, UnwindError};
use super::func::Func;
use super::functab::FuncTable;
use super::header;
use super::image::Image;
use super::moduledata;
use object::{Architecture, BinaryFormat, Object, ObjectKind, ObjectSection};

/// A binary of ELF, Mach-O or PE. It borrows from the file's bytes; its tables
/// are read when they are asked for.
#[derive(Debug)]
pub struct Binary<'a> {
    file: object::File<'a>,
    image: Image<'a>,
    build_info: Option<BuildInfo<'a>>,
}

/// A section of machine code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeSection<'a> {
    pub name: String,
    pub address: u64,
    pub data: &'a [u8],
}

impl<'a> Binary<'a> {
    /// Looks at a binary's headers and build information.
    ///
    /// # Errors
    ///
    /// If it is of no known format.
    pub fn open(bytes: &'a [u8]) -> Result<Binary<'a>> {
        let file = object::File::parse(bytes)?;
        let image = Image::of(&file, bytes.len());
        let build_info = buildinfo::find(&file, &image);
        Ok(Binary { file, image, build_info })
    }

    /// How it was built, where it says so.
    #[must_use]
    pub fn build_info(&self) -> Option<&BuildInfo<'a>> {
        self.build_info.as_ref()
    }

    /// The port that it is for, by its headers. `None` for one that Go has not.
    #[must_use]
    pub fn goarch(&self) -> Option<&'static str> {
        Some(match (self.file.architecture(), self.is_big_endian()) {
            (Architecture::X86_64, _) => "amd64",
            (Architecture::I386, _) => "386",
            (Architecture::Aarch64, _) => "arm64",
            (Architecture::Arm, _) => "arm",
            (Architecture::Riscv64, _) => "riscv64",
            (Architecture::LoongArch64, _) => "loong64",
            (Architecture::S390x, _) => "s390x",
            (Architecture::PowerPc64, true) => "ppc64",
            (Architecture::PowerPc64, false) => "ppc64le",
            (Architecture::Mips, true) => "mips",
            (Architecture::Mips, false) => "mipsle",
            (Architecture::Mips64, true) => "mips64",
            (Architecture::Mips64, false) => "mips64le",
            _ => return None,
        })
    }

    #[must_use]
    pub fn format(&self) -> BinaryFormat {
        self.file.format()
    }

    /// Whether it is of the format that linux runs.
    #[must_use]
    pub fn is_elf(&self) -> bool {
        self.file.format() == BinaryFormat::Elf
    }

    #[must_use]
    pub fn is_big_endian(&self) -> bool {
        self.image.form.big_endian
    }

    /// Bytes of a pointer.
    #[must_use]
    pub fn word_size(&self) -> usize {
        self.image.form.word
    }

    /// Whether it may be loaded at another address than its own.
    #[must_use]
    pub fn is_position_independent(&self) -> bool {
        match self.file.format() {
            BinaryFormat::Elf => self.file.kind() == ObjectKind::Dynamic,
            BinaryFormat::MachO => match self.file.flags() {
                object::FileFlags::MachO { flags } => flags.contains(object::macho::MH_PIE),
                _ => false,
            },
            BinaryFormat::Pe => match self.file.flags() {
                object::FileFlags::Coff { characteristics } => {
                    !characteristics.contains(object::pe::IMAGE_FILE_RELOCS_STRIPPED)
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// The sections of machine code.
    #[must_use]
    pub fn code_sections(&self) -> Vec<CodeSection<'a>> {
        let text = self.file.sections().filter(|s| s.kind() == object::SectionKind::Text);
        text.filter_map(|s| {
            let name = String::from_utf8_lossy(s.name_bytes().ok()?).into_owned();
            Some(CodeSection { name, address: s.address(), data: s.data().ok()? })
        })
        .collect()
    }

    /// Machine code, by address. `None` where there is none, or is not all.
    #[must_use]
    pub fn code(&self, from: u64, to: u64) -> Option<&'a [u8]> {
        self.image.code(from, to)
    }

    /// The machine code of a function, with the padding behind it.
    #[must_use]
    pub fn code_of(&self, func: &Func<'_>) -> Option<&'a [u8]> {
        self.code(func.entry(), func.limit())
    }

    /// What is in memory at an address, as far as it is in the file.
    #[must_use]
    pub fn memory(&self, address: u64, len: u64) -> Option<&'a [u8]> {
        self.image.bytes(address, len)
    }

    /// Finds the function table.
    ///
    /// # Errors
    ///
    /// If there is none, if it does not hold together, or if nothing says where
    /// its text is. Without module data ([`FuncTable::module`]) there may be a
    /// table all the same: then functions' data are errors.
    pub fn functions(&self) -> Result<FuncTable<'a>> {
        let header = header::locate(&self.file, &self.image)?;
        let minor = self.build_info.as_ref().and_then(BuildInfo::minor);
        match moduledata::find(&self.image, &header) {
            Err(UnwindError::NoModuleData { .. }) => {}
            module => return FuncTable::new(&self.image, &header, module, minor),
        }
        let mut image = Image::of(&self.file, self.image.len);
        image.relocate(&self.file);
        FuncTable::new(&image, &header, moduledata::find(&image, &header), minor)
    }

    pub(super) fn file(&self) -> &object::File<'a> {
        &self.file
    }
}
