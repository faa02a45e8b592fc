//! The decoders against code of real Go functions, and against noise.

use super::*;
use proptest::prelude::*;

/// How many instructions there are.
fn count(goarch: &str, code: &[u8]) -> Option<u64> {
    starts(goarch, code).map(|s| s.len() as u64)
}

const AT: u64 = 0x49_b2c0;

fn symbols() -> Symbols {
    let of = |start, size, name: &str| (start, size, name.to_string());
    Symbols::new([
        of(0x46_c440, 0x65, "runtime.morestack_noctxt.abi0"),
        of(0x1000, 0, "runtime.text"),
        of(0x50_0000, 0x20, "runtime.writeBarrier"),
        of(AT, 0x40, "goabi.test/c/a-b.F"),
    ])
}

fn lines(goarch: &str, bytes: &[u8]) -> Vec<String> {
    let list = disassemble(goarch, bytes, AT, &symbols()).unwrap();
    list.into_iter().map(|i| format!("{:#x} {}", i.offset, i.text)).collect()
}

fn kinds(goarch: &str, bytes: &[u8]) -> Vec<Kind> {
    disassemble(goarch, bytes, AT, &Symbols::default()).unwrap().into_iter().map(|i| i.kind).collect()
}

/// The start of a function with a frame, up to its return, and the call that
/// grows the stack.
#[rustfmt::skip]
const AMD64: &[u8] = &[
    0x49, 0x3b, 0x66, 0x10, // cmp rsp, [r14+16]
    0x76, 0x1a, // jbe
    0x55, // push rbp
    0x48, 0x89, 0xe5, // mov rbp, rsp
    0x48, 0x83, 0xec, 0x18, // sub rsp, 24
    0x83, 0x3d, 0x2b, 0x4d, 0x06, 0x00, 0x00, // cmp dword [rip+..], 0
    0x0f, 0x1f, 0x44, 0x00, 0x00, // nop
    0x48, 0x83, 0xc4, 0x18, // add rsp, 24
    0x5d, // pop rbp
    0xc3, // ret
    0xe8, 0x5b, 0x11, 0xfd, 0xff, // call
    0xeb, 0xd9, // jmp
];

#[test]
fn an_amd64_prologue_is_read() {
    let got = lines("amd64", AMD64);
    assert_eq!(
        got,
        [
            "0x0 CMP RSP, [R14+0x10]",
            "0x4 JBE +0x20",
            "0x6 PUSH RBP",
            "0x7 MOV RBP, RSP",
            "0xa SUB RSP, 0x18",
            "0xe CMP DWORD PTR [runtime.writeBarrier], 0",
            "0x15 NOP [RAX+RAX]",
            "0x1a ADD RSP, 0x18",
            "0x1e POP RBP",
            "0x1f RET",
            "0x20 CALL runtime.morestack_noctxt.abi0",
            "0x25 JMP +0x0",
        ]
    );
    let kinds = kinds("amd64", AMD64);
    assert_eq!(kinds.iter().position(|k| *k == Kind::Return), Some(9));
    assert_eq!(kinds.iter().filter(|k| **k == Kind::Other).count(), 11);
    assert_eq!(count("amd64", AMD64), Some(12));
}

#[test]
fn a_386_prologue_is_read() {
    // mov ecx, gs:[0]; mov ecx, [ecx-4]; cmp esp, [ecx+8]; cmp dword [0x500000], 0; ret
    let code = [
        &[0x65, 0x8b, 0x0d, 0, 0, 0, 0, 0x8b, 0x89, 0xfc, 0xff, 0xff, 0xff, 0x3b, 0x61, 0x08][..],
        &[0x83, 0x3d, 0x00, 0x00, 0x50, 0x00, 0x00, 0xc3],
    ]
    .concat();
    let got = lines("386", &code);
    assert_eq!(
        got,
        [
            "0x0 MOV ECX, GS:[0]",
            "0x7 MOV ECX, [ECX-4]",
            "0xd CMP ESP, [ECX+8]",
            "0x10 CMP DWORD PTR [runtime.writeBarrier], 0",
            "0x17 RET"
        ]
    );
    assert_eq!(kinds("386", &code).last(), Some(&Kind::Return));
    assert_eq!(count("386", &code), Some(5));
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|w| w.to_le_bytes()).collect()
}

#[test]
fn an_arm64_prologue_is_read() {
    let code = words(&[
        0xf940_0b90, // ldr x16, [x28, #16]
        0xeb30_63ff, // cmp sp, x16
        0x5400_00e9, // b.ls +0x1c
        0xf81e_0ffe, // str x30, [sp, #-32]!
        0xf81f_83fd, // stur x29, [sp, #-8]
        0x9000_0320, // adrp x0, +0x64000
        0xd65f_03c0, // ret
        0xaa1e_03e3, // mov x3, x30
        0x97ff_4458, // bl
        0x17ff_fff8, // b 0x4
        0xb400_0040, // cbz x0, +8
        0xf2ac_2c41, // movk x1, #0x6162, lsl #16
        0xd299_bde0, // mov x0, #0xcdef
    ]);
    let got = lines("arm64", &code);
    let wanted = [
        "0x0 LDR X16, [X28, #0x10]",
        "0x4 CMP SP, X16",
        "0x8 B.LS +0x24",
        "0xc STR X30, [SP, #-0x20]!",
        "0x10 STUR X29, [SP, #-0x8]",
        "0x14 ADRP X0, 0x4ff000",
        "0x18 RET",
        "0x1c MOV X3, X30",
        "0x20 BL runtime.morestack_noctxt.abi0",
        "0x24 B +0x4",
        "0x28 CBZ X0, +0x30",
        "0x2c MOVK X1, #0x6162, LSL #16",
        "0x30 MOV X0, #0xcdef",
    ];
    assert_eq!(got, wanted);
    assert_eq!(kinds("arm64", &code).iter().position(|k| *k == Kind::Return), Some(6));
}

/// The text of each instruction, without where it is.
fn texts(goarch: &str, bytes: &[u8]) -> Vec<String> {
    lines(goarch, bytes).into_iter().map(|l| l.split_once(' ').unwrap().1.to_string()).collect()
}

#[test]
fn a_ppc64_prologue_is_read() {
    let code = [
        0xeade_0010, // ld r22, 16(r30)
        0x7c36_0840, // cmpld r22, r1
        0x4180_0010, // blt .+16
        0x7ca8_02a6, // mflr r5
        0x4bfd_1171, // bl
        0x4bff_ffec, // b .-20
        0x7fe8_02a6, // mflr r31
        0xfbe1_ffa1, // stdu r31, -96(r1)
        0x7821_06e4, // rldicr r1, r1, 0, 59
        0x4200_fff4, // bdnz .-12
        0x4182_0008, // beq .+8
        0x409e_fffc, // bne cr7, .-4
        0x7d89_03a6, // mtctr r12
        0x4e80_0421, // bctrl
        0x4e80_0821, // blrl, with a hint
        0x6000_0000, // nop
        0x4e80_0020, // blr
    ];
    let big: Vec<u8> = code.iter().flat_map(|w: &u32| w.to_be_bytes()).collect();
    let got = texts("ppc64le", &words(&code));
    let wanted = [
        "LD R22, 0x10(R30)",
        "CMPLD R22, R1",
        "BLT +0x18",
        "MFLR R5",
        "BL runtime.morestack_noctxt.abi0",
        "B +0x0",
        "MFLR R31",
        "STDU R31, -0x60(R1)",
        "RLDICR R1, R1, 0, 0x3b",
        "BDNZ +0x18",
        "BEQ +0x30",
        "BNE CR7, +0x28",
        "MTCTR R12",
        "BCTRL",
        "BLRL",
        "NOP",
        "BLR",
    ];
    assert_eq!(got, wanted);
    assert_eq!(texts("ppc64", &big), wanted);
    for (goarch, bytes) in [("ppc64", big), ("ppc64le", words(&code))] {
        assert_eq!(kinds(goarch, &bytes).iter().position(|k| *k == Kind::Return), Some(16), "{goarch}");
    }
}

#[test]
fn an_s390x_prologue_is_read() {
    let code = [
        &[0xe3, 0xa0, 0xd0, 0x10, 0x00, 0x04][..], // lg r10, 16(r13)
        &[0xec, 0xaf, 0x00, 0x0b, 0xa0, 0x65],     // clgrj r10, r15, >=
        &[0xe3, 0xff, 0x0f, 0xb8, 0xff, 0x71],     // lay r15, -72(r15)
        &[0xc0, 0x10, 0x00, 0x03, 0x26, 0x97],     // larl
        &[0xa7, 0xfb, 0x00, 0x48],                 // aghi r15, 72
        &[0x07, 0xfe],                             // br r14
        &[0xb9, 0x04, 0x00, 0x5e],                 // lgr r5, r14
        &[0xc0, 0xe5, 0xff, 0xfe, 0x88, 0xaf],     // brasl
        &[0xa7, 0xf4, 0xff, 0xec],                 // j
        &[0xec, 0x16, 0xff, 0xfd, 0x07, 0x7c],     // cgij r1, 7, !=
        &[0xa7, 0x17, 0xff, 0xfe],                 // brctg r1
        &[0xc4, 0x18, 0x00, 0x03, 0x26, 0x85],     // lgrl
        &[0xd2, 0x07, 0xf0, 0x08, 0x10, 0x00],     // mvc
    ]
    .concat();
    let wanted = [
        "LG %R10, 0x10(%R13)",
        "CLGRJHE %R10, %R15, +0x1c",
        "LAY %R15, -0x48(%R15)",
        "LARL %R1, runtime.writeBarrier",
        "AGHI %R15, 0x48",
        "BR %R14",
        "LGR %R5, %R14",
        "BRASL %R14, runtime.morestack_noctxt.abi0",
        "J +0x0",
        "CGIJLH %R1, 7, +0x26",
        "BRCTG %R1, +0x2e",
        "LGRL %R1, runtime.writeBarrier",
        "MVC 8(8, %R15), 0(%R1)",
    ];
    assert_eq!(texts("s390x", &code), wanted);
    assert_eq!(kinds("s390x", &code).iter().position(|k| *k == Kind::Return), Some(5));
    assert_eq!(count("s390x", &code), Some(13));
}

#[test]
fn a_riscv64_prologue_is_read() {
    // Instructions of 32 bits, and of 16.
    let code: Vec<u8> = [
        0x010d_b303u32, // ld t1, 16(s11)
        0x0023_6a63,    // bltu t1, sp, +20
        0xe42a,         // c.sdsp a0, 8(sp)
        0x976d_12ef,    // jal t0
        0x6522,         // c.ldsp a0, 8(sp)
        0xff1f_f06f,    // j 0x0
        0xfe11_3c23,    // sd ra, -8(sp)
        0x1161,         // c.addi sp, -8
        0x0010_4497,    // auipc s1, 0x104
        0xc119,         // c.beqz a0, +6
        0xa019,         // c.j +6
        0x2850_9293,    // bseti t0, ra, 5
        0x8082,         // c.jr ra
        0x0000_8067,    // ret
    ]
    .iter()
    .flat_map(|w| w.to_le_bytes().into_iter().take(if w & 3 == 3 { 4 } else { 2 }))
    .collect();
    let got = lines("riscv64", &code);
    let wanted = [
        "0x0 LD T1, 0x10(S11)",
        "0x4 BLTU T1, SP, +0x18",
        "0x8 C.SDSP A0, 8(SP)",
        "0xa JAL T0, runtime.morestack_noctxt.abi0",
        "0xe C.LDSP A0, 8(SP)",
        "0x10 J +0x0",
        "0x14 SD RA, -8(SP)",
        "0x18 C.ADDI SP, -8",
        "0x1a AUIPC S1, 0x104",
        "0x1e C.BEQZ A0, +0x24",
        "0x20 C.J +0x26",
        "0x22 ? 93 92 50 28",
        "0x26 C.JR RA",
        "0x28 RET",
    ];
    assert_eq!(got, wanted);
    let returns = kinds("riscv64", &code).iter().filter(|k| **k == Kind::Return).count();
    assert_eq!((returns, count("riscv64", &code)), (2, Some(14)));
}

#[test]
fn a_loong64_prologue_is_read() {
    let code = words(&[
        0x28c0_42d4, // ld.d r20, r22, 16
        0x0012_8e94, // sltu r20, r20, r3
        0x4000_2280, // beqz r20, +0x20
        0x29fe_e061, // st.d r1, r3, -72
        0x02fe_e063, // addi.d r3, r3, -72
        0x1a00_1949, // pcalau12i r9, 0xca
        0x002d_189e, // alsl.d r30, r4, r6, 3
        0x7127_7fff, // vxor.v v31, v31, v31
        0x4c00_0020, // ret
        0x0340_0000, // nop
        0x5511_5bff, // bl
        0x53ff_d7ff, // b 0x0
        0x0114_dc04, // movcf2gr r4, fcc0
        0x3861_94c4, // amadd.d r4, r5, r6
        0x5fff_dce4, // bne r7, r4, -36
        0x4c00_0881, // jirl r1, r4, 8
        0x0000_0000,
    ]);
    let got = lines("loong64", &code);
    let wanted = [
        "0x0 LD.D R20, R22, 0x10",
        "0x4 SLTU R20, R20, R3",
        "0x8 BEQZ R20, +0x28",
        "0xc ST.D R1, R3, -0x48",
        "0x10 ADDI.D R3, R3, -0x48",
        "0x14 PCALAU12I R9, 0x565000",
        "0x18 ALSL.D R30, R4, R6, 3",
        "0x1c VXOR.V V31, V31, V31",
        "0x20 JIRL R0, R1, 0",
        "0x24 NOP",
        "0x28 BL runtime.morestack_noctxt.abi0",
        "0x2c B +0x0",
        "0x30 MOVCF2GR R4, FCC0",
        "0x34 AMADD.D R4, R5, R6",
        "0x38 BNE R7, R4, +0x14",
        "0x3c JIRL R1, R4, 8",
        "0x40 ? 00 00 00 00",
    ];
    assert_eq!(got, wanted);
    assert_eq!(kinds("loong64", &code).iter().position(|k| *k == Kind::Return), Some(8));
}

#[test]
fn what_does_not_decode_is_shown_with_its_bytes() {
    // In 64-bit mode 06 was taken away.
    assert_eq!(lines("amd64", &[0x06, 0xc3]), ["0x0 ? 06", "0x1 RET"]);
    // A call without its operand.
    assert_eq!(lines("amd64", &[0xc3, 0xe8, 0x00]), ["0x0 RET", "0x1 ? e8 00"]);
    let mut code = words(&[0xffff_ffff, 0xd65f_03c0]);
    code.push(0x7f);
    assert_eq!(lines("arm64", &code), ["0x0 ? ff ff ff ff", "0x4 RET", "0x8 ? 7f"]);
    assert_eq!(count("arm64", &code), Some(3));
}

#[test]
fn ports_without_a_decoder_count_by_length() {
    assert_eq!(disassemble("mips64", &[0; 8], 0, &Symbols::default()), None);
    assert!(!has_decoder("mips64") && has_decoder("arm64"));
    // c.nop, a word, c.nop; one that is cut short.
    assert_eq!(count("riscv64", &[0x01, 0x00, 0x13, 0, 0, 0, 0x01, 0x00, 0x13]), Some(4));
    // br %r14; a (ahi); lgrl (6 bytes)
    assert_eq!(count("s390x", &[0x07, 0xfe, 0xa7, 0x2a, 0, 1, 0xc4, 0x18, 0, 0, 0, 0]), Some(3));
    for arch in goabi_cases::arch::Arch::all() {
        assert!(count(&arch.goarch, &[0; 12]).is_some_and(|n| n > 0), "{}", arch.goarch);
    }
    assert_eq!(count("vax", &[0; 12]), None);
}

#[test]
fn symbols_name_what_they_cover() {
    let s = symbols();
    assert_eq!(s.name(0x46_c440).as_deref(), Some("runtime.morestack_noctxt.abi0"));
    assert_eq!(s.name(0x46_c45c).as_deref(), Some("runtime.morestack_noctxt.abi0+0x1c"));
    assert_eq!((s.name(0x46_c4a5), s.name(0x1000), s.name(0)), (None, None, None));
}

/// Each byte is in exactly one instruction, and none is empty.
fn covers(goarch: &str, bytes: &[u8]) {
    let list = disassemble(goarch, bytes, AT, &symbols()).unwrap();
    let mut at = 0;
    for i in &list {
        assert_eq!(i.offset, at, "{goarch}");
        assert!(i.len > 0 && !i.text.is_empty());
        at += i.len;
    }
    assert_eq!(at, bytes.len() as u64);
    assert_eq!(count(goarch, bytes), Some(list.len() as u64));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn noise_is_covered_byte_by_byte(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
        for goarch in ["amd64", "386", "arm", "arm64", "loong64", "ppc64", "ppc64le", "riscv64", "s390x"] {
            covers(goarch, &bytes);
        }
        for arch in goabi_cases::arch::Arch::all() {
            let n = count(&arch.goarch, &bytes).unwrap();
            prop_assert!(n <= bytes.len() as u64 && (n > 0) != bytes.is_empty());
        }
    }

    #[test]
    fn code_that_is_cut_short_is_covered_too(len in 0..=AMD64.len()) {
        covers("amd64", &AMD64[..len]);
        covers("386", &AMD64[..len]);
    }
}
