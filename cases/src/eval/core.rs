//! Operands, names, operators, and assignment to a type.

use crate::bounds::{Level, MAX_DIGITS, MAX_PARTS, check_type, parts_of_type, parts_of_value};
use crate::constant::{Const, binary, number, unary};
use crate::mistake::did_you_mean;
use crate::resolve::resolve;
use crate::scope::{Env, Scope, missing_method};
use crate::syntax::{Fragment, GoError, Parsed, children, parse};
use crate::types::{Basic, GoType};
use crate::value::{Dynamic, Place, Pointer, Slice, Value};
use num_bigint::BigInt;
use std::collections::HashMap;
use tree_sitter::Node;

/// What an expression is before it is assigned to something.
#[derive(Clone, Debug)]
pub(super) enum Operand {
    /// A constant, untyped or of a type.
    Const(Const, Option<GoType>),
    Nil,
    Value(Value, GoType),
}

/// Evaluates expressions for one word size. Memory that expressions make gets
/// virtual addresses, so that what shares memory is seen to.
pub struct Evaluator<'a> {
    pub(super) scope: &'a Scope,
    /// Size of `int`, `uint` and `uintptr` in bytes: 4 or 8.
    pub(super) word: u32,
    pub(super) lets: HashMap<String, (GoType, Value)>,
    /// Addresses that were taken of variables.
    addresses: HashMap<String, u64>,
    next: u64,
    iota: Option<u32>,
    /// Parts of values that were made so far.
    parts: u64,
}

impl<'a> Evaluator<'a> {
    /// An evaluator over the declarations of `scope`; `word` is the size of an
    /// `int` in bytes.
    #[must_use]
    pub fn new(scope: &'a Scope, word: u32) -> Evaluator<'a> {
        Evaluator { scope, word, lets: HashMap::new(), addresses: HashMap::new(), next: 1 << 32, iota: None, parts: 0 }
    }

    /// Fresh memory. Addresses lie far apart, so that no two objects overlap.
    pub(super) fn allocate(&mut self) -> Place {
        self.next += 1 << 32;
        Place::Address(self.next)
    }

    /// Names a value for the expressions that follow.
    ///
    /// # Errors
    /// An expression that cannot be evaluated.
    pub fn bind(&mut self, name: &str, text: &str) -> Result<(), GoError> {
        let p = parse(Fragment::Expression, text)?;
        let n = only(&p, text)?;
        let o = self.expr(&p, n, None)?;
        let bound = self.settle(o).map_err(|m| p.error(n, m))?;
        self.lets.insert(name.to_string(), bound);
        Ok(())
    }

    /// Evaluates an expression and assigns it to a type.
    ///
    /// # Errors
    /// An expression that cannot be evaluated, or not be assigned.
    pub fn value(&mut self, text: &str, ty: &GoType) -> Result<Value, GoError> {
        if text.trim() == "_" {
            return Ok(Value::Unstated);
        }
        let p = parse(Fragment::Expression, text)?;
        let n = only(&p, text)?;
        self.assigned(&p, n, ty)
    }

    /// Evaluates an expression to a string constant.
    ///
    /// # Errors
    /// An expression that is no string constant.
    pub fn constant_node(&mut self, p: &Parsed, n: Node) -> Result<Const, GoError> {
        match self.expr(p, n, None)? {
            Operand::Const(c, _) => Ok(c),
            Operand::Nil | Operand::Value(..) => Err(p.error(n, "a constant is wanted here")),
        }
    }

    pub(super) fn assigned(&mut self, p: &Parsed, n: Node, ty: &GoType) -> Result<Value, GoError> {
        let o = self.expr(p, n, Some(ty))?;
        self.assign(o, ty).map_err(|m| p.error(n, m))
    }

    pub(super) fn type_of(&self, p: &Parsed, n: Node) -> Result<GoType, GoError> {
        let ty = resolve(self.scope, p, n, &Env::new())?;
        check_type(&ty).map_err(|m| p.error(n, m))?;
        Ok(ty)
    }

    /// Counts values before they are made: all of one vector's together are bounded.
    pub(super) fn spend(&mut self, p: &Parsed, n: Node, parts: u64) -> Result<(), GoError> {
        self.parts = self.parts.saturating_add(parts);
        if self.parts <= MAX_PARTS {
            return Ok(());
        }
        Err(p.error(
            n,
            format!("these values are too large: goabi holds at most {MAX_PARTS} parts of values for a vector"),
        ))
    }

    /// Evaluates a node. `hint` is the type that it will be assigned to: elided
    /// literal types and function literals need it.
    pub(super) fn expr(&mut self, p: &Parsed, n: Node, hint: Option<&GoType>) -> Result<Operand, GoError> {
        let _level = Level::enter(p, n)?;
        self.expr_inner(p, n, hint)
    }

    fn expr_inner(&mut self, p: &Parsed, n: Node, hint: Option<&GoType>) -> Result<Operand, GoError> {
        let text = p.text(n);
        let untyped = |c| Ok(Operand::Const(c, None));
        match n.kind() {
            "int_literal" | "float_literal" | "imaginary_literal" => {
                if text.len() > MAX_DIGITS {
                    return Err(p.error(n, format!("this number is too large: it is written with more than {MAX_DIGITS} digits")));
                }
                untyped(number(text).ok_or_else(|| p.error(n, "this number cannot be read"))?)
            }
            "rune_literal" => untyped(Const::Rune(BigInt::from(super::text::rune(text).ok_or_else(|| p.error(n, "a bad rune"))?))),
            "interpreted_string_literal" | "raw_string_literal" => {
                untyped(Const::Str(super::text::unquote(text).ok_or_else(|| p.error(n, "a bad escape in this string"))?))
            }
            "true" => untyped(Const::Bool(true)),
            "false" => untyped(Const::Bool(false)),
            "nil" => Ok(Operand::Nil),
            "iota" => match self.iota {
                Some(i) => untyped(Const::Int(i.into())),
                None => Err(p.error(n, "iota outside a constant declaration")),
            },
            "identifier" => self.name(p, n),
            "parenthesized_expression" => {
                let inner = children(n).first().copied().ok_or_else(|| p.error(n, "empty parentheses"))?;
                self.expr(p, inner, hint)
            }
            "unary_expression" => self.unary(p, n, hint),
            "binary_expression" => self.binary(p, n),
            "composite_literal" => self.composite(p, n),
            "call_expression" | "type_conversion_expression" => self.call(p, n),
            "selector_expression" => self.selector(p, n),
            "slice_expression" => self.slice_expr(p, n),
            "func_literal" => self.func_literal(p, n),
            _ => Err(p
                .error(n, format!("goabi's value language has no `{}`", n.kind().replace('_', " ")))
                .help("values are constants, literals, conversions, nil, errors.New, fmt.Errorf, math.*; compute others in a `body:`")),
        }
    }

    fn name(&mut self, p: &Parsed, n: Node) -> Result<Operand, GoError> {
        let text = p.text(n);
        if let Some((ty, v)) = self.lets.get(text) {
            let (ty, v) = (ty.clone(), v.clone());
            self.spend(p, n, parts_of_value(&v))?;
            return Ok(Operand::Value(v, ty));
        }
        let scope = self.scope;
        if let Some(c) = scope.consts.get(text) {
            let d = scope.parsed();
            let saved = self.iota.replace(c.iota);
            let out = match (&c.ty, scope.node(&c.value)) {
                (None, Some(v)) => self.expr(d, v, None),
                (Some(t), Some(v)) => {
                    let ty = scope.node(t).ok_or_else(|| p.error(n, "no such type")).and_then(|t| self.type_of(d, t));
                    ty.and_then(|ty| {
                        let o = self.expr(d, v, Some(&ty))?;
                        self.convert(o, &ty).map_err(|m| p.error(n, m))
                    })
                }
                (_, None) => Err(p.error(n, "this constant has no value")),
            };
            self.iota = saved;
            return out.map_err(|e| p.error(n, e.message));
        }
        if let Some(v) = scope.vars.get(text) {
            let d = scope.parsed();
            let ty = v.ty.as_ref().and_then(|t| scope.node(t)).map(|t| self.type_of(d, t)).transpose()?;
            let o = match (v.value.as_ref().and_then(|v| scope.node(v)), ty) {
                (Some(v), Some(ty)) => self.assigned(d, v, &ty).map(|v| (ty, v)),
                (Some(v), None) => {
                    let o = self.expr(d, v, None)?;
                    self.settle(o).map_err(|m| p.error(n, m))
                }
                (None, Some(ty)) => {
                    let zero = self.zero(&ty);
                    Ok((ty, zero))
                }
                (None, None) => Err(p.error(n, "this variable has no value")),
            };
            let (ty, value) =
                o.map_err(|e| p.error(n, format!("the value of `{text}` is not known: {}", e.message)))?;
            // Evaluated once: a second mention is the same memory.
            self.lets.insert(text.to_string(), (ty.clone(), value.clone()));
            return Ok(Operand::Value(value, ty));
        }
        if text == crate::graffiti::WORD {
            return Err(p.error(n, "`graffiti` stands alone: for an argument, for a result, or for a list of them"));
        }
        let e = p.error(n, format!("`{text}` is not declared"));
        let known = scope
            .names()
            .iter()
            .map(|(n, _)| n.as_str())
            .chain(self.lets.keys().map(String::as_str))
            .chain(["nil", "true", "false"]);
        Err(match did_you_mean(text, known) {
            Some(h) => e.help(h),
            None => e,
        })
    }

    fn unary(&mut self, p: &Parsed, n: Node, hint: Option<&GoType>) -> Result<Operand, GoError> {
        let operand = n.child_by_field_name("operand").ok_or_else(|| p.error(n, "an operand is missing"))?;
        let op = n.child_by_field_name("operator").map_or("", |o| p.text(o));
        if op == "&" {
            return self.address(p, operand, hint);
        }
        match self.expr(p, operand, hint)? {
            Operand::Const(c, ty) => {
                let c = match (&ty, op, &c) {
                    // `^uint32(0)`: the complement within the type.
                    (Some(t), "^", Const::Int(i)) if self.int_bits(t).is_some_and(|(signed, _)| !signed) => {
                        let bits = self.int_bits(t).map_or(0, |(_, b)| b);
                        Const::Int(((BigInt::from(1) << bits) - 1) ^ i)
                    }
                    _ => unary(op, c).map_err(|m| p.error(n, m))?,
                };
                self.retype(c, ty).map_err(|m| p.error(n, m))
            }
            Operand::Nil | Operand::Value(..) => Err(p.error(n, format!("`{op}` applies to constants only, here"))),
        }
    }

    fn address(&mut self, p: &Parsed, n: Node, hint: Option<&GoType>) -> Result<Operand, GoError> {
        let inner = match hint.map(GoType::underlying) {
            Some(GoType::Pointer(e)) => Some(e.as_ref()),
            _ => None,
        };
        if n.kind() == "index_expression" {
            return self.element_address(p, n);
        }
        match self.expr(p, n, inner)? {
            Operand::Value(v, t) => {
                let place = if n.kind() == "identifier" {
                    let fresh = self.allocate();
                    let Place::Address(fresh) = fresh else { return Err(p.error(n, "no address")) };
                    Place::Address(*self.addresses.entry(p.text(n).to_string()).or_insert(fresh))
                } else if n.kind() == "composite_literal" {
                    self.allocate()
                } else {
                    return Err(p.error(n, "an address can be taken of a literal or of a `let` name"));
                };
                let place = if self.size_is_zero(&t) { Place::Nowhere } else { place };
                let target = Some(Box::new(v));
                Ok(Operand::Value(Value::Pointer(Some(Pointer { place, target })), GoType::Pointer(t.into())))
            }
            Operand::Nil | Operand::Const(..) => {
                Err(p.error(n, "an address can be taken of a literal or of a `let` name"))
            }
        }
    }

    /// `&[]T{x}[0]`: Go's shortest way to a pointer to a value that is no composite.
    fn element_address(&mut self, p: &Parsed, n: Node) -> Result<Operand, GoError> {
        let part = |f: &str| n.child_by_field_name(f).ok_or_else(|| p.error(n, "this index is incomplete"));
        let (literal, index) = (part("operand")?, part("index")?);
        let at = crate::constant::integer(&self.constant_node(p, index)?).and_then(|i| usize::try_from(i).ok());
        if literal.kind() != "composite_literal" {
            return Err(p.error(literal, "only a slice literal's element has an address, here"));
        }
        let (Operand::Value(Value::Slice(Some(s)), ty), Some(at)) = (self.expr(p, literal, None)?, at) else {
            return Err(p.error(n, "only a slice literal's element has an address, here"));
        };
        let (GoType::Slice(elem), Some(v)) = (ty.underlying(), s.elems.into_iter().nth(at)) else {
            return Err(p.error(index, "the index is out of range"));
        };
        let place = if self.size_is_zero(elem) { Place::Nowhere } else { self.allocate() };
        let pointer = Pointer { place, target: Some(Box::new(v)) };
        Ok(Operand::Value(Value::Pointer(Some(pointer)), GoType::Pointer(elem.clone())))
    }

    fn binary(&mut self, p: &Parsed, n: Node) -> Result<Operand, GoError> {
        let side = |f: &str| n.child_by_field_name(f).ok_or_else(|| p.error(n, "an operand is missing"));
        let op = n.child_by_field_name("operator").map_or("", |o| p.text(o));
        let (l, r) = (self.expr(p, side("left")?, None)?, self.expr(p, side("right")?, None)?);
        let (Operand::Const(a, at), Operand::Const(b, bt)) = (l, r) else {
            return Err(p
                .error(n, "operators apply to constants only, here")
                .help("compute other values in a `body:`"));
        };
        let shift = matches!(op, "<<" | ">>");
        let ty = match (at, bt) {
            (t, _) if shift => t,
            (Some(x), Some(y)) if x != y => return Err(p.error(n, format!("{x} and {y} do not mix"))),
            (x, y) => x.or(y),
        };
        let integral = ty.as_ref().is_some_and(|t| self.int_bits(t).is_some());
        let (a, b) = if integral && !shift {
            let whole = |c: Const| {
                crate::constant::integer(&c).map(Const::Int).ok_or_else(|| p.error(n, "the constant is no integer"))
            };
            (whole(a)?, whole(b)?)
        } else {
            (a, b)
        };
        let c = binary(op, a, b).map_err(|m| p.error(n, m))?;
        self.retype(c, ty).map_err(|m| p.error(n, m))
    }

    /// A slice expression over a slice or a string constant.
    fn slice_expr(&mut self, p: &Parsed, n: Node) -> Result<Operand, GoError> {
        let operand = n.child_by_field_name("operand").ok_or_else(|| p.error(n, "an operand is missing"))?;
        let mut bound = |f: &str| -> Result<Option<usize>, GoError> {
            let Some(b) = n.child_by_field_name(f) else { return Ok(None) };
            let c = self.constant_node(p, b)?;
            let i = crate::constant::integer(&c).and_then(|i| usize::try_from(i).ok());
            i.map(Some).ok_or_else(|| p.error(b, "a bound is a constant integer that is not negative"))
        };
        let (start, end, max) = (bound("start")?, bound("end")?, bound("capacity")?);
        match self.expr(p, operand, None)? {
            Operand::Value(Value::Slice(Some(s)), ty) => {
                let start = start.unwrap_or(0);
                let end = end.unwrap_or(s.elems.len());
                let cap = s.cap.and_then(|c| usize::try_from(c).ok());
                let limit = max.or(cap);
                if start > end || limit.is_some_and(|l| end > l) || cap.is_some_and(|c| limit.is_some_and(|l| l > c)) {
                    return Err(p.error(n, "the bounds are out of range"));
                }
                let Some(elems) = s.elems.get(start..end.min(s.elems.len())) else {
                    return Err(p.error(n, "the bounds are out of range"));
                };
                let mut elems = elems.to_vec();
                if end > s.elems.len() {
                    // What lies between length and capacity is zero: literals and make leave it so.
                    let GoType::Slice(e) = ty.underlying() else { return Err(p.error(n, "no slice")) };
                    self.spend(p, n, parts_of_type(e).saturating_mul((end - s.elems.len()) as u64))?;
                    let zero = self.zero(e);
                    if cap.is_none() {
                        return Err(p.error(n, "the capacity of this slice is not known"));
                    }
                    elems.resize(end - start, zero);
                }
                let place = match s.place {
                    Place::Address(a) => Place::Address(a + start as u64 * s.elem_size),
                    other => other,
                };
                let cap = limit.map(|l| (l - start) as u64);
                Ok(Operand::Value(Value::Slice(Some(Slice { place, elem_size: s.elem_size, cap, elems })), ty))
            }
            _ => {
                Err(p.error(n, "a slice is wanted before the bounds").help("bind one with `let:`, or write a literal"))
            }
        }
    }

    /// A constant of a type, checked against it.
    pub(super) fn retype(&mut self, c: Const, ty: Option<GoType>) -> Result<Operand, String> {
        match ty {
            None => Ok(Operand::Const(c, None)),
            Some(t) => {
                self.represent(&c, &t)?;
                Ok(Operand::Const(c, Some(t)))
            }
        }
    }

    /// An operand's value and type, untyped constants by their default type.
    pub(super) fn settle(&mut self, o: Operand) -> Result<(GoType, Value), String> {
        match o {
            Operand::Value(v, t) => Ok((t, v)),
            Operand::Nil => Err("nil has no type here; write one: `[]int(nil)`".into()),
            Operand::Const(c, Some(t)) => Ok((t.clone(), self.represent(&c, &t)?)),
            Operand::Const(c, None) => {
                let t = GoType::Basic(match c {
                    Const::Bool(_) => Basic::Bool,
                    Const::Str(_) => Basic::String,
                    Const::Int(_) => Basic::Int,
                    Const::Rune(_) => Basic::Int32,
                    Const::Float(_) => Basic::Float64,
                    Const::Complex(..) => Basic::Complex128,
                });
                Ok((t.clone(), self.represent(&c, &t)?))
            }
        }
    }

    /// Assigns an operand to a type by Go's rules of assignability.
    pub(super) fn assign(&mut self, o: Operand, ty: &GoType) -> Result<Value, String> {
        if let Operand::Nil = o {
            return nil_of(ty).ok_or_else(|| format!("nil is no {ty}"));
        }
        if ty.is_interface() {
            let (t, v) = self.settle(o)?;
            if let Some(m) = missing_method(&t, ty) {
                return Err(format!("{t} does not implement {ty}: method {m} is missing"));
            }
            return Ok(box_interface(t, v));
        }
        match o {
            Operand::Const(c, None) => self.represent(&c, ty),
            Operand::Const(c, Some(t)) if t == *ty => self.represent(&c, ty),
            Operand::Value(v, t) if t == *ty => Ok(v),
            // Identical underlying types, one of them not named.
            Operand::Value(v, t)
                if t.underlying() == ty.underlying()
                    && !(matches!(t, GoType::Named(_)) && matches!(ty, GoType::Named(_))) =>
            {
                Ok(v)
            }
            Operand::Value(v, GoType::Chan(crate::types::ChanDir::Both, e)) if matches!(ty.underlying(), GoType::Chan(_, want) if *want == e) => {
                Ok(v)
            }
            Operand::Const(_, Some(t)) | Operand::Value(_, t) => {
                Err(format!("{t} where {ty} is wanted; convert it: `{ty}(...)`"))
            }
            Operand::Nil => Err(format!("nil is no {ty}")),
        }
    }
}

/// Puts a value into an interface; an interface's content is taken over.
pub(super) fn box_interface(t: GoType, v: Value) -> Value {
    if t.is_interface() {
        return v;
    }
    Value::Interface(Some(Dynamic { ty: t.reflect_name(), value: Box::new(v) }))
}

/// The nil of a type, where it has one.
pub(super) fn nil_of(ty: &GoType) -> Option<Value> {
    Some(match ty.underlying() {
        GoType::Slice(_) => Value::Slice(None),
        GoType::Pointer(_) => Value::Pointer(None),
        GoType::Map(..) => Value::Map(None),
        GoType::Chan(..) => Value::Chan(None),
        GoType::Func(_) => Value::Func(None),
        GoType::Interface(_) => Value::Interface(None),
        GoType::Basic(Basic::UnsafePointer) => Value::UnsafePointer(None),
        GoType::Basic(_) | GoType::Array(..) | GoType::Struct(_) | GoType::Named(_) => return None,
    })
}

fn only<'p>(p: &'p Parsed, text: &str) -> Result<Node<'p>, GoError> {
    p.only().ok_or_else(|| GoError::new(0..text.len(), "one Go expression is wanted here"))
}
