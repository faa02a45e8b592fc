//! Calls: conversions, builtins, and the few functions of the standard library
//! whose results are known without running them.

use super::core::{Evaluator, Operand, box_interface};
use super::text::{error_text, verb};
use crate::bounds::parts_of_type;
use crate::constant::{Const, integer, rational};
use crate::scope::{error_type, std_type};
use crate::syntax::{Fragment, GoError, Parsed, children, parse};
use crate::types::{Basic, GoType};
use crate::value::{Chan, Map, Place, Pointer, Slice, Value};
use num_traits::ToPrimitive;
use std::sync::Arc;
use tree_sitter::Node;

/// The constants of package math, as its source defines them.
const MATH: [(&str, &str); 30] = [
    ("E", "2.71828182845904523536028747135266249775724709369995957496696763"),
    ("Pi", "3.14159265358979323846264338327950288419716939937510582097494459"),
    ("Phi", "1.61803398874989484820458683436563811772030917980576286213544862"),
    ("Sqrt2", "1.41421356237309504880168872420969807856967187537694807317667974"),
    ("SqrtE", "1.64872127070012814684865078781416357165377610071014801157507931"),
    ("SqrtPi", "1.77245385090551602729816748334114518279754945612238712821380779"),
    ("SqrtPhi", "1.27201964951406896425242246173749149171560804184009624861664038"),
    ("Ln2", "0.693147180559945309417232121458176568075500134360255254120680009"),
    ("Log2E", "1 / 0.693147180559945309417232121458176568075500134360255254120680009"),
    ("Ln10", "2.30258509299404568401799145468436420760110148862877297603332790"),
    ("Log10E", "1 / 2.30258509299404568401799145468436420760110148862877297603332790"),
    ("MaxFloat32", "0x1p127 * (1 + (1 - 0x1p-23))"),
    ("SmallestNonzeroFloat32", "0x1p-126 * 0x1p-23"),
    ("MaxFloat64", "0x1p1023 * (1 + (1 - 0x1p-52))"),
    ("SmallestNonzeroFloat64", "0x1p-1022 * 0x1p-52"),
    ("MaxInt8", "1<<7 - 1"),
    ("MinInt8", "-1 << 7"),
    ("MaxInt16", "1<<15 - 1"),
    ("MinInt16", "-1 << 15"),
    ("MaxInt32", "1<<31 - 1"),
    ("MinInt32", "-1 << 31"),
    ("MaxInt64", "1<<63 - 1"),
    ("MinInt64", "-1 << 63"),
    ("MaxUint8", "1<<8 - 1"),
    ("MaxUint16", "1<<16 - 1"),
    ("MaxUint32", "1<<32 - 1"),
    ("MaxUint64", "1<<64 - 1"),
    ("MaxInt", "1<<(WORD-1) - 1"),
    ("MinInt", "-1 << (WORD - 1)"),
    ("MaxUint", "1<<WORD - 1"),
];

/// Predeclared functions that are not evaluated here.
const BUILTINS: [&str; 14] = [
    "append", "cap", "clear", "close", "copy", "delete", "imag", "len", "max", "min", "panic", "print", "real",
    "recover",
];

/// The bits of `math.NaN()`, by its source `Float64frombits(uvnan)`.
const UVNAN: u64 = 0x7ff8_0000_0000_0001;

impl Evaluator<'_> {
    pub(super) fn selector(&mut self, p: &Parsed, n: Node) -> Result<Operand, GoError> {
        let text = p.text(n);
        if let Some(name) = text.strip_prefix("math.")
            && let Some((_, source)) = MATH.iter().find(|(n, _)| *n == name)
        {
            let source = source.replace("WORD", &(self.word * 8).to_string());
            let inner = parse(Fragment::Expression, &source).map_err(|e| p.error(n, e.message))?;
            let node = inner.only().ok_or_else(|| p.error(n, "no such constant"))?;
            return self.expr(&inner, node, None).map_err(|e| p.error(n, e.message));
        }
        if text == "bits.UintSize" {
            return Ok(Operand::Const(Const::Int((self.word * 8).into()), None));
        }
        Err(p.error(n, format!("goabi's value language does not know `{text}`")).help("of the standard library it knows errors.New, fmt.Errorf and math's constants, NaN, Inf, Copysign, Float64frombits, Float32frombits"))
    }

    pub(super) fn call(&mut self, p: &Parsed, n: Node) -> Result<Operand, GoError> {
        if n.kind() == "type_conversion_expression" {
            let (Some(t), Some(x)) = (n.child_by_field_name("type"), n.child_by_field_name("operand")) else {
                return Err(p.error(n, "this conversion is incomplete"));
            };
            return self.conversion(p, n, t, x);
        }
        let function = n.child_by_field_name("function").ok_or_else(|| p.error(n, "a call of nothing"))?;
        let args = n.child_by_field_name("arguments").map_or(vec![], children);
        let name = p.text(function);
        let local = self.scope.names().iter().any(|(d, _)| d == name);
        match (name, args.as_slice()) {
            ("make", [ty, sizes @ ..]) if !local => self.make(p, n, *ty, sizes),
            ("new", [ty]) if !local => {
                let t = self.type_of(p, *ty)?;
                let place = if self.size_is_zero(&t) { Place::Nowhere } else { self.allocate() };
                let target = Some(Box::new(self.zero(&t)));
                Ok(Operand::Value(Value::Pointer(Some(Pointer { place, target })), GoType::Pointer(Arc::new(t))))
            }
            ("complex", [re, im]) if !local => self.complex(p, n, *re, *im),
            ("errors.New", [text]) => {
                let s = self.string(p, *text)?;
                self.error(p, n, "errors", "errorString", vec![Value::String(s)])
            }
            ("fmt.Errorf", [format, rest @ ..]) => self.errorf(p, n, *format, rest),
            ("math.NaN", []) => Ok(Operand::Value(Value::Float64(UVNAN), GoType::Basic(Basic::Float64))),
            ("math.Inf", [sign]) => {
                let negative = self.int(p, *sign)? < 0;
                let f = if negative { f64::NEG_INFINITY } else { f64::INFINITY };
                Ok(Operand::Value(Value::Float64(f.to_bits()), GoType::Basic(Basic::Float64)))
            }
            ("math.Copysign", [x, sign]) => {
                let ty = GoType::Basic(Basic::Float64);
                let (Value::Float64(x), Value::Float64(s)) =
                    (self.assigned(p, *x, &ty)?, self.assigned(p, *sign, &ty)?)
                else {
                    return Err(p.error(n, "numbers are wanted here"));
                };
                Ok(Operand::Value(Value::Float64(f64::from_bits(x).copysign(f64::from_bits(s)).to_bits()), ty))
            }
            ("math.Float64frombits", [bits]) => match self.assigned(p, *bits, &GoType::Basic(Basic::Uint64))? {
                Value::Int(b) => {
                    Ok(Operand::Value(Value::Float64(u64::try_from(b).unwrap_or(0)), GoType::Basic(Basic::Float64)))
                }
                _ => Err(p.error(*bits, "a number is wanted here")),
            },
            ("math.Float32frombits", [bits]) => match self.assigned(p, *bits, &GoType::Basic(Basic::Uint32))? {
                Value::Int(b) => {
                    Ok(Operand::Value(Value::Float32(u32::try_from(b).unwrap_or(0)), GoType::Basic(Basic::Float32)))
                }
                _ => Err(p.error(*bits, "a number is wanted here")),
            },
            (_, [x]) if function.kind() != "selector_expression" || name == "unsafe.Pointer" => {
                let function_of_go = !self.scope.has_type(name) && (local || BUILTINS.contains(&name));
                if function_of_go {
                    return Err(p.error(
                        function,
                        format!("`{name}` would have to be run, and values are known without running Go"),
                    ));
                }
                self.conversion(p, n, function, *x)
            }
            _ => {
                let qualified = crate::resolve::resolve(self.scope, p, function, &crate::scope::Env::new());
                match (qualified, args.as_slice()) {
                    (Ok(_), [x]) => self.conversion(p, n, function, *x),
                    _ => Err(p.error(function, format!("goabi's value language does not know `{name}`")).help(
                        "it knows conversions, make, new, complex, errors.New, fmt.Errorf and math's NaN, Inf, Copysign, Float64frombits, Float32frombits",
                    )),
                }
            }
        }
    }

    fn conversion(&mut self, p: &Parsed, n: Node, ty: Node, x: Node) -> Result<Operand, GoError> {
        let t = self.type_of(p, ty)?;
        let o = self.expr(p, x, Some(&t))?;
        self.convert(o, &t).map_err(|m| p.error(n, m))
    }

    fn int(&mut self, p: &Parsed, n: Node) -> Result<i64, GoError> {
        let c = self.constant_node(p, n)?;
        integer(&c).and_then(|i| i.to_i64()).ok_or_else(|| p.error(n, "a constant integer is wanted here"))
    }

    fn string(&mut self, p: &Parsed, n: Node) -> Result<Vec<u8>, GoError> {
        match self.constant_node(p, n)? {
            Const::Str(s) => Ok(s),
            _ => Err(p.error(n, "a string is wanted here")),
        }
    }

    fn make(&mut self, p: &Parsed, n: Node, ty: Node, sizes: &[Node]) -> Result<Operand, GoError> {
        let t = self.type_of(p, ty)?;
        let mut counts = Vec::new();
        for s in sizes {
            let i = self.int(p, *s)?;
            counts.push(
                u64::try_from(i)
                    .ok()
                    .filter(|i| *i <= 1 << 20)
                    .ok_or_else(|| p.error(*s, "this size is out of range"))?,
            );
        }
        let v = match (t.underlying(), counts.as_slice()) {
            (GoType::Slice(e), [len] | [len, _]) => {
                let cap = *counts.last().unwrap_or(len);
                if cap < *len {
                    return Err(p.error(n, "the capacity is below the length"));
                }
                self.spend(p, n, parts_of_type(e).saturating_mul(*len))?;
                let zero = self.zero(e);
                let elems = vec![zero; usize::try_from(*len).unwrap_or(0)];
                Value::Slice(Some(Slice { place: self.allocate(), elem_size: self.size(e), cap: Some(cap), elems }))
            }
            (GoType::Map(..), [] | [_]) => Value::Map(Some(Map { place: self.allocate(), entries: vec![] })),
            (GoType::Chan(..), [] | [_]) => {
                Value::Chan(Some(Chan { place: self.allocate(), len: 0, cap: counts.first().copied().unwrap_or(0) }))
            }
            _ => return Err(p.error(n, format!("make does not make {t} so"))),
        };
        Ok(Operand::Value(v, t))
    }

    fn complex(&mut self, p: &Parsed, n: Node, re: Node, im: Node) -> Result<Operand, GoError> {
        let (a, b) = (self.expr(p, re, None)?, self.expr(p, im, None)?);
        if let (Operand::Const(a, None), Operand::Const(b, None)) = (&a, &b) {
            let (Some(r), Some(i)) = (rational(a), rational(b)) else {
                return Err(p.error(n, "real numbers are wanted here"));
            };
            return Ok(Operand::Const(Const::Complex(r, i), None));
        }
        let single = [&a, &b].iter().any(|o| {
            matches!(o, Operand::Value(_, t) | Operand::Const(_, Some(t)) if matches!(t.underlying(), GoType::Basic(Basic::Float32)))
        });
        let part = GoType::Basic(if single { Basic::Float32 } else { Basic::Float64 });
        let a = self.assign(a, &part).map_err(|m| p.error(re, m))?;
        let b = self.assign(b, &part).map_err(|m| p.error(im, m))?;
        match (a, b) {
            (Value::Float32(r), Value::Float32(i)) => {
                Ok(Operand::Value(Value::Complex64(r, i), GoType::Basic(Basic::Complex64)))
            }
            (Value::Float64(r), Value::Float64(i)) => {
                Ok(Operand::Value(Value::Complex128(r, i), GoType::Basic(Basic::Complex128)))
            }
            _ => Err(p.error(n, "real numbers are wanted here")),
        }
    }

    /// An error value: a pointer to a struct of a known package.
    fn error(&mut self, p: &Parsed, n: Node, package: &str, ty: &str, fields: Vec<Value>) -> Result<Operand, GoError> {
        let t = std_type(package, ty).map_err(|m| p.error(n, m))?;
        let pointer = Pointer { place: self.allocate(), target: Some(Box::new(Value::Struct(fields))) };
        let v = box_interface(GoType::Pointer(Arc::new(t)), Value::Pointer(Some(pointer)));
        Ok(Operand::Value(v, error_type()))
    }

    /// `fmt.Errorf`, by its source: an errorString without `%w`, a wrapError
    /// with one, wrapErrors with more.
    fn errorf(&mut self, p: &Parsed, n: Node, format: Node, args: &[Node]) -> Result<Operand, GoError> {
        let text = self.string(p, format)?;
        let text = String::from_utf8(text).map_err(|_| p.error(format, "a format must be UTF-8, here"))?;
        let mut values = Vec::new();
        for a in args {
            values.push(self.assigned(p, *a, &GoType::any())?);
        }
        let (mut message, mut wrapped) = (Vec::new(), Vec::new());
        let (mut chars, mut rest) = (text.chars(), values.into_iter().zip(args));
        while let Some(c) = chars.next() {
            if c != '%' {
                message.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                continue;
            }
            let v = chars.next().ok_or_else(|| p.error(format, "the format ends in `%`"))?;
            if v == '%' {
                message.push(b'%');
                continue;
            }
            let (value, at) =
                rest.next().ok_or_else(|| p.error(format, "the format has more verbs than there are arguments"))?;
            let printed = verb(v, &value).ok_or_else(|| {
                let unknown = error_text(&value).is_none() && matches!(v, 'w' | 'v' | 's');
                let why = if unknown { "the text of this value is known only by running Go" } else { "goabi does not know what this verb prints" };
                p.error(*at, format!("`%{v}`: {why}")).help("errors of errors.New and fmt.Errorf, strings, integers and booleans are known under %w %v %s %d %q %t %x")
            })?;
            message.extend_from_slice(&printed);
            if v == 'w' {
                wrapped.push(value);
            }
        }
        if rest.next().is_some() {
            return Err(p.error(format, "the format has fewer verbs than there are arguments"));
        }
        let message = Value::String(message);
        match wrapped.len() {
            0 => self.error(p, n, "errors", "errorString", vec![message]),
            1 => {
                let one = wrapped.remove(0);
                self.error(p, n, "fmt", "wrapError", vec![message, one])
            }
            _ => {
                let elem_size = u64::from(self.word) * 2;
                // Errorf appends: the capacity is its own affair.
                let errs = Slice { place: self.allocate(), elem_size, cap: None, elems: wrapped };
                self.error(p, n, "fmt", "wrapErrors", vec![message, Value::Slice(Some(errs))])
            }
        }
    }
}
