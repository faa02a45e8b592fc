//! Sizes and listings of functions of small artifacts made here.

use super::code::{Size, measure};
use super::disasm::Kind;
use super::dwarf;
use super::fixture::{Bytes, FORMS, Form, Section, elf};
use super::listing::{Wanted, list};
use goabi_cases::arch::Arch;
use proptest::prelude::*;

const LITTLE: Form = Form { big_endian: false, wide: true };

/// `sub rsp, 24; call p.g; add rsp, 24; ret`, and `ret`.
const CODE: &[u8] = &[0x48, 0x83, 0xec, 0x18, 0xe8, 0x05, 0, 0, 0, 0x48, 0x83, 0xc4, 0x18, 0xc3, 0xc3];
const F: u64 = 0x1000;
const G: u64 = F + 14;
const END: u64 = G + 1;

/// Tag, children, then pairs of attribute and form.
#[rustfmt::skip]
const ABBREVIATIONS: &[u8] = &[
    1, 0x11, 1, 0x03, 0x08, 0x11, 0x01, 0x10, 0x17, 0, 0, // unit: name, low_pc, stmt_list
    2, 0x2e, 0, 0x03, 0x08, 0x11, 0x01, 0x12, 0x01, 0, 0, // function
    0,
];

fn with_length(f: Form, body: Bytes) -> Vec<u8> {
    let mut out = Bytes(vec![], f);
    out.int(body.0.len() as u64, 4).raw(&body.0);
    out.0
}

fn info(f: Form) -> Vec<u8> {
    let mut b = Bytes(vec![], f);
    b.int(4, 2).int(0, 4).int(if f.wide { 8 } else { 4 }, 1);
    b.raw(&[1]).text("p").word(F).int(0, 4);
    b.raw(&[2]).text("p.f").word(F).word(G);
    b.raw(&[2]).text("p.g").word(G).word(END);
    b.raw(&[0]);
    with_length(f, b)
}

/// A CIE, and an entry for `p.f`, whose frame grows by 24 bytes.
fn frame(f: Form, stack_pointer: u8) -> Vec<u8> {
    let word = if f.wide { 8 } else { 4 };
    let padded = |mut b: Bytes| {
        while !(b.0.len() + 4).is_multiple_of(word) {
            b.0.push(0);
        }
        with_length(f, b)
    };
    let mut cie = Bytes(vec![], f);
    // Version 3, no augmentation, factors 1 and -4, return address in column 16; def_cfa.
    cie.int(0xffff_ffff, 4).raw(&[3, 0, 1, 0x7c, 16]).raw(&[0x0c, stack_pointer, word as u8]);
    let mut fde = Bytes(vec![], f);
    // After 4 bytes def_cfa_offset, after 9 more back again.
    fde.int(0, 4).word(F).word(G - F);
    fde.raw(&[0x44, 0x0e, 24 + word as u8, 0x49, 0x0e, word as u8]);
    [padded(cie), padded(fde)].concat()
}

/// Lines 7 and 8 of `d/a.go` for `p.f`, nothing for `p.g`.
fn line(f: Form) -> Vec<u8> {
    let mut header = Bytes(vec![], f);
    // Shortest instruction, is_stmt, line base and range, first special opcode.
    header.raw(&[1, 1, 0xff, 4, 10]).raw(&[0, 1, 1, 1, 1, 0, 0, 0, 1]);
    header.text("d").raw(&[0]).text("a.go").raw(&[1, 0, 0]).raw(&[0]);
    let mut b = Bytes(vec![], f);
    b.int(3, 2).int(header.0.len() as u64, 4).raw(&header.0);
    let word = if f.wide { 8 } else { 4 };
    // set_address, advance_line 6, copy; advance_pc 9, advance_line 1, copy; advance_pc 5, end.
    b.raw(&[0, 1 + word, 2]).word(F).raw(&[3, 6, 1]).raw(&[2, 9, 3, 1, 1]).raw(&[2, 5]).raw(&[0, 1, 1]);
    with_length(f, b)
}

fn symbols(f: Form) -> (Vec<u8>, Vec<u8>) {
    let names = b"\0p.f\0p.g\0";
    let mut b = Bytes(vec![], f);
    let mut symbol = |name: u64, value: u64, size: u64, info: u64, section: u64| {
        b.int(name, 4);
        if f.wide {
            b.int(info, 1).int(0, 1).int(section, 2).word(value).word(size);
        } else {
            b.word(value).word(size).int(info, 1).int(0, 1).int(section, 2);
        }
    };
    symbol(0, 0, 0, 0, 0);
    symbol(1, F, G - F, 0x12, 1);
    symbol(5, G, END - G, 0x12, 1);
    (b.0, names.to_vec())
}

fn artifact(f: Form, stack_pointer: u8) -> Vec<u8> {
    let (table, names) = symbols(f);
    let plain = |name, data| Section { name, kind: 1, flags: 0, address: 0, link: 0, data };
    elf(
        f,
        &[
            Section { name: ".text", kind: 1, flags: 6, address: F, link: 0, data: CODE.to_vec() },
            plain(".debug_info", info(f)),
            plain(".debug_abbrev", ABBREVIATIONS.to_vec()),
            plain(".debug_frame", frame(f, stack_pointer)),
            plain(".debug_line", line(f)),
            Section { kind: 2, link: 7, ..plain(".symtab", table) },
            Section { kind: 3, ..plain(".strtab", names) },
        ],
    )
}

fn arch(goarch: &str) -> &'static Arch {
    Arch::get(goarch).unwrap()
}

#[test]
fn frames_and_code_are_measured_in_every_form() {
    for form in FORMS {
        // The byte order and word size of an artifact need not be those of the port that is asked for.
        let amd64 = arch("amd64");
        let bytes = artifact(form, 7);
        let facts = dwarf::read(&bytes, &|_| true).unwrap();
        let code = measure(&bytes, amd64, &facts).unwrap();
        assert_eq!(code.unreadable, Vec::<String>::new(), "{form:?}");
        // The call itself pushed 8 bytes; the 32-bit forms say 4.
        let frame = if form.wide { 24 } else { 20 };
        assert_eq!(
            code.functions["p.f"],
            Size { text: 14, frame: Some(frame), instructions: Some(4), described: vec![] }
        );
        assert_eq!(code.functions["p.g"], Size { text: 1, frame: None, instructions: Some(1), described: vec![] });
    }
    // Where calls do not push, nothing is taken away; its stack pointer is register 31.
    let bytes = artifact(LITTLE, 31);
    let facts = dwarf::read(&bytes, &|_| true).unwrap();
    let size = measure(&bytes, arch("arm64"), &facts).unwrap().functions["p.f"].clone();
    assert_eq!((size.frame, size.instructions), (Some(32), Some(4)));
}

#[test]
fn what_cannot_be_measured_is_told() {
    // The frame is counted from another register than the stack pointer.
    let bytes = artifact(LITTLE, 6);
    let mut facts = dwarf::read(&bytes, &|_| true).unwrap();
    let code = measure(&bytes, arch("amd64"), &facts).unwrap();
    assert_eq!(code.functions["p.f"].frame, None);
    assert_eq!(code.unreadable.len(), 1);
    assert!(code.unreadable[0].contains("register 6"), "{:?}", code.unreadable);
    // A function beyond the text.
    facts.functions.get_mut("p.g").unwrap().high_pc = END + 1;
    let code = measure(&bytes, arch("amd64"), &facts).unwrap();
    assert!(!code.functions.contains_key("p.g"));
    assert!(code.unreadable.iter().any(|u| u.starts_with("p.g: no code at 0x100e")), "{:?}", code.unreadable);
}

#[test]
fn listings_have_symbols_and_lines() {
    for form in FORMS {
        let bytes = artifact(form, 7);
        let wanted = [
            Wanted { package: "p", low_pc: F, high_pc: G },
            Wanted { package: "p", low_pc: G, high_pc: END },
            Wanted { package: "p", low_pc: G, high_pc: END + 9 },
        ];
        let got = list(&bytes, "amd64", &wanted).unwrap();
        assert_eq!(got.unreadable, Vec::<String>::new());
        let text = |n: usize| -> Vec<(u64, String, Option<u32>)> {
            let entries = got.functions[n].as_ref().unwrap();
            for e in entries {
                assert!(e.source.iter().all(|(file, _)| file == "d/a.go"));
            }
            entries
                .iter()
                .map(|e| (e.instruction.offset, e.instruction.text.clone(), e.source.as_ref().map(|s| s.1)))
                .collect()
        };
        let line = |offset, text: &str, line| (offset, text.to_string(), line);
        assert_eq!(
            text(0),
            [
                line(0, "SUB RSP, 0x18", Some(7)),
                line(4, "CALL p.g", Some(7)),
                line(9, "ADD RSP, 0x18", Some(8)),
                line(13, "RET", Some(8)),
            ]
        );
        assert_eq!(text(1), [line(0, "RET", None)]);
        assert_eq!(got.functions[0].as_ref().unwrap()[3].instruction.kind, Kind::Return);
        assert_eq!(got.functions[2].as_ref().unwrap_err(), "no code at 0x100e to 0x1018");
    }
    let got = list(&artifact(LITTLE, 7), "mips64", &[Wanted { package: "p", low_pc: F, high_pc: G }]).unwrap();
    assert_eq!(got.functions, [Err("no decoder for mips64".to_string())]);
}

#[test]
fn lines_of_other_packages_are_not_taken() {
    let got = list(&artifact(LITTLE, 7), "amd64", &[Wanted { package: "q", low_pc: F, high_pc: G }]).unwrap();
    assert!(got.functions[0].as_ref().unwrap().iter().all(|e| e.source.is_none()));
}

proptest! {
    #[test]
    fn damaged_artifacts_never_panic(
        form in 0usize..4,
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        len in any::<prop::sample::Index>(),
    ) {
        let mut bytes = artifact(FORMS[form], 7);
        let facts = dwarf::read(&bytes, &|_| true).unwrap();
        for (i, b) in flips {
            let i = i.index(bytes.len());
            bytes[i] = b;
        }
        let wanted = [Wanted { package: "p", low_pc: F, high_pc: G }];
        for bytes in [&bytes[..], &bytes[..len.index(bytes.len())]] {
            let _ = measure(bytes, arch("amd64"), &facts);
            let _ = list(bytes, "amd64", &wanted);
        }
    }
}
