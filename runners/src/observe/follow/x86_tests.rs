//! 386: what differs from amd64.

use super::machine::{Memory, depths, follow_in, hex, known, last};
use super::{Arch, Condition, Followed};

fn x86(text: &str) -> Followed {
    follow_in(&Memory::default(), Arch::X86, &hex(text), None)
}

#[test]
fn the_guard_is_found_through_thread_local_storage() {
    let f = x86("65 8b 0d 00 00 00 00   ; MOV ECX, GS:0
                 8b 89 fc ff ff ff      ; MOV ECX, [ECX-4]
                 3b 61 08               ; CMP ESP, [ECX+8]
                 76 07                  ; JBE
                 83 ec 10               ; SUB ESP, 16
                 83 c4 10               ; ADD ESP, 16
                 c3                     ; RET
                 e8 00 10 00 00         ; CALL
                 eb e0                  ; JMP to the entry");
    let check = f.check.unwrap();
    assert_eq!((check.guard, check.below, check.from_local), (8, 0, true));
    assert_eq!((check.condition, check.morestack.unwrap().resumes), (Condition::BelowOrEqual, Some(0)));
    assert_eq!(depths(&f), known(&[0, 0, 0, 0, 0, 16, 0, 0, 0]));
    // What C has above is no g.
    let f = x86("65 8b 0d 14 00 00 00 3b 61 08 76 01 c3 c3");
    assert_eq!(f.check, None);
}

#[test]
fn words_are_of_four_bytes() {
    // PUSH EBX; CALL; POP EBX; PUSHAD; POPAD; SUB ESP by 128 as a number without a sign; RET.
    let f = x86("53 e8 00 10 00 00 5b 60 61 81 c4 80 ff ff ff 83 ec 80 c3");
    assert_eq!(depths(&f), known(&[0, 4, 4, 0, 32, 0, 128, 0]));
    assert_eq!(last(&f).ret.slot, Some(0));
    // A store to the word below the return address, and to the address itself.
    assert_eq!(last(&x86("89 44 24 fc c3")).ret.slot, Some(0));
    assert_eq!(last(&x86("89 04 24 c3")).ret.slot, None);
    assert_eq!(last(&x86("89 44 24 04 c3")).ret.slot, Some(0));
}

#[test]
fn callees_write_their_arguments_and_results() {
    let through = |call: &str| {
        last(&x86(&format!(
            "83 ec 10 8d 44 24 08 89 44 24 04 ; an address in the frame, as an argument
             {call}
             8b 44 24 04 c7 40 08 00 00 00 00 ; what is there now, written through
             83 c4 10 c3"
        )))
        .ret
        .slot
    };
    assert_eq!(through("90"), None, "it is the return address");
    assert_eq!(through("e8 00 10 00 00"), Some(0), "it is a result");
}

#[test]
fn adding_nothing_changes_nothing() {
    // LOCK XADD [ESP], EAX, as a fence.
    assert_eq!(last(&x86("31 c0 f0 0f c1 04 24 c3")).ret.slot, Some(0));
    assert_eq!(last(&x86("b8 01 00 00 00 f0 0f c1 04 24 c3")).ret.slot, None);
}
