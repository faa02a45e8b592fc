//! Small artifacts made here, byte by byte, in both byte orders and word sizes.

/// Which artifact to make.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    pub big_endian: bool,
    pub wide: bool,
}

pub const FORMS: [Form; 4] = [
    Form { big_endian: false, wide: true },
    Form { big_endian: true, wide: true },
    Form { big_endian: false, wide: false },
    Form { big_endian: true, wide: false },
];

/// Bytes in the artifact's order.
pub struct Bytes(pub Vec<u8>, pub Form);

impl Bytes {
    pub fn int(&mut self, n: u64, len: usize) -> &mut Self {
        let b = n.to_be_bytes();
        let mut b = b[8 - len..].to_vec();
        if !self.1.big_endian {
            b.reverse();
        }
        self.0.extend(b);
        self
    }
    pub fn word(&mut self, n: u64) -> &mut Self {
        self.int(n, if self.1.wide { 8 } else { 4 })
    }
    pub fn text(&mut self, s: &str) -> &mut Self {
        self.0.extend(s.as_bytes());
        self.0.push(0);
        self
    }
    pub fn raw(&mut self, b: &[u8]) -> &mut Self {
        self.0.extend(b);
        self
    }
    /// An expression with its length.
    pub fn expr(&mut self, b: &[u8]) -> &mut Self {
        self.0.push(b.len() as u8);
        self.raw(b)
    }
}

/// One section of an artifact.
pub struct Section {
    pub name: &'static str,
    /// `sh_type`.
    pub kind: u32,
    /// `sh_flags`.
    pub flags: u64,
    pub address: u64,
    /// `sh_link`: the index of another section, from 1 on in the order given.
    pub link: u32,
    pub data: Vec<u8>,
}

/// An ELF file of these sections.
pub fn elf(f: Form, sections: &[Section]) -> Vec<u8> {
    let (header, entry) = if f.wide { (64, 64) } else { (52, 40) };
    let mut names = vec![0u8];
    let mut body: Vec<u8> = vec![];
    let mut table: Vec<(usize, usize, Option<&Section>, usize)> = vec![(0, 0, None, 0)];
    for s in sections {
        table.push((names.len(), header + body.len(), Some(s), s.data.len()));
        names.extend(s.name.as_bytes());
        names.push(0);
        body.extend(&s.data);
    }
    let at = names.len();
    names.extend(b".shstrtab\0");
    table.push((at, header + body.len(), None, names.len()));
    body.extend(&names);
    while !body.len().is_multiple_of(8) {
        body.push(0);
    }
    let mut b = Bytes(b"\x7fELF".to_vec(), f);
    b.raw(&[if f.wide { 2 } else { 1 }, if f.big_endian { 2 } else { 1 }, 1]).raw(&[0; 9]);
    b.int(2, 2).int(62, 2).int(1, 4).word(0).word(0).word((header + body.len()) as u64);
    b.int(0, 4).int(header as u64, 2).int(0, 2).int(0, 2).int(entry, 2).int(table.len() as u64, 2);
    b.int(table.len() as u64 - 1, 2);
    assert_eq!(b.0.len(), header);
    b.raw(&body);
    for (i, (name, offset, section, size)) in table.iter().enumerate() {
        let own = if i == 0 { 0 } else { 3 };
        let (kind, flags, address, link) = section.map_or((own, 0, 0, 0), |s| (s.kind, s.flags, s.address, s.link));
        // A symbol has 24 bytes, or 16.
        let symbol = if kind == 2 { if f.wide { 24 } else { 16 } } else { 0 };
        b.int(*name as u64, 4).int(u64::from(kind), 4).word(flags).word(address);
        b.word(*offset as u64).word(*size as u64);
        b.int(u64::from(link), 4).int(0, 4).word(1).word(symbol);
    }
    b.0
}
