//! Subprograms: ordinary ones, and the out-of-line instances of inlined ones,
//! whose names and parameters are on an abstract instance.

use super::facts::{DwarfFacts, Function, LocationFact, SectionOffset, Variable};
use super::location::location;
use super::sections::Slice;
use super::types::{Types, locate};
use gimli::{Attribute, AttributeValue, Dwarf, Section, Unit, UnitHeader};
use std::collections::{BTreeSet, HashMap};

/// Attributes of one entry.
type Attributes<'a> = Vec<Attribute<Slice<'a>>>;

/// An abstract instance: what all instances of a function share.
#[derive(Clone, Debug, Default)]
struct Abstract {
    name: String,
    decl_file: Option<String>,
    decl_line: Option<u64>,
    /// By offset in `.debug_info`, in order.
    params: Vec<(usize, Variable)>,
}

/// Collects functions over all units.
pub(super) struct Functions<'a, 'd> {
    dwarf: &'d Dwarf<Slice<'a>>,
    headers: &'d [UnitHeader<Slice<'a>>],
    /// By offset of the abstract instance.
    abstracts: HashMap<usize, Abstract>,
    /// Names of abstract instances that are wanted.
    inlined: BTreeSet<String>,
}

/// The value of an attribute of an entry.
pub(super) fn value<'a>(attrs: &Attributes<'a>, name: gimli::DwAt) -> Option<AttributeValue<Slice<'a>>> {
    attrs.iter().find(|a| a.name() == name).map(Attribute::value)
}

/// A string attribute.
pub(super) fn string(dwarf: &Dwarf<Slice<'_>>, unit: &Unit<Slice<'_>>, attrs: &Attributes<'_>) -> Option<String> {
    let v = attrs.iter().find(|a| a.name() == gimli::DW_AT_name)?.value();
    // The lifetimes of all slices are those of the sections.
    match v {
        AttributeValue::String(s) => Some(s.to_string_lossy().into_owned()),
        AttributeValue::DebugStrRef(o) => Some(dwarf.debug_str.get_str(o).ok()?.to_string_lossy().into_owned()),
        AttributeValue::DebugLineStrRef(o) => {
            Some(dwarf.debug_line_str.get_str(o).ok()?.to_string_lossy().into_owned())
        }
        AttributeValue::DebugStrOffsetsIndex(i) => {
            let offset =
                dwarf.debug_str_offsets.get_str_offset(unit.encoding().format, unit.str_offsets_base, i).ok()?;
            Some(dwarf.debug_str.get_str(offset).ok()?.to_string_lossy().into_owned())
        }
        _ => None,
    }
}

/// A reference's target, as an offset in `.debug_info`.
pub(super) fn target(unit: &Unit<Slice<'_>>, v: Option<AttributeValue<Slice<'_>>>) -> Option<usize> {
    match v? {
        AttributeValue::UnitRef(o) => o.to_debug_info_offset(&unit.header).map(|o| o.0),
        AttributeValue::DebugInfoRef(o) => Some(o.0),
        _ => None,
    }
}

fn file_name(dwarf: &Dwarf<Slice<'_>>, unit: &Unit<Slice<'_>>, index: u64) -> Option<String> {
    let program = unit.line_program.as_ref()?;
    let file = program.header().file(index)?;
    let AttributeValue::String(name) = file.path_name() else {
        return dwarf.attr_string(unit, file.path_name()).ok().map(|s| s.to_string_lossy().into_owned());
    };
    Some(name.to_string_lossy().into_owned())
}

impl<'a, 'd> Functions<'a, 'd> {
    pub(super) fn new(dwarf: &'d Dwarf<Slice<'a>>, headers: &'d [UnitHeader<Slice<'a>>]) -> Self {
        Functions { dwarf, headers, abstracts: HashMap::new(), inlined: BTreeSet::new() }
    }

    /// Reads the wanted functions of one unit.
    pub(super) fn unit(
        &mut self,
        unit: &Unit<Slice<'a>>,
        wanted: &dyn Fn(&str) -> bool,
        types: &mut Types<'a, '_>,
        facts: &mut DwarfFacts,
    ) -> Result<(), gimli::Error> {
        let mut raw = unit.entries_raw(None)?;
        let mut attrs: Attributes<'a> = Vec::new();
        // The function whose direct children are being read, and their depth.
        let mut open: Option<(Function, Option<usize>, isize)> = None;
        let mut concrete: Vec<(usize, Variable)> = Vec::new();
        while !raw.is_empty() {
            let (offset, depth) = (raw.next_offset(), raw.next_depth());
            let Some(abbreviation) = raw.read_abbreviation()? else { continue };
            if open.as_ref().is_some_and(|(_, _, d)| depth <= *d) {
                self.close(open.take(), std::mem::take(&mut concrete), facts);
            }
            match abbreviation.tag() {
                gimli::DW_TAG_subprogram => {
                    raw.read_attributes(abbreviation.attributes(), &mut attrs)?;
                    let function = self.subprogram(unit, &attrs, wanted, types);
                    open = function.map(|(f, origin)| (f, origin, depth));
                }
                gimli::DW_TAG_formal_parameter if open.as_ref().is_some_and(|(_, _, d)| depth == d + 1) => {
                    raw.read_attributes(abbreviation.attributes(), &mut attrs)?;
                    let at = target(unit, value(&attrs, gimli::DW_AT_abstract_origin));
                    let own = offset.to_debug_info_offset(&unit.header).map_or(0, |o| o.0);
                    let variable = self.variable(unit, own, &attrs, types);
                    concrete.push((at.unwrap_or(usize::MAX), variable));
                }
                _ => raw.skip_attributes(abbreviation.attributes())?,
            }
        }
        self.close(open, concrete, facts);
        Ok(())
    }

    /// A function with code whose name is wanted, and its abstract instance.
    fn subprogram(
        &mut self,
        unit: &Unit<Slice<'a>>,
        attrs: &Attributes<'a>,
        wanted: &dyn Fn(&str) -> bool,
        types: &mut Types<'a, '_>,
    ) -> Option<(Function, Option<usize>)> {
        let origin = target(unit, value(attrs, gimli::DW_AT_abstract_origin));
        let mut function = Function {
            name: String::new(),
            low_pc: 0,
            high_pc: 0,
            decl_file: None,
            decl_line: None,
            frame_base: LocationFact::Absent,
            params: vec![],
            inlined_at_least_once: origin.is_some(),
        };
        match origin {
            None => {
                function.name = string(self.dwarf, unit, attrs)?;
                if !wanted(&function.name) {
                    return None;
                }
                (function.decl_file, function.decl_line) = self.declared(unit, attrs);
            }
            Some(at) => {
                let shared = self.abstract_instance(at, wanted, types)?;
                function.name.clone_from(&shared.name);
                function.decl_file.clone_from(&shared.decl_file);
                function.decl_line = shared.decl_line;
            }
        }
        if value(attrs, gimli::DW_AT_inline).is_some() {
            self.inlined.insert(function.name);
            return None;
        }
        let low = value(attrs, gimli::DW_AT_low_pc)?;
        function.low_pc = self.dwarf.attr_address(unit, low).ok().flatten()?;
        let high = value(attrs, gimli::DW_AT_high_pc)?;
        function.high_pc = match high.udata_value() {
            Some(size) => function.low_pc.checked_add(size)?,
            None => self.dwarf.attr_address(unit, high).ok().flatten()?,
        };
        function.frame_base = location(self.dwarf, unit, value(attrs, gimli::DW_AT_frame_base).as_ref()).0;
        Some((function, origin))
    }

    fn declared(&self, unit: &Unit<Slice<'a>>, attrs: &Attributes<'a>) -> (Option<String>, Option<u64>) {
        let file = match value(attrs, gimli::DW_AT_decl_file) {
            Some(AttributeValue::FileIndex(i)) => file_name(self.dwarf, unit, i),
            Some(_) | None => None,
        };
        (file, value(attrs, gimli::DW_AT_decl_line).and_then(|v| v.udata_value()))
    }

    fn variable(
        &self,
        unit: &Unit<Slice<'a>>,
        own: usize,
        attrs: &Attributes<'a>,
        types: &mut Types<'a, '_>,
    ) -> Variable {
        let (location, location_at) = location(self.dwarf, unit, value(attrs, gimli::DW_AT_location).as_ref());
        let name = string(self.dwarf, unit, attrs).unwrap_or_default();
        let flag = value(attrs, gimli::DW_AT_variable_parameter);
        Variable {
            // In Go's abbreviations the name comes first, in place, and the
            // flag's one byte right behind it.
            flag_at: flag.is_some().then(|| self.behind_name(own, &name)).flatten(),
            variable_parameter: matches!(flag, Some(AttributeValue::Flag(true))),
            name,
            decl_line: value(attrs, gimli::DW_AT_decl_line).and_then(|v| v.udata_value()),
            ty: target(unit, value(attrs, gimli::DW_AT_type)).map(|at| types.intern(at)),
            location,
            location_at,
        }
    }

    /// The byte behind the name of the entry at `own`.
    fn behind_name(&self, own: usize, name: &str) -> Option<SectionOffset> {
        let info = self.dwarf.debug_info.reader().slice();
        let entry = info.get(own..)?;
        // The abbreviation's code, a ULEB128.
        let code = entry.iter().position(|b| b & 0x80 == 0)? + 1;
        let rest = entry.get(code..)?;
        let here = rest.get(..name.len())? == name.as_bytes() && rest.get(name.len()) == Some(&0);
        here.then(|| SectionOffset { section: ".debug_info", offset: (own + code + name.len() + 1) as u64, len: 1 })
    }

    /// Reads the abstract instance at an offset, if its name is wanted.
    fn abstract_instance(
        &mut self,
        at: usize,
        wanted: &dyn Fn(&str) -> bool,
        types: &mut Types<'a, '_>,
    ) -> Option<&Abstract> {
        if !self.abstracts.contains_key(&at) {
            let header = locate(self.headers, at)?;
            let unit = Unit::new(self.dwarf, header).ok()?;
            let shared = self.read_abstract(&unit, at, wanted, types).ok()??;
            self.abstracts.insert(at, shared);
        }
        self.abstracts.get(&at)
    }

    fn read_abstract(
        &self,
        unit: &Unit<Slice<'a>>,
        at: usize,
        wanted: &dyn Fn(&str) -> bool,
        types: &mut Types<'a, '_>,
    ) -> Result<Option<Abstract>, gimli::Error> {
        let Some(start) = gimli::DebugInfoOffset(at).to_unit_offset(&unit.header) else { return Ok(None) };
        let mut raw = unit.entries_raw(Some(start))?;
        let mut attrs: Attributes<'a> = Vec::new();
        let Some(abbreviation) = raw.read_abbreviation()? else { return Ok(None) };
        raw.read_attributes(abbreviation.attributes(), &mut attrs)?;
        let Some(name) = string(self.dwarf, unit, &attrs).filter(|n| wanted(n)) else { return Ok(None) };
        let (decl_file, decl_line) = self.declared(unit, &attrs);
        let mut shared = Abstract { name, decl_file, decl_line, params: vec![] };
        while !raw.is_empty() && raw.next_depth() > 0 {
            let (offset, depth) = (raw.next_offset(), raw.next_depth());
            let Some(abbreviation) = raw.read_abbreviation()? else { continue };
            if depth == 1 && abbreviation.tag() == gimli::DW_TAG_formal_parameter {
                raw.read_attributes(abbreviation.attributes(), &mut attrs)?;
                let own = offset.to_debug_info_offset(&unit.header).map_or(0, |o| o.0);
                shared.params.push((own, self.variable(unit, own, &attrs, types)));
            } else {
                raw.skip_attributes(abbreviation.attributes())?;
            }
        }
        Ok(Some(shared))
    }

    /// Ends a function: joins the parameters with those of its abstract instance.
    fn close(
        &mut self,
        open: Option<(Function, Option<usize>, isize)>,
        concrete: Vec<(usize, Variable)>,
        facts: &mut DwarfFacts,
    ) {
        let Some((mut function, origin, _)) = open else { return };
        let shared = origin.and_then(|at| self.abstracts.get(&at));
        function.params = match shared {
            None => concrete.into_iter().map(|(_, v)| v).collect(),
            Some(shared) => join(&shared.params, concrete),
        };
        facts.functions.insert(function.name.clone(), function);
    }

    /// Notes the functions that have no code of their own.
    pub(super) fn finish(self, facts: &mut DwarfFacts) {
        let names = self.inlined.into_iter().chain(self.abstracts.into_values().map(|a| a.name));
        facts.inlined_only = names.filter(|n| !facts.functions.contains_key(n)).collect();
        for f in facts.functions.values_mut() {
            f.inlined_at_least_once |= facts.inlined_only.contains(&f.name);
        }
    }
}

/// Fills in what the abstract entries say. Entries that only the abstract
/// instance has come in its order where the two orders agree, else last.
fn join(shared: &[(usize, Variable)], concrete: Vec<(usize, Variable)>) -> Vec<Variable> {
    let index = |at: usize| shared.iter().position(|(o, _)| *o == at);
    let order: Vec<Option<usize>> = concrete.iter().map(|(at, _)| index(*at)).collect();
    let agree = order.iter().all(Option::is_some) && order.windows(2).all(|w| w[0] < w[1]);
    let mut filled: Vec<(Option<usize>, Variable)> = Vec::new();
    for ((_, own), i) in concrete.into_iter().zip(&order) {
        let v = match i.and_then(|i| shared.get(i)) {
            Some((_, s)) => Variable { location: own.location, location_at: own.location_at, ..s.clone() },
            None => own,
        };
        filled.push((*i, v));
    }
    for (i, (_, s)) in shared.iter().enumerate() {
        if !order.contains(&Some(i)) {
            filled.push((Some(i), s.clone()));
        }
    }
    if agree {
        filled.sort_by_key(|(i, _)| *i);
    }
    filled.into_iter().map(|(_, v)| v).collect()
}
