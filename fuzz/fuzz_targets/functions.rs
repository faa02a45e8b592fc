//! The runtime's tables of a binary that may be anything.
#![no_main]

use goabi_runners::observe::unwind::{Binary, Census};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(binary) = Binary::open(bytes) else { return };
    let _ = Census::default().functions(&binary);
    if let Ok(table) = binary.functions() {
        for pc in [table.text(), table.text().wrapping_add(0x14), u64::MAX] {
            if let Ok(Some(f)) = table.find(pc) {
                for call in f.inlined_at(pc).into_iter().flatten() {
                    let _ = call;
                }
                let _ = f.file_line(pc);
            }
        }
    }
});
