//! The call frame information of a binary that may be anything.
#![no_main]

use goabi_runners::observe::unwind::{Binary, Census, CfiContext};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(binary) = Binary::open(bytes) else { return };
    let _ = Census::default().frames(&binary);
    if let Ok(sections) = binary.cfi() {
        let cfi = sections.read();
        let mut context = CfiContext::default();
        for entry in cfi.entries() {
            let _ = cfi.row_at(entry.from, Some(6), &mut context);
        }
    }
});
