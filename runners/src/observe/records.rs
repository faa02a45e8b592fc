//! What one unit of a generated program reported, decoded from its record
//! lines. The Go side is `rt.go` of the generators.

use goabi_cases::value::{Chan, Dynamic, Func, Map, Place, Pointer, Slice, Value};
use serde_json::Value as Json;

/// A fact, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact<T> {
    Seen(T),
    /// Nobody asked for it.
    NotRequested,
    /// It was asked for and could not be had.
    Unavailable(String),
}

/// What recover gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// `callee`, `caller`, `outer` for a caller that panics while it calls, or
    /// `unit` for goabi's own code.
    pub by: String,
    /// What its Error or String method says, or the string itself.
    pub text: Option<String>,
    /// An interface value; nil if there was nothing to recover.
    pub value: Value,
}

/// What a call reported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallRecords {
    /// One entry a parameter, `None` where it has no name; `None` for all if
    /// the callee was not entered.
    pub args: Option<Vec<Option<Value>>>,
    /// `None` if the call did not return.
    pub results: Option<Vec<Value>>,
    /// Whether the call came to its end in a way that leaves nobody its results.
    pub dropped: bool,
    /// What came with the call beside its arguments, in the order of reports.
    pub context: Vec<Value>,
    pub recovered: Vec<Recovered>,
    pub trace: Vec<String>,
    /// Whether the caller came to its end.
    pub returned: bool,
    /// Whether the goroutine ended by runtime.Goexit.
    pub goexit: bool,
    /// How many goroutines the call left behind; `None` if nobody came to count them.
    pub goroutines: Option<u32>,
}

/// A type as the program sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeRecord {
    /// The name as package reflect gives it, import paths cut.
    pub name: String,
    /// Bytes.
    pub size: u64,
    pub align: u64,
    /// Name and offset of each field.
    pub fields: Vec<(String, u64)>,
}

/// Decodes the records of a call.
///
/// # Errors
/// A line that is not what `rt.go` writes.
pub fn call(lines: &[String]) -> Result<CallRecords, String> {
    let mut out = CallRecords::default();
    // The count line announces the list; its items then fill it.
    let mut args: Option<Vec<Option<Value>>> = None;
    let mut results: Option<Vec<Option<Value>>> = None;
    for line in lines {
        let bad = || format!("the record {line:?} cannot be read");
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "args" | "ress" => {
                let n: usize = rest.parse().map_err(|_| bad())?;
                let list = if word == "args" { &mut args } else { &mut results };
                // A body that calls itself reports again: the outermost call is the unit's.
                if list.is_none() {
                    *list = Some(vec![None; n.min(1 << 16)]);
                }
            }
            "arg" | "res" => {
                let (i, json) = rest.split_once(' ').ok_or_else(bad)?;
                let i: usize = i.parse().map_err(|_| bad())?;
                let list = if word == "arg" { &mut args } else { &mut results };
                let slot = list.as_mut().and_then(|l| l.get_mut(i)).ok_or_else(bad)?;
                if slot.is_none() {
                    *slot = Some(value_text(json).ok_or_else(bad)?);
                }
            }
            "recovered" => {
                let (by, rest) = rest.split_once(' ').ok_or_else(bad)?;
                let mut parts = serde_json::Deserializer::from_str(rest).into_iter::<Json>();
                let (Some(Ok(text)), Some(Ok(v))) = (parts.next(), parts.next()) else { return Err(bad()) };
                let text = text.as_str().map(|s| String::from_utf8_lossy(&latin1(s)).into_owned());
                out.recovered.push(Recovered { by: by.to_string(), text, value: value(&v).ok_or_else(bad)? });
            }
            "trace" => {
                let text: String = serde_json::from_str(rest).map_err(|_| bad())?;
                out.trace.push(String::from_utf8_lossy(&latin1(&text)).into_owned());
            }
            "context" => out.context.push(value_text(rest).ok_or_else(bad)?),
            "dropped" => out.dropped = true,
            "returned" => out.returned = true,
            "goexit" => out.goexit = true,
            "goroutines" => out.goroutines = Some(rest.parse().map_err(|_| bad())?),
            _ => return Err(bad()),
        }
    }
    out.args = args;
    out.results = match results {
        None => None,
        Some(list) => Some(list.into_iter().collect::<Option<Vec<_>>>().ok_or("a result's record is missing")?),
    };
    Ok(out)
}

/// Decodes the records of a types unit.
///
/// # Errors
/// A line that is not what `rt.go` writes.
pub fn types(lines: &[String]) -> Result<Vec<TypeRecord>, String> {
    let mut out = Vec::new();
    for line in lines.iter().filter(|l| *l != "returned" && *l != "goroutines 0") {
        let bad = || format!("the record {line:?} cannot be read");
        let json = line.strip_prefix("type ").ok_or_else(bad)?;
        let (name, size, align, fields): (String, u64, u64, Vec<(String, u64)>) =
            serde_json::from_str(json).map_err(|_| bad())?;
        out.push(TypeRecord { name, size, align, fields });
    }
    Ok(out)
}

/// Bytes of a text in which each character stands for one.
fn latin1(s: &str) -> Vec<u8> {
    s.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()
}

fn value_text(json: &str) -> Option<Value> {
    // Values nest as deep as the program's do: no limit but the library's own.
    value(&serde_json::from_str(json).ok()?)
}

fn address(j: &Json) -> Option<Place> {
    let a = u64::from_str_radix(j.as_str()?, 16).ok()?;
    Some(if a == 0 { Place::Nowhere } else { Place::Address(a) })
}

/// No list of a transcript is longer, whatever a broken one says of itself.
const LONGEST: usize = 1 << 24;

/// Values, of which `["r", n, value]` are n alike in a row.
fn list(j: &Json) -> Option<Vec<Value>> {
    let mut out = Vec::new();
    for e in j.as_array()? {
        match e.as_array()?.as_slice() {
            [tag, n, v] if tag.as_str() == Some("r") => {
                let n = usize::try_from(n.as_u64()?).ok().filter(|n| out.len() + n <= LONGEST)?;
                out.extend(std::iter::repeat_n(value(v)?, n));
            }
            _ => out.push(value(e)?),
        }
    }
    Some(out)
}

fn bits(j: &Json) -> Option<u64> {
    u64::from_str_radix(j.as_str()?, 16).ok()
}

fn bits32(j: &Json) -> Option<u32> {
    bits(j).and_then(|b| u32::try_from(b).ok())
}

/// Decodes a value: a JSON array with a tag in front.
fn value(j: &Json) -> Option<Value> {
    let parts = j.as_array()?;
    let (tag, rest) = parts.split_first()?;
    Some(match (tag.as_str()?, rest) {
        ("b", [v]) => match v.as_str()? {
            "0" => Value::Bool(false),
            "1" => Value::Bool(true),
            // A bool of another byte: show it as the number that it is.
            other => Value::Int(other.parse().ok()?),
        },
        ("i", [v]) => Value::Int(v.as_str()?.parse().ok()?),
        ("f", [v]) => Value::Float32(bits32(v)?),
        ("d", [v]) => Value::Float64(bits(v)?),
        ("c", [r, i]) => Value::Complex64(bits32(r)?, bits32(i)?),
        ("C", [r, i]) => Value::Complex128(bits(r)?, bits(i)?),
        ("s", [v]) => Value::String(latin1(v.as_str()?)),
        ("u", []) => Value::UnsafePointer(None),
        ("u", [a]) => Value::UnsafePointer(Some(address(a)?)),
        ("l", []) => Value::Slice(None),
        ("l", [a, cap, size, elems]) => Value::Slice(Some(Slice {
            place: address(a)?,
            elem_size: size.as_u64()?,
            cap: Some(cap.as_u64()?),
            elems: list(elems)?,
        })),
        ("a", [elems]) => Value::Array(list(elems)?),
        ("t", [fields]) => Value::Struct(list(fields)?),
        ("p", []) => Value::Pointer(None),
        ("p", [a]) => Value::Pointer(Some(Pointer { place: address(a)?, target: None })),
        ("p", [a, t]) => Value::Pointer(Some(Pointer { place: address(a)?, target: Some(Box::new(value(t)?)) })),
        ("m", []) => Value::Map(None),
        ("m", [a, entries]) => {
            let entries = entries.as_array()?.iter().map(|e| match e.as_array()?.as_slice() {
                [k, v] => Some((value(k)?, value(v)?)),
                _ => None,
            });
            Value::Map(Some(Map { place: address(a)?, entries: entries.collect::<Option<Vec<_>>>()? }))
        }
        ("h", []) => Value::Chan(None),
        ("h", [a, len, cap]) => Value::Chan(Some(Chan { place: address(a)?, len: len.as_u64()?, cap: cap.as_u64()? })),
        ("F", []) => Value::Func(None),
        ("F", [results]) => Value::Func(Some(Func { returns: list(results)? })),
        ("n", []) => Value::Interface(None),
        ("n", [ty, v]) => {
            let ty = String::from_utf8_lossy(&latin1(ty.as_str()?)).into_owned();
            Value::Interface(Some(Dynamic { ty, value: Box::new(value(v)?) }))
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lines(l: &[&str]) -> Vec<String> {
        l.iter().map(|s| (*s).to_string()).collect()
    }

    #[test]
    fn equal_elements_are_written_once() {
        let decode = |text: &str| value(&serde_json::from_str(text).unwrap());
        let short = decode(r#"["a",[["i","1"],["r",3,["i","0"]],["i","2"]]]"#);
        assert_eq!(short, decode(r#"["a",[["i","1"],["i","0"],["i","0"],["i","0"],["i","2"]]]"#));
        assert!(short.is_some());
        assert_eq!(decode(r#"["l","c0",4,1,[["r",2,["i","7"]]]]"#), decode(r#"["l","c0",4,1,[["i","7"],["i","7"]]]"#));
        // What a broken transcript says of itself fills no memory.
        for bad in [
            r#"["a",[["r",18446744073709551615,["i","0"]]]]"#,
            r#"["a",[["r",16000000,["i","0"]],["r",16000000,["i","0"]]]]"#,
            r#"["a",[["r",-1,["i","0"]]]]"#,
            r#"["a",[["r",2,["r",2,["i","0"]]]]]"#,
            r#"["r",2,["i","0"]]"#,
        ] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_calls_records() {
        let c = call(&lines(&[
            "args 2",
            r#"arg 1 ["s","a\u00ff"]"#,
            "ress 1",
            r#"res 0 ["n","int",["i","7"]]"#,
            r#"recovered callee "boom" ["n","string",["s","boom"]]"#,
            r#"trace "one""#,
            "returned",
            "goroutines 2",
        ]))
        .unwrap();
        assert_eq!(c.goroutines, Some(2));
        assert_eq!(c.args, Some(vec![None, Some(Value::String(vec![b'a', 0xff]))]));
        let seven = Dynamic { ty: "int".into(), value: Box::new(Value::Int(7)) };
        assert_eq!(c.results, Some(vec![Value::Interface(Some(seven))]));
        assert_eq!((c.recovered[0].by.as_str(), c.recovered[0].text.as_deref()), ("callee", Some("boom")));
        assert_eq!(c.trace, ["one"]);
        assert!(c.returned && !c.goexit);
    }

    #[test]
    fn a_missing_result_is_no_result() {
        assert!(call(&lines(&["ress 2", r#"res 0 ["b","1"]"#])).is_err());
        assert_eq!(call(&lines(&["args 0"])).unwrap().results, None);
        assert_eq!(call(&lines(&["args 0"])).unwrap().goroutines, None);
        assert!(call(&lines(&["goroutines -1"])).is_err());
    }

    #[test]
    fn types_have_fields() {
        let t = types(&lines(&[r#"type ["p.Pair",24,8,[["A",0],["B",8]]]"#, "returned", "goroutines 0"])).unwrap();
        assert_eq!(t[0].fields, [("A".to_string(), 0), ("B".to_string(), 8)]);
    }

    proptest! {
        #[test]
        fn garbage_is_refused_quietly(s in "(arg|res|args|ress|recovered|type) [0-9]? ?.{0,40}") {
            let _ = call(std::slice::from_ref(&s));
            let _ = types(&[s]);
        }
    }
}
