//! String and rune literals, and the verbs of `fmt.Errorf`.

use crate::value::{Value, quote};

/// One unit of an interpreted literal.
enum Unit {
    Rune(char),
    /// `\xff`, `\377`: a byte that need not be part of a character.
    Byte(u8),
}

fn unit(chars: &mut std::str::Chars) -> Option<Unit> {
    fn digits(chars: &mut std::str::Chars, n: usize, radix: u32) -> Option<u32> {
        (0..n).try_fold(0u32, |v, _| v.checked_mul(radix)?.checked_add(chars.next()?.to_digit(radix)?))
    }
    let c = chars.next()?;
    if c != '\\' {
        return Some(Unit::Rune(c));
    }
    let e = chars.next()?;
    Some(match e {
        'a' => Unit::Rune('\x07'),
        'b' => Unit::Rune('\x08'),
        'f' => Unit::Rune('\x0c'),
        'n' => Unit::Rune('\n'),
        'r' => Unit::Rune('\r'),
        't' => Unit::Rune('\t'),
        'v' => Unit::Rune('\x0b'),
        '\\' | '\'' | '"' => Unit::Rune(e),
        'x' => Unit::Byte(u8::try_from(digits(chars, 2, 16)?).ok()?),
        'u' => Unit::Rune(char::from_u32(digits(chars, 4, 16)?)?),
        'U' => Unit::Rune(char::from_u32(digits(chars, 8, 16)?)?),
        '0'..='7' => {
            let rest = digits(chars, 2, 8)?;
            Unit::Byte(u8::try_from(e.to_digit(8)? * 64 + rest).ok()?)
        }
        _ => return None,
    })
}

/// The bytes of a string literal, quotes and all.
pub(super) fn unquote(literal: &str) -> Option<Vec<u8>> {
    if let Some(raw) = literal.strip_prefix('`') {
        return Some(raw.strip_suffix('`')?.replace('\r', "").into_bytes());
    }
    let inner = literal.strip_prefix('"')?.strip_suffix('"')?;
    let mut chars = inner.chars();
    let mut out = Vec::new();
    while !chars.as_str().is_empty() {
        match unit(&mut chars)? {
            Unit::Byte(b) => out.push(b),
            Unit::Rune(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Some(out)
}

/// The number of a rune literal.
pub(super) fn rune(literal: &str) -> Option<u32> {
    let mut chars = literal.strip_prefix('\'')?.strip_suffix('\'')?.chars();
    let n = match unit(&mut chars)? {
        Unit::Rune(c) => c.into(),
        Unit::Byte(b) => b.into(),
    };
    chars.as_str().is_empty().then_some(n)
}

/// What `Error()` of an error value gives, where its text can be known without
/// running Go: errors.New's and fmt.Errorf's.
pub(super) fn error_text(v: &Value) -> Option<Vec<u8>> {
    let Value::Interface(Some(d)) = v else { return None };
    let known = ["*errors.errorString", "*fmt.wrapError", "*fmt.wrapErrors"];
    let Value::Pointer(Some(p)) = d.value.as_ref() else { return None };
    match p.target.as_deref() {
        Some(Value::Struct(fields)) if known.contains(&d.ty.as_str()) => match fields.first() {
            Some(Value::String(s)) => Some(s.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// One value under one verb, where goabi knows what Go prints.
pub(super) fn verb(verb: char, v: &Value) -> Option<Vec<u8>> {
    if let (Some(text), 'v' | 's' | 'w') = (error_text(v), verb) {
        return Some(text);
    }
    if let Value::Interface(content) = v {
        return match content {
            Some(d) => self::verb(verb, &d.value),
            None => matches!(verb, 'v').then(|| b"<nil>".to_vec()),
        };
    }
    match (verb, v) {
        ('v' | 'd', Value::Int(n)) => Some(n.to_string().into_bytes()),
        ('x', Value::Int(n)) if *n >= 0 => Some(format!("{n:x}").into_bytes()),
        ('v' | 't', Value::Bool(b)) => Some(b.to_string().into_bytes()),
        ('v' | 's', Value::String(s)) => Some(s.clone()),
        ('q', Value::String(s)) => Some(quote(s).into_bytes()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals() {
        assert_eq!(unquote(r#""a\n\xff\u00e9\101""#).unwrap(), b"a\n\xff\xc3\xa9A");
        assert_eq!(unquote("`a\\n`").unwrap(), b"a\\n");
        assert_eq!(rune("'\\''"), Some(39));
        assert_eq!(rune("'\u{e9}'"), Some(0xe9));
        assert_eq!(rune("'ab'"), None);
        assert!(unquote(r#""\z""#).is_none());
    }
}
