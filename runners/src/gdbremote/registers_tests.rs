use super::*;
use proptest::prelude::*;

fn description(registers: &[(&str, u32, u32)], order: ByteOrder) -> Arc<Description> {
    let all =
        registers.iter().map(|(n, bits, number)| Register { name: (*n).to_string(), bits: *bits, number: *number });
    Arc::new(Description::new(all.collect(), order))
}

fn parsed(description: &Arc<Description>, text: &str) -> Registers {
    let mut registers = Registers::none(description);
    registers.parse(text.as_bytes()).unwrap();
    registers
}

const SOME: &[(&str, u32, u32)] = &[("z", 128, 34), ("a", 32, 0), ("b", 64, 1), ("a", 32, 7), ("c", 80, 9)];

#[test]
fn they_stand_in_the_order_of_their_numbers() {
    let little = parsed(&description(SOME, ByteOrder::Little), "01020304a1a2a3a4a5a6a7a8ffffffff");
    assert_eq!(little.unsigned("a"), Some(0x0403_0201));
    assert_eq!(little.unsigned("b"), Some(0xa8a7_a6a5_a4a3_a2a1));
    assert_eq!((little.bytes("c"), little.bytes("z"), little.bytes("nobody")), (None, None, None));
    let big = parsed(&description(SOME, ByteOrder::Big), "01020304a1a2a3a4a5a6a7a8ffffffff");
    assert_eq!(big.unsigned("a"), Some(0x0102_0304));
    assert_eq!(big.unsigned("b"), Some(0xa1a2_a3a4_a5a6_a7a8));
}

#[test]
fn of_wide_ones_the_low_bytes_are_the_number() {
    for (order, low) in [(ByteOrder::Little, 0x0807_0605_0403_0201), (ByteOrder::Big, 0x090a_0b0c_0d0e_0f10)] {
        let mut registers = parsed(&description(SOME, order), "01020304");
        let index = registers.description.index("z").unwrap();
        registers.add(index, b"0102030405060708090a0b0c0d0e0f10").unwrap();
        assert_eq!(registers.unsigned("z"), Some(low));
    }
}

#[test]
fn what_is_unavailable_is_not_zero() {
    let d = description(SOME, ByteOrder::Little);
    let mut registers = parsed(&d, "xxxxxxxxa1a2a3a4a5a6a7a8");
    assert_eq!((registers.bytes("a"), registers.unsigned("b")), (None, Some(0xa8a7_a6a5_a4a3_a2a1)));
    let index = d.index("z").unwrap();
    registers.add(index, b"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx").unwrap();
    // Of another width than described: not this register.
    registers.add(index, b"01").unwrap();
    assert_eq!(registers.bytes("z"), None);
    for text in ["0", "0g", "x0", "xX"] {
        assert!(Registers::none(&d).parse(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn one_is_changed_in_the_whole() {
    let registers = parsed(&description(SOME, ByteOrder::Little), "01020304a1a2a3a4a5a6a7a8");
    let index = |name| registers.description.index(name).unwrap();
    assert_eq!(registers.with(index("a"), &[9, 8, 7, 6]).unwrap(), b"G09080706a1a2a3a4a5a6a7a8");
    assert_eq!(registers.with(index("z"), &[0; 16]), None);
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(
        text in prop::collection::vec(prop::sample::select(b"0123456789abcdefxE".to_vec()), 0..200),
        widths in prop::collection::vec((1_u32..300, 0_u32..20), 0..10),
        big: bool,
    ) {
        let order = if big { ByteOrder::Big } else { ByteOrder::Little };
        let names: Vec<String> = (0..widths.len()).map(|n| format!("r{n}")).collect();
        let all: Vec<(&str, u32, u32)> =
            names.iter().zip(&widths).map(|(n, (bits, number))| (n.as_str(), *bits, *number)).collect();
        let d = description(&all, order);
        let mut registers = Registers::none(&d);
        let _ = registers.parse(&text);
        for (index, name) in names.iter().enumerate() {
            let _ = registers.add(index, &text);
            let _ = (registers.bytes(name), registers.unsigned(name));
        }
    }
}
