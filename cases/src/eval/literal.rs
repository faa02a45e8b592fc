//! Composite literals, function literals, zero values.

use super::core::{Evaluator, Operand};
use crate::bounds::parts_of_type;
use crate::constant::integer;
use crate::mistake::did_you_mean;
use crate::syntax::{GoError, Parsed, children};
use crate::types::{Basic, FuncType, GoType};
use crate::value::{Func, Map, Place, Pointer, Slice, Value};
use num_traits::ToPrimitive;
use std::sync::Arc;
use tree_sitter::Node;

/// The most elements that an array or slice literal may have.
const MAX_ELEMS: u64 = 1 << 20;

impl Evaluator<'_> {
    /// The zero value of a type.
    pub(super) fn zero(&mut self, ty: &GoType) -> Value {
        if let Some(nil) = super::core::nil_of(ty) {
            return nil;
        }
        match ty.underlying() {
            GoType::Basic(Basic::Bool) => Value::Bool(false),
            GoType::Basic(Basic::Float32) => Value::Float32(0),
            GoType::Basic(Basic::Float64) => Value::Float64(0),
            GoType::Basic(Basic::Complex64) => Value::Complex64(0, 0),
            GoType::Basic(Basic::Complex128) => Value::Complex128(0, 0),
            GoType::Basic(Basic::String) => Value::String(vec![]),
            GoType::Array(n, e) => {
                let zero = self.zero(e);
                Value::Array(vec![zero; usize::try_from((*n).min(MAX_ELEMS)).unwrap_or(0)])
            }
            GoType::Struct(s) => Value::Struct(s.fields.iter().map(|f| self.zero(&f.ty)).collect()),
            _ => Value::Int(0),
        }
    }

    /// The zero value of a type, for the harness: what a result holds that was never set.
    #[must_use]
    pub fn zero_value(&mut self, ty: &GoType) -> Value {
        self.zero(ty)
    }

    /// The size of a type in bytes, for telling what memory slices share. It
    /// is exact but for padding that differs by port, which no comparison sees.
    pub(super) fn size(&self, ty: &GoType) -> u64 {
        let arch = if self.word == 4 { "386" } else { "amd64" };
        crate::arch::Arch::get(arch).and_then(|a| ty.layout(a).ok()).map_or(0, |l| l.size)
    }

    pub(super) fn size_is_zero(&self, ty: &GoType) -> bool {
        self.size(ty) == 0
    }

    pub(super) fn composite(&mut self, p: &Parsed, n: Node) -> Result<Operand, GoError> {
        let incomplete = || p.error(n, "this literal is incomplete");
        let ty_node = n.child_by_field_name("type").ok_or_else(incomplete)?;
        let body = n.child_by_field_name("body").ok_or_else(incomplete)?;
        if ty_node.kind() == "implicit_length_array_type" {
            let e = ty_node.child_by_field_name("element").ok_or_else(incomplete)?;
            let elem = Arc::new(self.type_of(p, e)?);
            let items = self.indexed(p, body, &elem, None)?;
            return Ok(Operand::Value(Value::Array(items.clone()), GoType::Array(items.len() as u64, elem)));
        }
        let ty = self.type_of(p, ty_node)?;
        let v = self.literal_body(p, body, &ty)?;
        Ok(Operand::Value(v, ty))
    }

    fn literal_body(&mut self, p: &Parsed, body: Node, ty: &GoType) -> Result<Value, GoError> {
        match ty.underlying() {
            GoType::Struct(_) => self.struct_body(p, body, ty),
            GoType::Array(n, e) => Ok(Value::Array(self.indexed(p, body, e, Some(*n))?)),
            GoType::Slice(e) => {
                let elems = self.indexed(p, body, e, None)?;
                let cap = Some(elems.len() as u64);
                Ok(Value::Slice(Some(Slice { place: self.allocate(), elem_size: self.size(e), cap, elems })))
            }
            GoType::Map(k, v) => {
                let mut entries: Vec<(Value, Value)> = Vec::new();
                for item in children(body) {
                    let (Some(key), Some(value)) = (item.child_by_field_name("key"), item.child_by_field_name("value"))
                    else {
                        return Err(p.error(item, "a map's element needs a key"));
                    };
                    let key_value = self.element(p, key, k)?;
                    if entries.iter().any(|(k, _)| *k == key_value) {
                        return Err(p.error(key, "this key stands twice in the map"));
                    }
                    entries.push((key_value, self.element(p, value, v)?));
                }
                Ok(Value::Map(Some(Map { place: self.allocate(), entries })))
            }
            // `&T{...}` with the type left out: `[]*T{{...}}`.
            GoType::Pointer(e)
                if matches!(
                    e.underlying(),
                    GoType::Struct(_) | GoType::Array(..) | GoType::Slice(_) | GoType::Map(..)
                ) =>
            {
                let target = self.literal_body(p, body, e)?;
                let place = if self.size_is_zero(e) { Place::Nowhere } else { self.allocate() };
                Ok(Value::Pointer(Some(Pointer { place, target: Some(Box::new(target)) })))
            }
            _ => Err(p.error(body, format!("{ty} has no composite literal"))),
        }
    }

    /// One element of a literal: an expression, or a literal with its type left out.
    fn element(&mut self, p: &Parsed, n: Node, ty: &GoType) -> Result<Value, GoError> {
        let inner = if n.kind() == "literal_element" { children(n).first().copied().unwrap_or(n) } else { n };
        if inner.kind() == "literal_value" { self.literal_body(p, inner, ty) } else { self.assigned(p, inner, ty) }
    }

    fn struct_body(&mut self, p: &Parsed, body: Node, ty: &GoType) -> Result<Value, GoError> {
        let GoType::Struct(st) = ty.underlying() else { return Err(p.error(body, "no struct")) };
        let st = Arc::clone(st);
        let items = children(body);
        let keyed = items.iter().filter(|i| i.kind() == "keyed_element").count();
        let mut out: Vec<Value> = st.fields.iter().map(|f| self.zero(&f.ty)).collect();
        if keyed == 0 {
            if !items.is_empty() && items.len() != st.fields.len() {
                let message = format!("{ty} has {} fields, {} values were given", st.fields.len(), items.len());
                return Err(p.error(body, message));
            }
            for ((slot, f), item) in out.iter_mut().zip(&st.fields).zip(&items) {
                *slot = self.element(p, *item, &f.ty)?;
            }
            return Ok(Value::Struct(out));
        }
        if keyed != items.len() {
            return Err(p.error(body, "either all fields have keys, or none"));
        }
        let mut seen: Vec<String> = Vec::new();
        for item in items {
            let (Some(key), Some(value)) = (item.child_by_field_name("key"), item.child_by_field_name("value")) else {
                continue;
            };
            let name = p.text(key).trim().to_string();
            let Some(i) = st.fields.iter().position(|f| f.name == name && f.name != "_") else {
                let e = p.error(key, format!("{ty} has no field `{name}`"));
                let names = st.fields.iter().map(|f| f.name.as_str());
                return Err(match did_you_mean(&name, names.clone()) {
                    Some(h) => e.help(h),
                    None => e.help(format!("its fields are {}", names.collect::<Vec<_>>().join(", "))),
                });
            };
            if seen.contains(&name) {
                return Err(p.error(key, format!("field `{name}` is set twice")));
            }
            let v = self.element(p, value, &st.fields[i].ty)?;
            if let Some(slot) = out.get_mut(i) {
                *slot = v;
            }
            seen.push(name);
        }
        Ok(Value::Struct(out))
    }

    /// The elements of an array or slice literal, index keys included.
    fn indexed(&mut self, p: &Parsed, body: Node, elem: &GoType, len: Option<u64>) -> Result<Vec<Value>, GoError> {
        let mut out: Vec<Option<Value>> = Vec::new();
        let mut next = 0u64;
        for item in children(body) {
            let value = if item.kind() == "keyed_element" {
                let (Some(key), Some(value)) = (item.child_by_field_name("key"), item.child_by_field_name("value"))
                else {
                    continue;
                };
                let key =
                    if key.kind() == "literal_element" { children(key).first().copied().unwrap_or(key) } else { key };
                let c = self.constant_node(p, key)?;
                next = integer(&c)
                    .and_then(|i| i.to_u64())
                    .ok_or_else(|| p.error(key, "an index is a constant integer"))?;
                value
            } else {
                item
            };
            if len.is_some_and(|l| next >= l) || next >= MAX_ELEMS {
                return Err(p.error(item, format!("index {next} is out of range")));
            }
            let v = self.element(p, value, elem)?;
            let i = usize::try_from(next).map_err(|_| p.error(item, "the index is out of range"))?;
            if out.len() <= i {
                out.resize(i + 1, None);
            }
            if out[i].is_some() {
                return Err(p.error(item, format!("index {next} is set twice")));
            }
            out[i] = Some(v);
            next += 1;
        }
        if let Some(len) = len {
            if len > MAX_ELEMS {
                return Err(p.error(body, "this array is too large to be a literal"));
            }
            out.resize(usize::try_from(len).unwrap_or(0), None);
        }
        self.spend(p, body, parts_of_type(elem).saturating_mul(out.iter().filter(|v| v.is_none()).count() as u64))?;
        let zero = self.zero(elem);
        Ok(out.into_iter().map(|v| v.unwrap_or_else(|| zero.clone())).collect())
    }

    /// `func() (int, string) { return 7, "x" }`: known by what it returns.
    pub(super) fn func_literal(&mut self, p: &Parsed, n: Node) -> Result<Operand, GoError> {
        let ty: FuncType = crate::resolve::func_type(self.scope, p, n, &crate::scope::Env::new())?;
        let body = n.child_by_field_name("body").ok_or_else(|| p.error(n, "a function without a body"))?;
        let list = children(body).first().map_or(vec![], |l| children(*l));
        let returned = match list.as_slice() {
            [] => vec![],
            [one] if one.kind() == "return_statement" => children(*one).first().map_or(vec![], |l| children(*l)),
            _ => return Err(p.error(body, "a function value consists of one return statement, here")),
        };
        if returned.len() != ty.results.len() {
            return Err(
                p.error(body, format!("{} results are wanted, {} are returned", ty.results.len(), returned.len()))
            );
        }
        let returns = returned
            .into_iter()
            .zip(&ty.results)
            .map(|(e, t)| self.assigned(p, e, t))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Operand::Value(Value::Func(Some(Func { returns })), GoType::Func(Arc::new(ty))))
    }
}

impl Evaluator<'_> {
    /// The slice that a call makes of its variadic arguments: nil for none.
    #[must_use]
    pub fn slice_of(&mut self, ty: &GoType, elems: Vec<Value>) -> Value {
        let GoType::Slice(e) = ty.underlying() else { return Value::Slice(None) };
        if elems.is_empty() {
            return Value::Slice(None);
        }
        let cap = Some(elems.len() as u64);
        Value::Slice(Some(Slice { place: self.allocate(), elem_size: self.size(e), cap, elems }))
    }
}
