//! The tables of small binaries made here, in every form and version.

use super::fixture::{END, F, F_END, G, Go, H, MODULE, PCLNTAB, Shape, TEXT, VERSIONS, binary, pc_values, shapes};
use super::*;
use crate::observe::fixture::FORMS;

const NEW: Shape = Shape { form: FORMS[0], go: Go::Go127, named: true };

/// What is asked of the binary of each shape.
fn each(ask: impl Fn(Shape, &Binary<'_>, &FuncTable<'_>)) {
    for shape in shapes() {
        let bytes = binary(shape);
        let binary = Binary::open(&bytes).unwrap();
        let table = binary.functions().unwrap_or_else(|e| panic!("{shape:?}: {e}"));
        ask(shape, &binary, &table);
    }
}

fn runs(table: PcTable<'_>) -> Vec<(u64, u64, i32)> {
    table.runs().map(|run| run.unwrap()).map(|r| (r.from, r.to, r.value)).collect()
}

/// What reading the new shape's table says after a change to its bytes.
fn after<T>(change: impl FnOnce(&mut [u8], usize, usize), ask: impl FnOnce(&Binary<'_>) -> T) -> T {
    let mut bytes = binary(NEW);
    let at = |text: &[u8]| bytes.windows(text.len()).position(|w| w == text).unwrap();
    let header = at(&[0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8]);
    let module = at(&[PCLNTAB.to_le_bytes(), 7u64.to_le_bytes()].concat()) + 16;
    change(&mut bytes, header, module);
    ask(&Binary::open(&bytes).unwrap())
}

fn message<T>(result: Result<T, UnwindError>) -> String {
    result.map(|_| ()).unwrap_err().to_string()
}

/// Where a part of the table is, by the header's own offset.
fn part(bytes: &[u8], header: usize, n: usize) -> usize {
    let at = header + 8 + (3 + n) * 8;
    header + usize::try_from(u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())).unwrap()
}

#[test]
fn functions_are_found_by_pc() {
    each(|shape, binary, table| {
        assert_eq!((table.text(), table.address(), table.len(), table.quantum()), (TEXT, PCLNTAB, 3, 1), "{shape:?}");
        let layout = if shape.go == Go::Go119 { Layout::Go118 } else { Layout::Go120 };
        assert_eq!(table.layout(), layout);
        let of: Vec<_> =
            table.functions().map(|f| f.unwrap()).map(|f| (f.name().unwrap(), f.entry(), f.limit())).collect();
        assert_eq!(of, [("p.f", F, G), ("p.g", G, H), ("p.h", H, END)]);
        let find = |pc| table.find(pc).unwrap().map(|f| f.name().unwrap());
        assert_eq!(find(F), Some("p.f"));
        assert_eq!(find(F_END), Some("p.f"), "padding");
        assert_eq!(find(G - 1), Some("p.f"));
        assert_eq!(find(G), Some("p.g"));
        assert_eq!(find(END - 1), Some("p.h"));
        assert_eq!((find(END), find(F - 1), find(u64::MAX)), (None, None, None));
        assert_eq!(binary.code_of(&table.get(0).unwrap()), Some(&[0x90; 0x40][..]));
        assert_eq!(binary.code(0x2000, 0x2004), None, "data are no code");
        assert!(table.get(3).is_err());
    });
}

#[test]
fn a_function_has_what_the_linker_wrote() {
    each(|shape, _, table| {
        let line = |n| (shape.go > Go::Go119).then_some(n);
        let f = table.get(0).unwrap();
        assert_eq!((f.args(), f.deferreturn(), f.start_line(), f.id()), (Some(24), None, line(6), 0), "{shape:?}");
        assert_eq!((f.flags(), f.flags().to_string()), (FuncFlags(0), "0x0".to_string()));
        assert_eq!((f.end().unwrap(), f.max_sp_delta().unwrap()), (Some(F_END), Some(24)));
        let g = table.get(1).unwrap();
        assert_eq!((g.args(), g.id(), g.end().unwrap()), (None, 8, None));
        assert_eq!(g.flags().to_string(), "TOPFRAME|SPWRITE|ASM");
        assert!(g.flags().contains(FuncFlags::SP_WRITE) && !f.flags().contains(FuncFlags::ASM));
        assert!(g.pcsp().is_absent() && g.max_sp_delta().unwrap().is_none());
        assert_eq!((g.pcsp().at(G).unwrap(), g.file_line(G).unwrap()), (None, None));
        let h = table.get(2).unwrap();
        assert_eq!(h.deferreturn(), Some(H + 8));
        assert_eq!(h.wrapped().unwrap(), Some(F));
        assert_eq!(f.wrapped().unwrap(), None);
    });
}

#[test]
fn values_hold_over_ranges() {
    each(|shape, _, table| {
        let f = table.get(0).unwrap();
        assert_eq!(runs(f.pcsp()), [(F, F + 8, 0), (F + 8, F + 0x30, 24), (F + 0x30, F_END, 0)], "{shape:?}");
        assert_eq!(f.pcsp().at(F + 7).unwrap().unwrap().value, 0);
        assert_eq!(f.pcsp().at(F + 8).unwrap().unwrap().value, 24);
        assert_eq!(f.pcsp().at(F_END).unwrap(), None, "padding has no value");
        assert_eq!(f.pcsp().at(F - 1).unwrap(), None);
        let points: Vec<_> = runs(f.pcdata(PcData::UnsafePoint)).iter().map(|r| UnsafePoint::of(r.2)).collect();
        assert_eq!(points, [UnsafePoint::Unsafe, UnsafePoint::Safe, UnsafePoint::Restart2]);
        assert_eq!(runs(f.pcdata(PcData::StackMapIndex)), [(F, F + 0x18, -1), (F + 0x18, F_END, 1)]);
        assert!(f.pcdata(PcData::PanicBounds).is_absent());
        let file_line = f.file_line(F + 0x10).unwrap().unwrap();
        assert_eq!((&*file_line.0, file_line.1), ("d/p.go", 107));
        assert_eq!(f.file(0).unwrap(), None, "a file that no function uses");
        assert!(f.file(2).is_err() && f.file(-1).is_err());
    });
}

#[test]
fn inlined_calls_are_stacked() {
    each(|shape, _, table| {
        let f = table.get(0).unwrap();
        let at = |pc| f.inlined_at(pc).unwrap().map(|c| c.unwrap()).map(|c| (c.name, c.parent_pc)).collect::<Vec<_>>();
        assert_eq!(at(F), [], "{shape:?}");
        assert_eq!(at(F + 0x10), [("p.outer", F + 0x0c)]);
        assert_eq!(at(F + 0x14), [("p.inner", F + 0x10), ("p.outer", F + 0x0c)]);
        let tree = f.inline_tree().unwrap().unwrap();
        let lines: Vec<_> = tree.calls().unwrap().map(|c| c.unwrap().start_line).collect();
        assert_eq!(lines, if shape.go == Go::Go119 { [None, None] } else { [Some(100), Some(200)] });
        assert!(table.get(1).unwrap().inline_tree().unwrap().is_none());
    });
}

#[test]
fn functions_data_are_read() {
    each(|shape, _, table| {
        let (f, h) = (table.get(0).unwrap(), table.get(2).unwrap());
        let args = f.args_pointer_maps().unwrap().unwrap();
        assert_eq!((args.len(), args.nbit()), (1, 3), "{shape:?}");
        assert_eq!(args.get(0).unwrap().bits().collect::<Vec<_>>(), [true, false, true]);
        let locals = f.locals_pointer_maps().unwrap().unwrap();
        assert_eq!((locals.len(), locals.nbit()), (2, 10));
        let set = |n| (0..10).filter(|b| locals.get(n).unwrap().bit(*b) == Some(true)).collect::<Vec<_>>();
        assert_eq!(set(0), [0, 9]);
        assert_eq!(set(1), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!((locals.get(1).unwrap().bit(10), locals.get(2)), (None, None));
        let object = StackObject { offset: -24, size: 16, ptr_bytes: 8, gcdata_offset: 5 };
        assert_eq!(f.stack_objects().unwrap().collect::<Vec<_>>(), [object]);
        assert_eq!(h.stack_objects().unwrap().len(), 0);
        let slot = |offset, size| ArgInfo::Slot { offset, size };
        let (start, end) = (ArgInfo::StartAggregate, ArgInfo::EndAggregate);
        let info = [start, slot(0, 8), slot(8, 8), end, slot(16, 4), ArgInfo::OffsetTooLarge, ArgInfo::DotDotDot];
        assert_eq!(f.arg_info().unwrap().unwrap(), info);
        let live = f.arg_live_info().unwrap().unwrap();
        assert_eq!(live.start_offset, 8);
        let liveness = [live.is_live(-1, 1), live.is_live(1, 0), live.is_live(1, 1)];
        assert_eq!(liveness, [Some(true), Some(true), Some(false)]);
        let slots = if shape.go >= Go::Go125 { DeferSlots::From(280) } else { DeferSlots::Each(vec![280, 24]) };
        assert_eq!(h.open_coded_defers().unwrap(), Some(OpenCodedDefers { defer_bits: 40, slots }));
        assert_eq!(f.open_coded_defers().unwrap(), None);
    });
}

#[test]
fn module_data_have_the_layout_of_their_version() {
    each(|shape, binary, table| {
        let module = table.module().unwrap();
        assert_eq!(module.address, MODULE + 2 * binary.word_size() as u64, "{shape:?}");
        let epclntab = module.epclntab.map(|end| end > module.gofunc && module.gofunc > PCLNTAB);
        assert_eq!(epclntab, (shape.go >= Go::Go126).then_some(true));
        assert_eq!((module.text, module.etext, module.min_pc, module.max_pc), (TEXT, END, F, END));
        assert_eq!((module.types, module.etypes, module.rodata), (0x2000, 0x2020, 0x2000));
        assert_eq!(module.text_sections, [TextSection { from: 0, to: END - TEXT + 1, address: TEXT }]);
    });
}

#[test]
fn the_build_says_its_version() {
    each(|shape, binary, _| {
        let info = binary.build_info().unwrap();
        let version = VERSIONS.iter().find(|(go, _)| *go == shape.go).unwrap().1;
        assert_eq!((info.version, info.path(), info.module()), (version, Some("p/cmd"), Some(("p", "v1.2.3"))));
        assert_eq!((info.setting("GOARCH"), info.setting("GOARC")), (Some("amd64"), None));
        let minor = [(Go::Go119, 19), (Go::Go121, 21), (Go::Go125, 25), (Go::Go126, 26), (Go::Go127, 27)];
        assert!(minor.contains(&(shape.go, info.minor().unwrap())));
    });
}

#[test]
fn call_frame_information_has_rows() {
    each(|shape, binary, table| {
        let sections = binary.cfi().unwrap();
        let cfi = sections.read();
        assert!(cfi.unreadable().is_empty(), "{:?}", cfi.unreadable());
        let word = binary.word_size() as i64;
        let mut context = CfiContext::default();
        let [entry, c] = cfi.entries() else { panic!("{:?}", cfi.entries()) };
        assert_eq!((entry.from, entry.to, entry.section), (F, F_END, CfiSection::DebugFrame));
        let rows = cfi.rows(entry, Some(6), &mut context).unwrap();
        assert_eq!(rows.return_address_register(), 16);
        let rows: Vec<_> = rows.map(|row| row.unwrap()).collect();
        let got: Vec<_> = rows.iter().map(|r| (r.from, r.to, r.cfa)).collect();
        let cfa = |sp| CfaRule::Register { register: 7, offset: i64::from(sp) + word };
        let want: Vec<_> = runs(table.get(0).unwrap().pcsp()).into_iter().map(|(a, b, sp)| (a, b, cfa(sp))).collect();
        assert_eq!(got, want, "{shape:?}");
        assert!(rows.iter().all(|r| r.return_address == RegisterRule::Offset(-word)));
        assert!(rows.iter().all(|r| r.frame_pointer == RegisterRule::Unspecified));
        let mut at = |pc| cfi.row_at(pc, None, &mut context).unwrap().map(|row| row.cfa);
        assert_eq!((at(F), at(F + 8), at(F_END), at(F - 1)), (Some(cfa(0)), Some(cfa(24)), None, None));
        // Of C, and with a frame pointer.
        assert_eq!((c.from, c.to, c.section), (G, H, CfiSection::EhFrame));
        let rows: Vec<_> = cfi.rows(c, Some(6), &mut context).unwrap().map(|row| row.unwrap()).collect();
        let got: Vec<_> = rows.iter().map(|r| (r.from, r.to, r.cfa, r.frame_pointer)).collect();
        let of = |register, offset| CfaRule::Register { register, offset };
        let (none, saved) = (RegisterRule::Unspecified, RegisterRule::Offset(-16));
        assert_eq!(got, [(G, G + 1, of(7, 8), none), (G + 1, G + 4, of(7, 16), saved), (G + 4, H, of(6, 16), saved)]);
    });
}

#[test]
fn the_census_counts_everything() {
    each(|shape, binary, _| {
        let want = Census {
            functions: 3,
            unreadable: 0,
            without_code: 0,
            runs: 22,
            inlined: 2,
            bitmaps: 3,
            arg_infos: 7,
            open_coded_defers: 1,
            stack_objects: 1,
            wrappers: 1,
            cfi_entries: 2,
            cfi_rows: 6,
            cfi_unreadable: 0,
        };
        assert_eq!(Census::take(binary).unwrap(), want, "{shape:?}");
    });
}

#[test]
fn headers_that_contradict_themselves_are_errors() {
    let open = |at: usize, byte: u8| after(|b, h, _| b[h + at] = byte, |b| message(b.functions()));
    let header = "the function table's header (runtime.pcheader)";
    assert_eq!(open(0, 0xfa), "the function table has the magic number 0xfffffffa, of no Go version from 1.18 on");
    assert_eq!(open(4, 1), format!("{header} is corrupt at offset 0x4: the padding is not zero"));
    assert_eq!(open(6, 3), format!("{header} is corrupt at offset 0x6: no machine's instructions have that alignment"));
    assert_eq!(open(7, 4), format!("{header} is corrupt at offset 0x7: the pointer size is not that of the file"));
    assert_eq!(open(10, 1), format!("{header} is corrupt at offset 0x8: there is no room for so many functions"));
    assert_eq!(open(8 + 4 * 8, 1), format!("{header} is corrupt at offset 0x20: the tables are not in their order"));
}

#[test]
fn without_module_data_the_functions_data_are_unknown() {
    let spoil = |b: &mut [u8], _: usize, module: usize| b[module + 8] ^= 1;
    let said = after(spoil, |b| message(b.functions()));
    assert_eq!(said, "no module data: nothing points to the function table and to its parts");
    // Where the header says where the text is, there are functions all the same.
    let spoil = |b: &mut [u8], header: usize, module: usize| {
        spoil(b, header, module);
        b[header + 8 + 2 * 8..][..8].copy_from_slice(&TEXT.to_le_bytes());
    };
    after(spoil, |b| {
        let table = b.functions().unwrap();
        let f = table.find(F).unwrap().unwrap();
        assert_eq!((f.name().unwrap(), table.module().is_none()), ("p.f", true));
        assert_eq!(f.pcsp().at(F + 8).unwrap().unwrap().value, 24);
        assert!(message(f.args_pointer_maps()).starts_with("no module data: "));
        assert_eq!(Census::take(b).unwrap().unreadable, 2, "p.g has no data");
    });
    let said = after(|b, _, module| b[module + 46 * 8] = 2, |b| message(b.functions()));
    assert_eq!(said, "no module data: it has a layout of no Go version that is known");
    let said = after(|b, _, module| b[module + 22 * 8] = 1, |b| message(b.functions()));
    assert!(said.ends_with("has the functions outside of the text"), "{said}");
}

#[test]
fn functions_that_contradict_themselves_are_errors() {
    let functab = |at: usize, byte: u8, n: usize| {
        let change = |b: &mut [u8], header: usize, _: usize| {
            let functab = part(b, header, 4);
            b[functab + at] = byte;
        };
        after(change, |b| message(b.functions().unwrap().get(n)))
    };
    let table = "the function table (runtime.functab)";
    let whole = |at: usize, byte: u8| {
        let change = |b: &mut [u8], header: usize, _: usize| {
            let functab = part(b, header, 4);
            b[functab + at] = byte;
        };
        after(change, |b| message(b.functions()))
    };
    assert_eq!(whole(8, 0x58), format!("{table} is corrupt at offset 0x10: the functions are not sorted"));
    assert_eq!(whole(26, 1), format!("{table} is corrupt at offset 0x18: the functions have more code than the file"));
    let other = "the first or last function is not where the module data has it";
    assert_eq!(whole(24, 0x61), format!("{table} is corrupt at offset 0x0: {other}"));
    assert_eq!(functab(5, 0xff, 0), format!("{table} is truncated at offset 0xff40"));
    // p.f's own entry, and how many tables it has.
    let of = "is corrupt at offset 0x1c: a function's entry is not that of the table";
    assert_eq!(functab(28, 1, 0), format!("{table} {of}"));
    assert_eq!(functab(28 + 7 * 4 + 1, 0xff, 0), format!("{table} is truncated at offset 0x1c"));
    // The next one can be read all the same.
    let change = |b: &mut [u8], header: usize, _: usize| {
        let functab = part(b, header, 4);
        b[functab + 28] = 1;
    };
    after(change, |b| {
        let table = b.functions().unwrap();
        assert_eq!(table.functions().map(|f| f.is_ok()).collect::<Vec<_>>(), [false, true, true]);
        assert_eq!(Census::take(b).unwrap().unreadable, 2, "p.h wraps it");
    });
}

#[test]
fn values_that_run_away_are_errors() {
    let with = |values: &[u8]| {
        let change = |b: &mut [u8], header: usize, _: usize| {
            let pctab = part(b, header, 3);
            b[pctab + 1..][..values.len()].copy_from_slice(values);
        };
        after(change, |b| {
            let table = b.functions().unwrap();
            let f = table.get(0).unwrap();
            let runs: Result<Vec<_>, _> = f.pcsp().runs().collect();
            runs.map(|r| r.len()).map_err(|e| e.to_string())
        })
    };
    let corrupt = |reason| Err(format!("the table of pc values (runtime.pctab) is corrupt at offset 0x1: {reason}"));
    assert_eq!(with(&pc_values(&[(0, 0x38)])), Ok(1));
    assert_eq!(with(&pc_values(&[(0, 0x40)])), Ok(1), "to the next function's entry");
    assert_eq!(with(&pc_values(&[(0, 0x41)])), corrupt("a run goes on past the next function's entry"));
    assert_eq!(with(&[2, 0, 2, 1, 0]), Ok(1), "an instruction may be written a byte at a time");
    assert_eq!(with(&[2, 4, 2, 0, 0]), Ok(1), "the compiler's last instruction may be none");
    let said = "the table of pc values (runtime.pctab) is truncated at offset 0x1".to_string();
    assert_eq!(with(&[0x80, 0x80, 0x80, 0x80, 0x80, 1]), Err(said), "a number without end");
}

#[test]
fn inlined_calls_in_a_circle_are_an_error() {
    // The outer call's parent is the inner one.
    let change = |b: &mut [u8], _: usize, _: usize| {
        let at = b.windows(8).position(|w| w == [20, 0, 0, 0, 0x0c, 0, 0, 0]).unwrap();
        b[at + 4] = 0x14;
    };
    let said = after(change, |b| {
        let table = b.functions().unwrap();
        let f = table.get(0).unwrap();
        let calls: Result<Vec<_>, _> = f.inlined_at(F + 0x14).unwrap().collect();
        message(calls)
    });
    assert!(said.contains("an inlined call is not behind its caller"), "{said}");
}

#[test]
fn what_has_no_table_says_so() {
    assert!(message(Binary::open(b"MZ or so")).starts_with("not an object file: "));
    let section =
        |name, address, data| crate::observe::fixture::Section { name, kind: 1, flags: 2, address, link: 0, data };
    let bytes = crate::observe::fixture::elf(FORMS[0], &[section(".rodata", 0x1000, vec![0xff; 256])]);
    let binary = Binary::open(&bytes).unwrap();
    assert!(binary.build_info().is_none());
    assert!(message(binary.functions()).starts_with("no function table: "));
}

#[test]
fn frame_pointers_are_those_of_two_ports() {
    let ports = ["amd64", "arm64", "386", "arm", "riscv64", "loong64", "s390x", "ppc64le", "mips"];
    let have: Vec<_> = ports.into_iter().filter(|p| FramePointer::of(p).is_some()).collect();
    assert_eq!(have, ["amd64", "arm64"]);
    for port in have {
        let role = goabi_cases::arch::Arch::get(port).unwrap().roles.frame_pointer.clone().unwrap();
        let fp = FramePointer::of(port).unwrap();
        assert_eq!((role.dwarf, role.name.as_str()), (Some(fp.dwarf), fp.name));
    }
}
