//! A small binary made here, byte by byte, as the linkers of several Go versions
//! would have made it.

use crate::observe::fixture::{Bytes, FORMS, Form, Section, elf};

/// Go versions between which the tables changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Go {
    Go119,
    Go121,
    Go125,
    Go126,
    Go127,
}

pub const VERSIONS: [(Go, &str); 5] = [
    (Go::Go119, "go1.19.8"),
    (Go::Go121, "go1.21.13"),
    (Go::Go125, "go1.25.5"),
    (Go::Go126, "go1.26.6"),
    (Go::Go127, "devel go1.27-0123456789"),
];

/// Which binary to make.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub form: Form,
    pub go: Go,
    /// Whether the table has a section of its name.
    pub named: bool,
}

pub const TEXT: u64 = 0x1000;
/// `p.f`: its instructions end 8 bytes before the next function.
pub const F: u64 = TEXT;
pub const F_END: u64 = TEXT + 0x38;
pub const G: u64 = TEXT + 0x40;
pub const H: u64 = TEXT + 0x50;
pub const END: u64 = TEXT + 0x60;
const RODATA: u64 = 0x2000;
pub const PCLNTAB: u64 = 0x3000;
pub const MODULE: u64 = 0x5000;
const BUILDINFO: u64 = 0x6000;
const EH_FRAME: u64 = 0x9000;

/// All binaries that differ in what the readers care for.
pub fn shapes() -> Vec<Shape> {
    let mut out = Vec::new();
    for form in FORMS {
        for (go, _) in VERSIONS {
            out.push(Shape { form, go, named: true });
        }
    }
    out.push(Shape { form: FORMS[0], go: Go::Go127, named: false });
    out.push(Shape { form: FORMS[3], go: Go::Go119, named: false });
    out
}

/// Values and how many bytes of code they hold for, as the compiler encodes
/// them.
pub fn pc_values(runs: &[(i32, u64)]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut number = |mut n: u64| {
        while n >= 0x80 {
            out.push(n as u8 | 0x80);
            n >>= 7;
        }
        out.push(n as u8);
    };
    let mut value = -1;
    for (next, steps) in runs {
        let difference: i32 = next - value;
        number(((difference << 1) ^ (difference >> 31)) as u32 as u64);
        number(*steps);
        value = *next;
    }
    out.push(0);
    out
}

/// Parts in one table, and where each begins.
struct Parts {
    data: Vec<u8>,
}

impl Parts {
    fn add(&mut self, part: &[u8]) -> u64 {
        let at = self.data.len() as u64;
        self.data.extend(part);
        at
    }
}

fn bytes(shape: Shape) -> Bytes {
    Bytes(Vec::new(), shape.form)
}

/// An ELF binary of three functions.
pub fn binary(shape: Shape) -> Vec<u8> {
    let Shape { form, go, named } = shape;
    let (funcdata, at) = funcdata(shape);
    let (mut pclntab, offsets) = pclntab(shape, at);
    // Since Go 1.26 the functions' data end the function table.
    let gofunc = if go >= Go::Go126 { PCLNTAB + pclntab.len() as u64 } else { RODATA };
    let mut rodata = bytes(shape);
    if go >= Go::Go126 {
        pclntab.extend(&funcdata);
    } else {
        rodata.raw(&funcdata);
    }
    while !rodata.0.len().is_multiple_of(8) {
        rodata.0.push(0);
    }
    let textsect = RODATA + rodata.0.len() as u64;
    rodata.word(0).word(END - TEXT + 1).word(TEXT);
    let epclntab = PCLNTAB + pclntab.len() as u64;
    let module = module(shape, offsets, gofunc, epclntab, textsect);
    let section = |name, flags, address, data| Section { name, kind: 1, flags, address, link: 0, data };
    let nops = vec![0x90; (END - TEXT) as usize];
    elf(
        form,
        &[
            section(".text", 6, TEXT, nops),
            section(".rodata", 2, RODATA, rodata.0),
            section(if named { ".gopclntab" } else { ".rdata" }, 2, PCLNTAB, pclntab),
            section(".noptrdata", 3, MODULE, module),
            section(if named { ".go.buildinfo" } else { ".data" }, 3, BUILDINFO, build_info(shape)),
            section(".debug_frame", 0, 0, debug_frame(form)),
            section(".eh_frame", 2, EH_FRAME, eh_frame(form)),
        ],
    )
}

/// Where in the functions' data what is.
struct At {
    args: u64,
    locals: u64,
    objects: u64,
    tree: u64,
    defers: u64,
    info: u64,
    live: u64,
    wrap: u64,
}

/// Offsets of `p.f`, `p.g`, `p.h`, `p.inner` and `p.outer` in the names.
const NAMES: &[u8] = b"p.f\0p.g\0p.h\0p.inner\0p.outer\0";
const NAME_AT: [u64; 5] = [0, 4, 8, 12, 20];

fn funcdata(shape: Shape) -> (Vec<u8>, At) {
    let mut parts = Parts { data: Vec::new() };
    let mut b = bytes(shape);
    let args = parts.add(&b.int(1, 4).int(3, 4).raw(&[0b101]).0);
    b = bytes(shape);
    let locals = parts.add(&b.int(2, 4).int(10, 4).raw(&[0x01, 0x02, 0xff, 0x01]).0);
    b = bytes(shape);
    let objects = parts.add(&b.word(1).int((-24i64) as u64, 4).int(16, 4).int(8, 4).int(5, 4).0);
    b = bytes(shape);
    // p.outer at F + 0x10, from p.f; in it p.inner at F + 0x14.
    for (name, parent_pc, line, parent) in [(NAME_AT[4], 0x0c, 100, -1i64), (NAME_AT[3], 0x10, 200, 0)] {
        if shape.go == Go::Go119 {
            b.int(parent as u64, 2).raw(&[0, 0]).int(1, 4).int(9, 4).int(name, 4).int(parent_pc, 4);
        } else {
            b.raw(&[0, 0, 0, 0]).int(name, 4).int(parent_pc, 4).int(line, 4);
        }
    }
    let tree = parts.add(&b.0);
    let defers = parts.add(if shape.go >= Go::Go125 { &[40, 0x98, 0x02] } else { &[40, 2, 0x98, 0x02, 24] });
    let info = parts.add(&[0xfe, 0, 8, 8, 8, 0xfd, 16, 4, 0xfb, 0xfc, 0xff]);
    let live = parts.add(&[8, 0b01]);
    b = bytes(shape);
    let wrap = parts.add(&b.int(F - TEXT, 4).0);
    (parts.data, At { args, locals, objects, tree, defers, info, live, wrap })
}

/// The function table, and where its parts are.
fn pclntab(shape: Shape, at: At) -> (Vec<u8>, [u64; 5]) {
    const NONE: u64 = u32::MAX as u64;
    let mut pctab = Parts { data: vec![0] };
    let pcsp = pctab.add(&pc_values(&[(0, 8), (24, 0x28), (0, 8)]));
    let pcfile = pctab.add(&pc_values(&[(1, 0x38)]));
    let pcln = pctab.add(&pc_values(&[(7, 0x10), (107, 4), (207, 0xc), (300, 0x18)]));
    let point = pctab.add(&pc_values(&[(-2, 8), (-1, 0x28), (-4, 8)]));
    let map = pctab.add(&pc_values(&[(-1, 0x18), (1, 0x20)]));
    let inlined = pctab.add(&pc_values(&[(-1, 0x10), (0, 4), (1, 0xc), (-1, 0x18)]));
    let live = pctab.add(&pc_values(&[(-1, 8), (1, 0x30)]));
    let flat = pctab.add(&pc_values(&[(0, 0x10)]));
    let first = |b: &mut Bytes, offset: u64, name: u64, fields: [u64; 6], line: u64, last: [u8; 4]| {
        let [args, deferreturn, pcsp, pcfile, pcln, npcdata] = fields;
        b.int(offset, 4).int(name, 4).int(args, 4).int(deferreturn, 4);
        b.int(pcsp, 4).int(pcfile, 4).int(pcln, 4).int(npcdata, 4).int(0, 4);
        if shape.go > Go::Go119 {
            b.int(line, 4);
        }
        b.raw(&last);
    };
    let mut f = bytes(shape);
    first(&mut f, F - TEXT, NAME_AT[0], [24, 0, pcsp, pcfile, pcln, 4], 6, [0, 0, 0, 8]);
    for offset in [point, map, inlined, live, at.args, at.locals, at.objects, at.tree, NONE, at.info, at.live, NONE] {
        f.int(offset, 4);
    }
    let mut g = bytes(shape);
    first(&mut g, G - TEXT, NAME_AT[1], [0x8000_0000, 0, 0, 0, 0, 0], 1, [8, 7, 0, 0]);
    let mut h = bytes(shape);
    first(&mut h, H - TEXT, NAME_AT[2], [0, 8, flat, flat, flat, 0], 1, [22, 0, 0, 8]);
    for offset in [NONE, NONE, NONE, NONE, at.defers, NONE, NONE, at.wrap] {
        h.int(offset, 4);
    }
    let head = 3 * 8 + 4;
    let mut functab = bytes(shape);
    let mut place = head;
    for (entry, func) in [(F, &f), (G, &g), (H, &h)] {
        functab.int(entry - TEXT, 4).int(place, 4);
        place += func.0.len() as u64;
    }
    functab.int(END - TEXT, 4).raw(&f.0).raw(&g.0).raw(&h.0);
    // Two files of the only unit, of which the first is not used.
    let mut units = bytes(shape);
    units.int(NONE, 4).int(0, 4);
    let header = 8 + 8 * if shape.form.wide { 8 } else { 4 };
    let mut data = vec![0; header];
    let mut offsets = [0; 5];
    for (n, part) in [NAMES, &units.0, b"d/p.go\0", &pctab.data, &functab.0].into_iter().enumerate() {
        offsets[n] = data.len() as u64;
        data.extend(part);
        data.resize(data.len().next_multiple_of(8), 0);
    }
    let mut h = bytes(shape);
    h.int(if shape.go == Go::Go119 { 0xffff_fff0 } else { 0xffff_fff1 }, 4);
    h.raw(&[0, 0, 1, if shape.form.wide { 8 } else { 4 }]).word(3).word(1);
    h.word(if shape.go >= Go::Go126 { 0 } else { TEXT });
    for offset in offsets {
        h.word(offset);
    }
    data[..header].copy_from_slice(&h.0);
    (data, offsets)
}

fn module(shape: Shape, offsets: [u64; 5], gofunc: u64, epclntab: u64, textsect: u64) -> Vec<u8> {
    let mut b = bytes(shape);
    // Something else comes first.
    b.word(PCLNTAB).word(7);
    b.word(PCLNTAB);
    let slice = |b: &mut Bytes, at: u64, len: u64| {
        b.word(at).word(len).word(len);
    };
    for (n, len) in [NAMES.len() as u64, 2, 7, 9, 10].into_iter().enumerate() {
        slice(&mut b, PCLNTAB + offsets[n], len);
    }
    slice(&mut b, PCLNTAB + offsets[4], 4);
    b.word(0x7000).word(F).word(END).word(TEXT).word(END);
    // Data and bss, coverage counters, the end, masks.
    let covered = if shape.go == Go::Go119 { 0 } else { 2 };
    for n in 0..8 + covered + 3 {
        b.word(0x8000 + n);
    }
    b.word(RODATA);
    if shape.go == Go::Go127 {
        b.word(0x10).word(RODATA + 0x20).word(0x20).word(0x10);
    } else {
        b.word(RODATA + 0x20);
    }
    b.word(RODATA).word(gofunc);
    if shape.go >= Go::Go126 {
        b.word(epclntab);
    }
    slice(&mut b, textsect, 1);
    b.raw(&[0; 256]);
    b.0
}

fn build_info(shape: Shape) -> Vec<u8> {
    let mut b = Bytes(vec![0; 16], shape.form);
    b.raw(b"\xff Go buildinf:").raw(&[8, 2]).raw(&[0; 16]);
    let version = VERSIONS.iter().find(|(go, _)| *go == shape.go).unwrap().1;
    let modinfo = "path\tp/cmd\nmod\tp\tv1.2.3\tsum\nbuild\t-buildmode=exe\nbuild\tGOARCH=amd64\n";
    let framed = [&[1; 16], modinfo.as_bytes(), &[2; 16]].concat();
    b.raw(&[version.len() as u8]).raw(version.as_bytes()).raw(&[framed.len() as u8]).raw(&framed);
    b.0
}

/// A CIE, and an entry for `p.f` that says what its `pcsp` says.
fn debug_frame(form: Form) -> Vec<u8> {
    let word = if form.wide { 8 } else { 4 };
    let padded = |mut b: Bytes| {
        while !(b.0.len() + 4).is_multiple_of(word) {
            b.0.push(0);
        }
        let mut out = Bytes(vec![], form);
        out.int(b.0.len() as u64, 4).raw(&b.0);
        out.0
    };
    let mut cie = Bytes(vec![], form);
    // Version 3, no augmentation, factors 1 and -4, return address in column 16;
    // def_cfa of register 7, offset(16, 8).
    cie.int(0xffff_ffff, 4).raw(&[3, 0, 1, 0x7c, 16]).raw(&[0x0c, 7, word as u8]).raw(&[0x90, word as u8 / 4]);
    let mut fde = Bytes(vec![], form);
    fde.int(0, 4).word(F).word(F_END - F);
    fde.raw(&[0x48, 0x0e, 24 + word as u8, 0x68, 0x0e, word as u8]);
    [padded(cie), padded(fde)].concat()
}

/// A CIE as C compilers make them, and an entry that has `p.g` push RBP, and
/// move SP to it.
fn eh_frame(form: Form) -> Vec<u8> {
    let with_length = |mut b: Bytes| {
        while !b.0.len().is_multiple_of(4) {
            b.0.push(0);
        }
        let mut out = Bytes(vec![], form);
        out.int(b.0.len() as u64, 4).raw(&b.0);
        out.0
    };
    let mut cie = Bytes(vec![], form);
    // Pointers are 32 bits, from their own place on; factors 1 and -8.
    cie.int(0, 4).raw(&[1]).text("zR").raw(&[1, 0x78, 16, 1, 0x1b]).raw(&[0x0c, 7, 8, 0x90, 1]);
    let cie = with_length(cie);
    let mut fde = Bytes(vec![], form);
    let place = EH_FRAME + cie.len() as u64 + 8;
    fde.int(cie.len() as u64 + 4, 4).int(G.wrapping_sub(place), 4).int(H - G, 4).raw(&[0]);
    fde.raw(&[0x41, 0x0e, 16, 0x86, 2, 0x43, 0x0d, 6]);
    [cie, with_length(fde), vec![0; 4]].concat()
}
