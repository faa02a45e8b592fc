//! Where variables of the program are.

use object::{Object, ObjectKind, ObjectSymbol, SymbolKind};

/// The address of a variable of one byte in a program that is not moved when it is
/// loaded; `None` if it has no such variable, is moved, or is no object file.
#[must_use]
pub fn byte_variable(program: &[u8], symbol: &str) -> Option<u64> {
    let file = object::File::parse(program).ok()?;
    let found = |s: &object::Symbol<'_, '_>| s.kind() == SymbolKind::Data && s.size() == 1 && s.name() == Ok(symbol);
    file.symbols().find(found).map(|s| s.address()).filter(|_| file.kind() == ObjectKind::Executable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use object::write::{Object as Writer, StandardSection, Symbol, SymbolSection};
    use object::{Architecture, BinaryFormat, Endianness, SymbolFlags, SymbolScope};

    fn with(kind: SymbolKind, size: u64) -> Vec<u8> {
        let mut file = Writer::new(BinaryFormat::Elf, Architecture::X86_64, Endianness::Little);
        let section = file.section_id(StandardSection::Data);
        file.append_section_data(section, &[0; 64], 8);
        file.add_symbol(Symbol {
            name: b"reflect.callGC".to_vec(),
            value: 0x30,
            size,
            kind,
            scope: SymbolScope::Linkage,
            weak: false,
            section: SymbolSection::Section(section),
            flags: SymbolFlags::None,
        });
        let mut bytes = file.write().unwrap();
        // An executable, which the writer does not make.
        bytes[16] = 2;
        bytes
    }

    #[test]
    fn only_what_is_one_byte_of_an_executable() {
        let program = with(SymbolKind::Data, 1);
        assert_eq!(byte_variable(&program, "reflect.callGC"), Some(0x30));
        assert_eq!(byte_variable(&program, "reflect.callG"), None);
        assert_eq!(byte_variable(&with(SymbolKind::Data, 8), "reflect.callGC"), None);
        assert_eq!(byte_variable(&with(SymbolKind::Text, 1), "reflect.callGC"), None);
        let mut shared = program;
        shared[16] = 3;
        assert_eq!(byte_variable(&shared, "reflect.callGC"), None);
        assert_eq!(byte_variable(b"no program", "reflect.callGC"), None);
    }
}
