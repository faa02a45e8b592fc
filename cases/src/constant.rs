//! Go's untyped constants: exact, of any size.

use crate::bounds::MAX_TEXT;
use num_bigint::{BigInt, Sign};
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};

/// A constant's value.
#[derive(Clone, Debug, PartialEq)]
pub enum Const {
    Bool(bool),
    Str(Vec<u8>),
    Int(BigInt),
    Rune(BigInt),
    Float(BigRational),
    /// Real and imaginary part.
    Complex(BigRational, BigRational),
}

/// The largest exponent, in bits, that a constant may have: Go's compiler has
/// the same kind of bound, and without one `1 << 999999999` eats the memory.
const MAX_BITS: u64 = 20_000;

/// A binary operation on two constants of the same kind.
///
/// # Errors
/// A sentence that says why it has no value.
pub fn binary(op: &str, a: Const, b: Const) -> Result<Const, String> {
    if let (Const::Bool(x), Const::Bool(y)) = (&a, &b) {
        return match op {
            "&&" => Ok(Const::Bool(*x && *y)),
            "||" => Ok(Const::Bool(*x || *y)),
            _ => Err(format!("`{op}` does not apply to booleans")),
        };
    }
    if let (Const::Str(x), Const::Str(y)) = (&a, &b) {
        return if op == "+" && x.len() + y.len() > MAX_TEXT {
            Err(format!("this string is too large: constants are joined to at most {MAX_TEXT} bytes"))
        } else if op == "+" {
            Ok(Const::Str([x.as_slice(), y].concat()))
        } else {
            Err(format!("`{op}` does not apply to strings"))
        };
    }
    if matches!(op, "<<" | ">>") {
        return shift(op, a, &b);
    }
    let rank = rank(&a).max(rank(&b));
    let mismatch = || format!("`{op}` does not apply to these operands");
    match rank {
        Some(0 | 1) => {
            let (Some(x), Some(y)) = (integer(&a), integer(&b)) else { return Err(mismatch()) };
            let n = bounded(integers(op, &x, &y)?)?;
            Ok(if rank == Some(1) { Const::Rune(n) } else { Const::Int(n) })
        }
        Some(2) => {
            let (Some(x), Some(y)) = (rational(&a), rational(&b)) else { return Err(mismatch()) };
            let f = rationals(op, &x, &y)?;
            if f.numer().bits().max(f.denom().bits()) > 2 * MAX_BITS {
                return Err("this constant is too large".into());
            }
            Ok(Const::Float(f))
        }
        Some(3) => {
            let (Some((ar, ai)), Some((br, bi))) = (complex(&a), complex(&b)) else { return Err(mismatch()) };
            match op {
                "+" => Ok(Const::Complex(ar + br, ai + bi)),
                "-" => Ok(Const::Complex(ar - br, ai - bi)),
                "*" => Ok(Const::Complex(&ar * &br - &ai * &bi, ar * bi + ai * br)),
                _ => Err(format!("`{op}` on complex constants is not supported")),
            }
        }
        _ => Err(mismatch()),
    }
}

/// An integer that is not beyond all measure.
fn bounded(n: BigInt) -> Result<BigInt, String> {
    if n.bits() > 2 * MAX_BITS { Err("this constant is too large".into()) } else { Ok(n) }
}

/// A unary operation.
///
/// # Errors
/// A sentence that says why it has no value.
pub fn unary(op: &str, a: Const) -> Result<Const, String> {
    match (op, a) {
        ("+", a @ (Const::Int(_) | Const::Rune(_) | Const::Float(_) | Const::Complex(..))) => Ok(a),
        ("-", Const::Int(n)) => Ok(Const::Int(-n)),
        ("-", Const::Rune(n)) => Ok(Const::Rune(-n)),
        ("-", Const::Float(f)) => Ok(Const::Float(-f)),
        ("-", Const::Complex(r, i)) => Ok(Const::Complex(-r, -i)),
        ("^", Const::Int(n)) => Ok(Const::Int(-n - 1)),
        ("^", Const::Rune(n)) => Ok(Const::Rune(-n - 1)),
        ("!", Const::Bool(b)) => Ok(Const::Bool(!b)),
        _ => Err(format!("`{op}` does not apply to this operand")),
    }
}

fn rank(c: &Const) -> Option<u8> {
    match c {
        Const::Bool(_) | Const::Str(_) => None,
        Const::Int(_) => Some(0),
        Const::Rune(_) => Some(1),
        Const::Float(_) => Some(2),
        Const::Complex(..) => Some(3),
    }
}

/// The constant as an integer, if it is one.
#[must_use]
pub fn integer(c: &Const) -> Option<BigInt> {
    match c {
        Const::Int(n) | Const::Rune(n) => Some(n.clone()),
        Const::Float(f) if f.is_integer() => Some(f.to_integer()),
        Const::Complex(r, i) if i.is_zero() && r.is_integer() => Some(r.to_integer()),
        Const::Float(_) | Const::Complex(..) | Const::Bool(_) | Const::Str(_) => None,
    }
}

/// The constant as a rational, if it is real.
#[must_use]
pub fn rational(c: &Const) -> Option<BigRational> {
    match c {
        Const::Int(n) | Const::Rune(n) => Some(BigRational::from(n.clone())),
        Const::Float(f) => Some(f.clone()),
        Const::Complex(r, i) if i.is_zero() => Some(r.clone()),
        Const::Complex(..) | Const::Bool(_) | Const::Str(_) => None,
    }
}

/// The constant's real and imaginary part, if it is a number.
#[must_use]
pub fn complex(c: &Const) -> Option<(BigRational, BigRational)> {
    match c {
        Const::Complex(r, i) => Some((r.clone(), i.clone())),
        _ => Some((rational(c)?, BigRational::zero())),
    }
}

fn shift(op: &str, a: Const, b: &Const) -> Result<Const, String> {
    let n = integer(&a).ok_or("only integers can be shifted")?;
    let by = integer(b).and_then(|b| b.to_u64()).ok_or("the shift count must be an integer that is not negative")?;
    if by > MAX_BITS {
        return Err(format!("a shift by {by} is too large"));
    }
    let shifted = if op == "<<" { n << by } else { n >> by };
    Ok(if matches!(a, Const::Rune(_)) { Const::Rune(shifted) } else { Const::Int(shifted) })
}

fn integers(op: &str, x: &BigInt, y: &BigInt) -> Result<BigInt, String> {
    Ok(match op {
        "+" => x + y,
        "-" => x - y,
        "*" => x * y,
        "/" | "%" if y.is_zero() => return Err("division by zero".into()),
        "/" => x / y,
        "%" => x % y,
        "&" => x & y,
        "|" => x | y,
        "^" => x ^ y,
        "&^" => x & &(-y - BigInt::one()),
        _ => return Err(format!("`{op}` is not supported in a constant")),
    })
}

fn rationals(op: &str, x: &BigRational, y: &BigRational) -> Result<BigRational, String> {
    Ok(match op {
        "+" => x + y,
        "-" => x - y,
        "*" => x * y,
        "/" if y.is_zero() => return Err("division by zero".into()),
        "/" => x / y,
        _ => return Err(format!("`{op}` does not apply to floating-point constants")),
    })
}

/// Rounds to the nearest IEEE 754 value (ties to even) with `mantissa` bits of
/// precision (the hidden one included) and `exponent` bits: the bits, or `None`
/// where it overflows.
fn round(f: &BigRational, mantissa: u32, exponent: u32) -> Option<u64> {
    let bias = (1i64 << (exponent - 1)) - 1;
    if f.is_zero() {
        return Some(0);
    }
    let sign = u64::from(f.is_negative()) << (mantissa - 1 + exponent);
    let f = f.abs();
    let bits = |n: &BigInt| i64::try_from(n.bits()).unwrap_or(i64::MAX);
    // 2^e <= f < 2^(e+1), after at most one correction.
    let mut e = bits(f.numer()) - bits(f.denom());
    let power = |e: i64| -> BigRational {
        let p = BigRational::from(BigInt::one() << e.unsigned_abs());
        if e < 0 { p.recip() } else { p }
    };
    if f < power(e) {
        e -= 1;
    }
    // The exponent of the last place: a subnormal's does not fall further.
    let mut last = e.max(1 - bias) - i64::from(mantissa - 1);
    let scaled = &f / power(last);
    let mut n = scaled.to_integer();
    let rest = scaled - BigRational::from(n.clone());
    let half = BigRational::new(BigInt::one(), BigInt::from(2));
    if rest > half || (rest == half && (&n % 2) == BigInt::one()) {
        n += 1;
    }
    if n.bits() > u64::from(mantissa) {
        n >>= 1;
        last += 1;
    }
    let n = n.to_u64()?;
    let hidden = 1u64 << (mantissa - 1);
    if n < hidden {
        return Some(sign | n);
    }
    let biased = last + i64::from(mantissa - 1) + bias;
    if biased >= (1 << exponent) - 1 {
        return None;
    }
    Some(sign | (u64::try_from(biased).ok()? << (mantissa - 1)) | (n - hidden))
}

/// The bits of the nearest float64; `None` on overflow.
#[must_use]
pub fn to_f64(f: &BigRational) -> Option<u64> {
    round(f, 53, 11)
}

/// The bits of the nearest float32; `None` on overflow.
#[must_use]
pub fn to_f32(f: &BigRational) -> Option<u32> {
    round(f, 24, 8).and_then(|b| u32::try_from(b).ok())
}

/// Reads Go's integer, float and imaginary literals.
#[must_use]
pub fn number(text: &str) -> Option<Const> {
    let clean: String = text.chars().filter(|c| *c != '_').collect::<String>().to_ascii_lowercase();
    if let Some(body) = clean.strip_suffix('i') {
        // `0123i` is decimal for compatibility.
        let decimal = body.trim_start_matches('0');
        let body = if body.bytes().all(|b| b.is_ascii_digit()) && !decimal.is_empty() { decimal } else { body };
        return Some(Const::Complex(BigRational::zero(), rational(&number(body)?)?));
    }
    let radix = |digits: &str, r: u32| BigInt::parse_bytes(digits.as_bytes(), r).map(Const::Int);
    if let Some(hex) = clean.strip_prefix("0x") {
        return if hex.contains(['p', '.']) { hex_float(hex) } else { radix(hex, 16) };
    }
    if let Some(b) = clean.strip_prefix("0b") {
        return radix(b, 2);
    }
    if let Some(o) = clean.strip_prefix("0o") {
        return radix(o, 8);
    }
    if clean.contains(['.', 'e']) {
        return decimal_float(&clean);
    }
    if clean.len() > 1 && clean.starts_with('0') { radix(&clean[1..], 8) } else { radix(&clean, 10) }
}

fn scaled(digits: &str, radix: u32, base: u32, exponent: i64) -> Option<Const> {
    if exponent.unsigned_abs() > MAX_BITS {
        return None;
    }
    let n = BigInt::parse_bytes(if digits.is_empty() { b"0" } else { digits.as_bytes() }, radix)?;
    let p = BigRational::from(BigInt::from(base).pow(u32::try_from(exponent.unsigned_abs()).ok()?));
    let n = BigRational::from(n);
    Some(Const::Float(if exponent < 0 { n / p } else { n * p }))
}

fn decimal_float(text: &str) -> Option<Const> {
    let (mantissa, exp) = text.split_once('e').unwrap_or((text, "0"));
    let (whole, frac) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exp: i64 = exp.parse().ok()?;
    scaled(&format!("{whole}{frac}"), 10, 10, exp.checked_sub(i64::try_from(frac.len()).ok()?)?)
}

fn hex_float(text: &str) -> Option<Const> {
    let (mantissa, exp) = text.split_once('p')?;
    let (whole, frac) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exp: i64 = exp.parse().ok()?;
    scaled(&format!("{whole}{frac}"), 16, 2, exp.checked_sub(4 * i64::try_from(frac.len()).ok()?)?)
}

/// Whether an integer fits `bits` bits.
#[must_use]
pub fn fits(n: &BigInt, signed: bool, bits: u32) -> bool {
    if signed {
        let bound = BigInt::one() << (bits - 1);
        *n >= -bound.clone() && *n < bound
    } else {
        n.sign() != Sign::Minus && n.bits() <= u64::from(bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn float(text: &str) -> BigRational {
        rational(&number(text).unwrap()).unwrap()
    }

    #[test]
    fn literals_in_all_notations() {
        for (text, n) in [("0x_1F", 31), ("0b101", 5), ("0o17", 15), ("017", 15), ("1_000", 1000), ("0", 0)] {
            assert_eq!(number(text), Some(Const::Int(n.into())), "{text}");
        }
        assert_eq!(to_f64(&float("0x1p-1074")), Some(1));
        assert_eq!(to_f64(&float("0x1.8p1")), Some(3f64.to_bits()));
        assert_eq!(to_f64(&float(".5e1")), Some(5f64.to_bits()));
        assert_eq!(complex(&number("0123i").unwrap()).unwrap().1, BigRational::from(BigInt::from(123)));
        assert_eq!(to_f32(&float("0x1p-149")), Some(1));
        assert_eq!(to_f32(&float("3.5e38")), None);
        assert_eq!(to_f64(&float("1.8e308")), None);
    }

    #[test]
    fn arithmetic_is_exact() {
        let max = binary("-", binary("<<", Const::Int(1.into()), Const::Int(64.into())).unwrap(), Const::Int(1.into()));
        assert_eq!(integer(&max.unwrap()), Some(BigInt::from(u64::MAX)));
        assert_eq!(binary("/", Const::Int((-7).into()), Const::Int(2.into())), Ok(Const::Int((-3).into())));
        assert_eq!(binary("&^", Const::Int(0b1110.into()), Const::Int(0b0110.into())), Ok(Const::Int(8.into())));
        assert!(binary("/", Const::Int(1.into()), Const::Int(0.into())).is_err());
        assert!(binary("<<", Const::Int(1.into()), Const::Int(999_999_999.into())).is_err());
    }

    proptest! {
        #[test]
        fn rounding_agrees_with_rust(bits in any::<u64>()) {
            let f = f64::from_bits(bits);
            prop_assume!(f.is_finite() && f != 0.0);
            let text = format!("{:e}", f.abs());
            prop_assert_eq!(to_f64(&float(&text)), Some(f.abs().to_bits()));
            let single: f32 = text.parse().unwrap();
            prop_assert_eq!(to_f32(&float(&text)), single.is_finite().then(|| single.to_bits()));
        }
    }
}
