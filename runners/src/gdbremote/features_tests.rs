use super::*;
use proptest::prelude::*;

fn read_all(documents: &[(&str, &str)]) -> Result<Vec<Register>> {
    read(&mut |name| match documents.iter().find(|(n, _)| *n == name) {
        Some((_, text)) => Ok(text.as_bytes().to_vec()),
        None => Err(RemoteError::Refused { packet: name.to_string(), code: "00".to_string() }),
    })
}

fn shown(registers: &[Register]) -> Vec<(&str, u32, u32)> {
    registers.iter().map(|r| (r.name.as_str(), r.bits, r.number)).collect()
}

const TARGET: &str = r#"<?xml version="1.0"?><!DOCTYPE target SYSTEM "gdb-target.dtd"><target>
<architecture>aarch64</architecture><xi:include href="core.xml"/><xi:include href="fpu.xml"/></target>"#;

#[test]
fn numbers_follow_each_other_over_documents() {
    let core = r#"<feature name="core"><reg name="x0" bitsize="64"/><reg name="sp" bitsize="64" type="data_ptr"/>
        <flags id="f" size="4"><field name="SP" start="0" end="0"/></flags><reg name="cpsr" bitsize="32" regnum="25"/></feature>"#;
    let fpu = r#"<feature name='fpu'><reg name='v&#48;' bitsize='128'/></feature>"#;
    let found = read_all(&[("target.xml", TARGET), ("core.xml", core), ("fpu.xml", fpu)]).unwrap();
    assert_eq!(shown(&found), [("x0", 64, 0), ("sp", 64, 1), ("cpsr", 32, 25), ("v0", 128, 26)]);
}

#[test]
fn what_is_unsound_is_told() {
    let of = |text: &str| read_all(&[("target.xml", text)]);
    assert!(matches!(read_all(&[("target.xml", TARGET)]), Err(RemoteError::Refused { .. })));
    for text in [
        r#"<reg name="a"/>"#,
        r#"<reg bitsize="64"/>"#,
        r#"<reg name="a" bitsize="0"/>"#,
        r#"<reg name="a" bitsize="99999999999"/>"#,
        r#"<reg name="a" bitsize="64" regnum="-1"/>"#,
        r#"<reg name="a" bitsize="64" regnum="4294967295"/>"#,
        "<xi:include/>",
        "<a><b></a>",
        r#"<reg name="a" bitsize="64"#,
        r#"<xi:include href="target.xml"/>"#,
    ] {
        assert!(matches!(of(text), Err(RemoteError::Garbage(_))), "{text}: {:?}", of(text));
    }
    assert!(of("").unwrap().is_empty() && of("words").unwrap().is_empty());
    let many = r#"<reg name="a" bitsize="64"/>"#.repeat(REGISTERS + 1);
    assert!(of(&many).is_err());
}

proptest! {
    #[test]
    fn no_document_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..500)) {
        let _ = read(&mut |_| Ok(bytes.clone()));
    }

    #[test]
    fn nor_does_what_looks_like_one(parts in prop::collection::vec(prop::sample::select(vec![
        "<", ">", "/>", "<reg ", "</reg>", "name=\"a\" ", "bitsize='64' ", "regnum=\"7\"", "<xi:include href=\"a\"/>",
        "<!DOCTYPE", "<![CDATA[", "]]>", "&#x0;", "&lt", "<!--", "<?", "\"", "=", "é",
    ]), 0..40)) {
        let text = parts.concat();
        let _ = read(&mut |_| Ok(text.clone().into_bytes()));
    }
}
