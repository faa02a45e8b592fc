//! Where ways through the code part and meet.

use super::facts::{Condition, Kind, Sp, Target, Why};
use super::machine::{ADDRESS, Memory, amd64, depths, follow_in, hex, known, last, nth, words};
use super::{Arch, Followed, Reach};

fn with(memory: &Memory, text: &str) -> Followed {
    follow_in(memory, Arch::Amd64, &hex(text), None)
}

#[test]
fn two_ways_that_differ() {
    // TESTQ AX, AX; JE 1(PC); PUSHQ AX; NOP; RET
    let f = amd64("48 85 c0  74 01  50  90  c3");
    assert_eq!((nth(&f, 3).sp, last(&f).sp), (Sp::Conflict(0, 8), Sp::Unknown(Why::Conflict)));
    assert_eq!((f.counts.conflicts, f.counts.followed), (1, 3));
    // The near miss: both push.
    let f = amd64("48 85 c0  74 03  50  eb 01  50  90  c3");
    assert_eq!((nth(&f, 5).sp, f.counts.conflicts), (Sp::Known(8), 0));
}

#[test]
fn a_loop_that_pushes_and_one_that_does_not() {
    let f = amd64("50  48 ff c9  75 fa  c3"); // PUSHQ AX; DECQ CX; JNE to the push
    assert!(matches!(nth(&f, 0).sp, Sp::Conflict(..)));
    let f = amd64("50  58  48 ff c9  75 f9  c3");
    assert_eq!(depths(&f), known(&[0, 8, 0, 0, 0]));
    assert_eq!(f.counts.conflicts, 0);
}

#[test]
fn a_register_is_known_where_all_ways_agree() {
    // MOVL $8, AX on one way, another number on the other; then SUBQ AX, SP.
    let code = |n: &str| amd64(&format!("85 c9  74 07  b8 08 00 00 00  eb 05  b8 {n} 00 00 00  48 29 c4  90"));
    assert_eq!(last(&code("08")).sp, Sp::Known(8));
    assert_eq!(last(&code("10")).sp, Sp::Unknown(Why::Register));
}

/// A function whose call for a panic has, as it happens, the block for more stack
/// behind it, and the address of the panic.
fn panics() -> (&'static str, u64) {
    let code = "49 3b 66 10     ; CMPQ SP, 16(R14)
        76 0e               ; JLS
        50                  ; PUSHQ AX
        48 85 c0            ; TESTQ AX, AX
        74 02               ; JE
        58                  ; POPQ AX
        c3
        e8 00 01 00 00      ; CALL runtime.panicIndex
        90                  ; NOP
        e8 00 02 00 00      ; CALL runtime.morestack_noctxt
        eb e5               ; JMP to the entry";
    (code, ADDRESS + 0x13 + 0x100)
}

#[test]
fn falling_out_of_a_call_that_does_not_return_is_no_conflict() {
    let (code, panic) = panics();
    let expected = known(&[0, 0, 0, 8, 8, 8, 0, 8, 8, 0, 0]);
    for never_return in [vec![], vec![panic]] {
        let named = !never_return.is_empty();
        let f = with(&Memory { never_return, ..Memory::default() }, code);
        assert_eq!(depths(&f), expected, "{named}");
        assert_eq!(f.counts.conflicts, 0);
        // The no-op behind the call is reached if at all by its return.
        let reach = if named { Reach::Assumed } else { Reach::Reached };
        assert_eq!(nth(&f, 8).reach, reach);
    }
    // The same by a jump is one.
    let f = with(&Memory::default(), &code.replace("e8 00 01 00 00", "eb 04 90 90 90"));
    assert!(matches!(nth(&f, f.boundaries.len() - 2).sp, Sp::Conflict(..)));
}

#[test]
fn a_weak_edge_that_came_first_gives_way() {
    let f = amd64(
        "48 85 c0  74 05   ; TESTQ AX, AX; JE to CALL DX
         50                ; PUSHQ AX
         ff d1             ; CALL CX, which does not return: nothing tells
         90  c3            ; NOP, which the last jump leads to, and RET
         ff d2             ; CALL DX, which does
         48 85 c0  74 fb   ; a loop
         eb f5             ; JMP to the NOP",
    );
    assert_eq!(depths(&f), known(&[0, 0, 0, 8, 0, 0, 0, 0, 0, 0]));
    assert!(!f.unsettled);
    // Where the two agree, it stays.
    let f = amd64("48 85 c0  74 05  90  ff d1  90  c3  ff d2  48 85 c0  74 fb  eb f5");
    assert_eq!(f.counts.followed, 10);
}

#[test]
fn a_conflict_behind_a_call_that_returns_is_told() {
    // PUSHQ AX; CALL; JE over POPQ AX; RET.
    let f = amd64("50  ff d0  74 01  58  c3");
    assert_eq!(last(&f).sp, Sp::Conflict(0, 8));
}

/// `CMPQ AX, $n; JHI; LEAQ table, CX; JMP (CX)(AX*8)`, and three blocks.
fn switch(n: u8) -> Vec<u8> {
    let mut code = hex("48 83 f8 00  77 10  48 8d 0d 00 10 00 00  ff 24 c1  50 90 58 c3  90  90 c3");
    code[3] = n;
    code
}

/// Where the table is: behind the `LEAQ`, and so far.
const TABLE: u64 = ADDRESS + 13 + 0x1000;

fn table(offsets: &[u64]) -> Memory {
    let pointers = offsets.iter().enumerate().map(|(i, o)| (TABLE + 8 * i as u64, ADDRESS + o)).collect();
    Memory { pointers, ..Memory::default() }
}

#[test]
fn a_jump_table() {
    let f = follow_in(&table(&[16, 20]), Arch::Amd64, &switch(1), None);
    assert_eq!(nth(&f, 1).kind, Kind::ConditionalJump(Target::Inside(22), Condition::Above));
    assert_eq!(nth(&f, 3).kind, Kind::JumpTable(2));
    assert_eq!((f.counts.followed, f.counts.instructions, f.unresolved), (11, 11, 0));
    // By the comparison there is no third entry, whatever follows in memory.
    let f = follow_in(&table(&[16, 20, 17]), Arch::Amd64, &switch(1), None);
    assert_eq!((nth(&f, 3).kind, f.counts.conflicts), (Kind::JumpTable(2), 0));
    // With one more there is, and two ways meet that differ.
    let f = follow_in(&table(&[16, 20, 17]), Arch::Amd64, &switch(2), None);
    assert_eq!((nth(&f, 3).kind, f.counts.conflicts), (Kind::JumpTable(3), 1));
    // A register that was written since is bounded by nothing: LEAQ (AX), AX.
    let mut code = switch(1);
    code.splice(4..6, hex("48 8d 00 77 10"));
    code[12..16].copy_from_slice(&0xffd_u32.to_le_bytes());
    let memory = table(&[19, 23, 20]);
    assert_eq!(nth(&follow_in(&memory, Arch::Amd64, &code, None), 4).kind, Kind::JumpTable(3));
    // The last one leads out of the function: the table has ended before.
    let f = follow_in(&table(&[16, 20, 9999]), Arch::Amd64, &switch(2), None);
    assert_eq!(nth(&f, 3).kind, Kind::JumpTable(2));
}

#[test]
fn a_jump_table_that_cannot_be_read() {
    let f = follow_in(&Memory::default(), Arch::Amd64, &switch(1), None);
    assert_eq!((nth(&f, 3).kind, f.unresolved), (Kind::IndirectJump, 1));
    // What is not reached otherwise is assumed to be, behind jumps and returns.
    assert_eq!(nth(&f, 4).reach, Reach::Assumed);
    assert_eq!(f.counts.followed, f.counts.instructions);
    // Where no jump is unresolved, nothing is assumed.
    let f = amd64("c3 50 58 c3");
    assert_eq!((f.counts.unreached, nth(&f, 1).sp), (3, Sp::Unknown(Why::Unreached)));
}

#[test]
fn a_jump_table_of_arm64() {
    let code = words(&[
        0xf100_041f, // CMP $1, R0
        0x5400_00e8, // BHI
        0x9000_0001, // ADRP the same page, R1
        0x9120_0021, // ADD $2048, R1
        0xf860_783b, // MOVD (R1)(R0<<3), R27
        0xd61f_0360, // JMP (R27)
        0xd100_43ff, // SUB $16, RSP
        0x9100_43ff, // ADD $16, RSP
        0xd65f_03c0, // RET
    ]);
    let at = ADDRESS + 0x800;
    let pointers = vec![(at, ADDRESS + 24), (at + 8, ADDRESS + 32), (at + 16, ADDRESS + 28)];
    let f = follow_in(&Memory { pointers, ..Memory::default() }, Arch::Arm64, &code, None);
    assert_eq!(nth(&f, 5).kind, Kind::JumpTable(2));
    assert_eq!((f.counts.followed, f.counts.instructions, f.counts.conflicts), (9, 9, 0));
}

#[test]
fn tail_calls() {
    let f = amd64("e9 00 10 00 00"); // JMP another function
    assert_eq!(last(&f).kind, Kind::Jump(Target::Outside(ADDRESS + 5 + 0x1000)));
    // MOVL $address, AX; JMP AX
    assert_eq!(last(&amd64("b8 00 20 40 00 ff e0")).kind, Kind::Jump(Target::Outside(0x40_2000)));
    assert_eq!(last(&amd64("ff e0")).kind, Kind::IndirectJump);
    // LEAQ of a function; CALL AX
    let f = amd64("48 8d 05 00 10 00 00 ff d0 c3");
    assert_eq!(nth(&f, 1).kind, Kind::Call(Some(ADDRESS + 7 + 0x1000)));
}

#[test]
fn where_the_runtime_goes_on_after_a_recovery() {
    // PUSHQ AX; CALL; POPQ AX; RET, and behind that: CALL deferreturn; POPQ AX; RET.
    let code = hex("50 ff d0 58 c3  e8 00 10 00 00  58 c3");
    let f = follow_in(&Memory::default(), Arch::Amd64, &code, Some(5));
    assert_eq!((nth(&f, 4).sp, nth(&f, 4).reach, last(&f).sp), (Sp::Known(8), Reach::Assumed, Sp::Known(0)));
    let f = follow_in(&Memory::default(), Arch::Amd64, &code, None);
    assert_eq!((nth(&f, 4).reach, f.counts.unreached), (Reach::Unreached, 3));
}

#[test]
fn oddities_are_told() {
    assert!(amd64("90 90").runs_off);
    assert!(!amd64("90 c3").runs_off);
    // A call at the end may not return.
    assert!(!amd64("90 ff d0").runs_off);
    assert_eq!(amd64("").boundaries, []);
}

#[test]
fn the_runtime_goes_on_with_the_whole_frame() {
    // A call with one word pushed, one with two, and one with one again.
    let code = hex("50 ff d0  50 ff d0  58 ff d0  58 c3  e8 00 10 00 00  58 58 c3");
    let f = follow_in(&Memory::default(), Arch::Amd64, &code, Some(11));
    assert_eq!((nth(&f, 8).sp, nth(&f, 8).offset, last(&f).sp), (Sp::Known(16), 11, Sp::Known(0)));
}

#[test]
fn data_that_is_jumped_over() {
    // JMP over two bytes that look like the beginning of a longer instruction.
    let f = amd64("eb 02 48 b8 50 58 c3");
    assert_eq!(depths(&f), [Some(0), None, Some(0), Some(8), Some(0)]);
    assert_eq!((nth(&f, 1).kind, nth(&f, 1).len, nth(&f, 1).reach), (Kind::Undecoded, 2, Reach::Unreached));
    assert_eq!((f.counts.undecoded, f.counts.followed, f.into_instructions), (1, 4, 0));
    // Nothing is decoded anew where all jumps lead to instructions.
    let f = amd64("eb 03 48 89 c4 c3");
    assert_eq!((f.boundaries.len(), f.counts.undecoded, f.counts.unreached), (3, 0, 1));
    // arm64 jumps to words alone.
    let f = follow_in(&Memory::default(), Arch::Arm64, &words(&[0x1400_0001, 0xd65f_03c0]), None);
    assert_eq!(f.into_instructions, 0);
}

#[test]
fn whatever_the_bytes_are_each_is_accounted_for() {
    let (image, mut follower) = (table(&[16, 20, 3]), super::Follower::new());
    // Numbers without order, the same each time (Knuth's generator).
    let mut seed = 1u64;
    let mut random = move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as u32
    };
    let mut reached = 0;
    for round in 0..4000u32 {
        let bytes: Vec<u8> = (0..random() % 160).map(|_| random() as u8).collect();
        let arch = [Arch::Amd64, Arch::Arm64, Arch::Loong64, Arch::Riscv64][round as usize % 4];
        let resumes = (round % 3 == 0).then(|| random() % 160);
        let f = follower.follow(&super::Code { arch, address: ADDRESS, bytes: &bytes, resumes }, &image);
        let mut at = 0;
        for b in &f.boundaries {
            assert_eq!((b.offset, b.len > 0), (at, true), "{bytes:x?}");
            at += u32::from(b.len);
        }
        assert_eq!(at as usize, bytes.len(), "{bytes:x?}");
        let c = f.counts;
        assert_eq!((c.instructions + c.padding + c.data) as usize, f.boundaries.len());
        assert!(c.followed + c.conflicts + c.unreached <= c.instructions && !f.unsettled, "{bytes:x?}");
        reached += c.followed;
    }
    assert!(reached > 10_000, "{reached}");
}

#[test]
fn one_follower_keeps_nothing_from_one_function_to_the_next() {
    let image = Memory::default();
    let mut follower = super::Follower::new();
    let (first, second) = (hex(panics().0), hex("50 c3"));
    let code = |bytes| super::Code { arch: Arch::Amd64, address: ADDRESS, bytes, resumes: None };
    let alone = follower.follow(&code(&second), &image).clone();
    follower.follow(&code(&first), &image);
    assert_eq!(*follower.follow(&code(&second), &image), alone);
}
