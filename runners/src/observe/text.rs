//! The bytes of machine code at an address.

use object::{Object, ObjectSection, SectionKind};

/// The code sections of an artifact.
pub(super) struct Text<'d> {
    /// Start address and bytes.
    sections: Vec<(u64, &'d [u8])>,
}

impl<'d> Text<'d> {
    pub(super) fn of(file: &object::File<'d>) -> Text<'d> {
        let code = file.sections().filter(|s| s.kind() == SectionKind::Text);
        // A section whose bytes lie outside the file holds no function.
        Text { sections: code.filter_map(|s| Some((s.address(), s.data().ok()?))).collect() }
    }

    /// The bytes from `low` up to `high`, where one section has all of them.
    pub(super) fn bytes(&self, low: u64, high: u64) -> Option<&'d [u8]> {
        let len = usize::try_from(high.checked_sub(low)?).ok()?;
        self.sections.iter().find_map(|(start, data)| {
            let from = usize::try_from(low.checked_sub(*start)?).ok()?;
            data.get(from..from.checked_add(len)?)
        })
    }
}
