//! Constants to types, and conversions.

use super::core::{Evaluator, Operand, box_interface, nil_of};
use crate::constant::{Const, complex, fits, integer, rational, to_f32, to_f64};
use crate::scope::missing_method;
use crate::types::{Basic, GoType};
use crate::value::{Slice, Value};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::ToPrimitive;

impl Evaluator<'_> {
    /// Whether an integer type is signed, and its width in bits.
    pub(super) fn int_bits(&self, t: &GoType) -> Option<(bool, u32)> {
        let GoType::Basic(b) = t.underlying() else { return None };
        Some(match b {
            Basic::Int => (true, self.word * 8),
            Basic::Int8 => (true, 8),
            Basic::Int16 => (true, 16),
            Basic::Int32 => (true, 32),
            Basic::Int64 => (true, 64),
            Basic::Uint | Basic::Uintptr => (false, self.word * 8),
            Basic::Uint8 => (false, 8),
            Basic::Uint16 => (false, 16),
            Basic::Uint32 => (false, 32),
            Basic::Uint64 => (false, 64),
            Basic::Bool
            | Basic::Float32
            | Basic::Float64
            | Basic::Complex64
            | Basic::Complex128
            | Basic::String
            | Basic::UnsafePointer => return None,
        })
    }

    /// The constant as a value of the type; a constant that does not fit is an error.
    pub(super) fn represent(&mut self, c: &Const, ty: &GoType) -> Result<Value, String> {
        if ty.is_interface() {
            let (t, v) = self.settle(Operand::Const(c.clone(), None))?;
            return match missing_method(&t, ty) {
                Some(m) => Err(format!("{t} does not implement {ty}: method {m} is missing")),
                None => Ok(box_interface(t, v)),
            };
        }
        if let Some((signed, bits)) = self.int_bits(ty) {
            let n = integer(c).ok_or_else(|| format!("{} is no {ty}", describe(c)))?;
            if !fits(&n, signed, bits) {
                return Err(format!("{} overflows {ty}", describe(c)));
            }
            return n.to_i128().map(Value::Int).ok_or_else(|| format!("{n} overflows {ty}"));
        }
        let no = || format!("{} is no {ty}", describe(c));
        let over = || format!("{} overflows {ty}", describe(c));
        let single = |r: &BigRational| to_f32(r).ok_or_else(over);
        let double = |r: &BigRational| to_f64(r).ok_or_else(over);
        let GoType::Basic(b) = ty.underlying() else { return Err(no()) };
        match (b, c) {
            (Basic::Bool, Const::Bool(b)) => Ok(Value::Bool(*b)),
            (Basic::String, Const::Str(s)) => Ok(Value::String(s.clone())),
            (Basic::Float32, _) => Ok(Value::Float32(single(&rational(c).ok_or_else(no)?)?)),
            (Basic::Float64, _) => Ok(Value::Float64(double(&rational(c).ok_or_else(no)?)?)),
            (Basic::Complex64, _) => {
                let (r, i) = complex_of(c).ok_or_else(no)?;
                Ok(Value::Complex64(single(&r)?, single(&i)?))
            }
            (Basic::Complex128, _) => {
                let (r, i) = complex_of(c).ok_or_else(no)?;
                Ok(Value::Complex128(double(&r)?, double(&i)?))
            }
            _ => Err(no()),
        }
    }

    /// The conversion `T(x)`.
    pub(super) fn convert(&mut self, o: Operand, ty: &GoType) -> Result<Operand, String> {
        let typed = |v| Ok(Operand::Value(v, ty.clone()));
        match o {
            Operand::Nil => match nil_of(ty) {
                Some(v) => typed(v),
                None => Err(format!("nil is no {ty}")),
            },
            Operand::Const(c, from) => self.convert_const(c, from, ty),
            Operand::Value(v, t) if ty.is_interface() => {
                let v = self.assign(Operand::Value(v, t), ty)?;
                typed(v)
            }
            Operand::Value(v, t) if t.underlying() == ty.underlying() => typed(v),
            Operand::Value(Value::Pointer(p), _) if matches!(ty.underlying(), GoType::Basic(Basic::UnsafePointer)) => {
                typed(Value::UnsafePointer(p.map(|p| p.place)))
            }
            Operand::Value(Value::Float64(b), _) if matches!(ty.underlying(), GoType::Basic(Basic::Float32)) => {
                let f = f64::from_bits(b);
                #[expect(clippy::cast_possible_truncation, reason = "this is the conversion that the case asks for")]
                let single = f as f32;
                if f.is_nan() {
                    return Err(
                        "what a NaN's payload becomes is the machine's choice; write math.Float32frombits".into()
                    );
                }
                typed(Value::Float32(single.to_bits()))
            }
            // A pointer or channel may change its type where the element types allow; a case has no need of that.
            Operand::Value(_, t) => Err(format!("goabi's value language cannot convert {t} to {ty}")),
        }
    }

    fn convert_const(&mut self, c: Const, from: Option<GoType>, ty: &GoType) -> Result<Operand, String> {
        if ty.is_interface() {
            let v = self.assign(Operand::Const(c, from), ty)?;
            return Ok(Operand::Value(v, ty.clone()));
        }
        if let (Const::Str(s), GoType::Slice(e)) = (&c, ty.underlying()) {
            let elems: Vec<Value> = match e.underlying() {
                GoType::Basic(Basic::Uint8) => s.iter().map(|b| Value::Int((*b).into())).collect(),
                GoType::Basic(Basic::Int32) => {
                    String::from_utf8_lossy(s).chars().map(|c| Value::Int(u32::from(c).into())).collect()
                }
                _ => return Err(format!("a string cannot become {ty}")),
            };
            let elem_size = if matches!(e.underlying(), GoType::Basic(Basic::Uint8)) { 1 } else { 4 };
            // The Go specification leaves the capacity of such a conversion open.
            let slice = Slice { place: self.allocate(), elem_size, cap: None, elems };
            return Ok(Operand::Value(Value::Slice(Some(slice)), ty.clone()));
        }
        if let (GoType::Basic(Basic::String), Some(n)) = (ty.underlying(), integer(&c)) {
            let c = n.to_u32().and_then(char::from_u32).unwrap_or('\u{fffd}');
            return self.retype(Const::Str(c.to_string().into_bytes()), Some(ty.clone()));
        }
        // A float constant converted to a float type is rounded to it.
        let c = match (ty.underlying(), &c) {
            (GoType::Basic(Basic::Float32), _) => rounded(&c, |r| to_f32(r).map(|b| f64::from(f32::from_bits(b)))),
            (GoType::Basic(Basic::Float64), _) => rounded(&c, |r| to_f64(r).map(f64::from_bits)),
            _ => c,
        };
        self.retype(c, Some(ty.clone()))
    }
}

fn rounded(c: &Const, to: impl Fn(&BigRational) -> Option<f64>) -> Const {
    rational(c).and_then(|r| to(&r)).and_then(BigRational::from_float).map_or_else(|| c.clone(), Const::Float)
}

fn complex_of(c: &Const) -> Option<(BigRational, BigRational)> {
    match c {
        Const::Bool(_) | Const::Str(_) => None,
        Const::Int(_) | Const::Rune(_) | Const::Float(_) | Const::Complex(..) => complex(c),
    }
}

fn describe(c: &Const) -> String {
    let short = |n: &BigInt| {
        let s = n.to_string();
        if s.len() > 40 { format!("a constant of {} digits", s.len()) } else { format!("constant {s}") }
    };
    match c {
        Const::Bool(b) => format!("{b}"),
        Const::Str(s) => format!("the string {}", crate::value::quote(s)),
        Const::Int(n) | Const::Rune(n) => short(n),
        Const::Float(f) if f.is_integer() => short(&f.to_integer()),
        Const::Float(f) => format!("constant {}", f.to_f64().unwrap_or(f64::NAN)),
        Const::Complex(..) => "a complex constant".into(),
    }
}
