//! `goabi audit`: a sound program has no finding, and each planted fault is found.

mod common;

use common::audited::{audited, built, code};
use common::{Place, toolchain};
use goabi::audit::{Class, Level};
use goabi_runners::observe::follow::Arch;

/// Replaces words of arm64 code in `main.Calls` that are so, once.
fn replaced(bytes: &mut [u8], is: impl Fn(u32) -> bool, by: impl Fn(u32) -> u32) {
    let (at, _, len) = code(bytes, "main.Calls");
    let word = |bytes: &[u8], i: usize| u32::from_le_bytes(bytes[i..i + 4].try_into().unwrap());
    let i = (at..at + len).step_by(4).find(|i| is(word(bytes, *i))).expect("there is such an instruction");
    let new = by(word(bytes, i));
    bytes[i..i + 4].copy_from_slice(&new.to_le_bytes());
}

#[test]
fn a_sound_program_has_no_error() {
    for goarch in Arch::ALL.map(Arch::goarch) {
        let place = Place::new();
        let binary = built(goarch);
        let (exit, findings) = audited(&place, &binary);
        let errors: Vec<_> = findings.iter().filter(|f| f.level == Level::Error).collect();
        // golang/go#73259 is in what is older.
        let (_, toolchain) = toolchain();
        if goarch == "arm64" && toolchain.version < "1.24.4".parse().unwrap() {
            assert_eq!((exit, errors.len()), (Some(1), 1), "{errors:#?}");
            assert_eq!(errors[0].issue.as_deref(), Some("golang/go#73259"));
        } else {
            assert_eq!((exit, errors.len()), (Some(0), 0), "{errors:#?}");
        }
    }
}

/// Each fault is planted in a copy of the sound program.
#[test]
fn planted_faults_are_found() {
    let place = Place::new();
    let sound = std::fs::read(built("arm64")).unwrap();
    type Plant = fn(&mut [u8]);
    let faults: [(&str, Class, Plant); 3] = [
        ("the guard's word", Class::StackCheck, |b| {
            // LDR X16, [X28, #16] reads stackguard0: now the word behind it.
            replaced(b, |w| w == 0xf940_0b90, |_| 0xf940_0f90);
        }),
        ("the frame pointer's save", Class::FramePointer, |b| {
            // STUR X29, [SP, #-8] becomes a NOP.
            replaced(b, |w| w == 0xf81f_83fd, |_| 0xd503_201f);
        }),
        ("the prologue's own move of SP, which no table follows", Class::Pcsp, |b| {
            // STR X30, [SP, #-n]! takes 16 bytes more.
            replaced(
                b,
                |w| w & 0xffe0_0fff == 0xf800_0ffe,
                |w| w & !0x001f_f000 | ((((w >> 12) & 0x1ff) - 16) & 0x1ff) << 12,
            );
        }),
    ];
    for (what, class, plant) in faults {
        let mut bytes = sound.clone();
        plant(&mut bytes);
        assert_ne!(bytes, sound, "{what}");
        let path = place.path("faulty");
        std::fs::write(&path, &bytes).unwrap();
        let (exit, findings) = audited(&place, &path);
        let found: Vec<_> = findings.iter().filter(|f| f.function == "main.Calls" && f.level == Level::Error).collect();
        assert!(exit == Some(1) && found.iter().any(|f| f.class == class), "{what}: {found:#?}");
    }
}

/// What changes nothing of what is checked is not found.
#[test]
fn a_near_miss_is_not_flagged() {
    let place = Place::new();
    let mut bytes = std::fs::read(built("arm64")).unwrap();
    // ADD X0, X0, #1 for the argument: another number, the same stack.
    replaced(&mut bytes, |w| w & 0xffff_fc00 == 0x9100_0400, |w| w + (1 << 10));
    let path = place.path("harmless");
    std::fs::write(&path, &bytes).unwrap();
    let (_, findings) = audited(&place, &path);
    assert!(findings.iter().all(|f| f.function != "main.Calls"), "{findings:#?}");
}

#[test]
fn mistakes_are_told() {
    let place = Place::new();
    place.goabi(&["audit", "nothing"]).failed(2, &["cannot read nothing"]);
    let text = place.write("text", "no binary");
    place.goabi(&["audit", text.to_str().unwrap()]).failed(2, &["is no Go binary that can be audited"]);
    let other = built("mips");
    place
        .goabi(&["audit", other.to_str().unwrap()])
        .failed(2, &["mips", "only code for amd64, arm, arm64, loong64, ppc64, ppc64le, riscv64, s390x, 386"]);
}
