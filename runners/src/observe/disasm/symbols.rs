//! Names of addresses, from an artifact's symbol table.

use object::{Object, ObjectSymbol, SymbolKind};

/// An artifact's functions and data by address.
#[derive(Clone, Debug, Default)]
pub struct Symbols {
    /// Sorted by start.
    list: Vec<Symbol>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Symbol {
    start: u64,
    /// The first address behind it.
    end: u64,
    name: String,
}

impl Symbols {
    /// The symbols of an artifact; none where it is stripped.
    #[must_use]
    pub fn of(file: &object::File<'_>) -> Symbols {
        let named = file.symbols().filter(|s| matches!(s.kind(), SymbolKind::Text | SymbolKind::Data));
        Symbols::new(named.filter_map(|s| Some((s.address(), s.size(), s.name().ok()?.to_string()))))
    }

    /// Symbols of address, size in bytes, and name.
    pub fn new(symbols: impl IntoIterator<Item = (u64, u64, String)>) -> Symbols {
        // Those without a size mark the ends of sections: they name nothing.
        let mut list: Vec<Symbol> = symbols
            .into_iter()
            .filter(|(_, size, name)| *size > 0 && !name.is_empty())
            .map(|(start, size, name)| Symbol { start, end: start.saturating_add(size), name })
            .collect();
        list.sort();
        Symbols { list }
    }

    /// The symbol that an address lies in: `runtime.f`, `runtime.f+0x1c`.
    #[must_use]
    pub fn name(&self, address: u64) -> Option<String> {
        let behind = self.list.partition_point(|s| s.start <= address);
        let s = self.list[..behind].last().filter(|s| address < s.end)?;
        let offset = address - s.start;
        Some(if offset == 0 { s.name.clone() } else { format!("{}+{offset:#x}", s.name) })
    }
}
