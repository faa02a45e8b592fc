use super::*;
use proptest::prelude::*;

/// All events in bytes that come in pieces of this size.
fn events(bytes: &[u8], piece: usize) -> Vec<(Event, Vec<u8>)> {
    let (mut decoder, mut found) = (Decoder::default(), Vec::new());
    for part in bytes.chunks(piece.max(1)) {
        decoder.push(part);
        while let Some(event) = decoder.next() {
            let payload = if event == Event::Packet { decoder.payload.clone() } else { Vec::new() };
            found.push((event, payload));
            if event == Event::Flood {
                return found;
            }
        }
    }
    found
}

fn packets(bytes: &[u8]) -> Vec<(Event, Vec<u8>)> {
    events(bytes, bytes.len())
}

/// With the right checksum, escapes and run lengths as they are.
fn raw(body: &[u8]) -> Vec<u8> {
    let mut bytes = [b"$", body, b"#"].concat();
    push_hex(&[checksum(body)], &mut bytes);
    bytes
}

#[test]
fn frames_are_those_of_the_manual() {
    let mut out = Vec::new();
    pack(b"g", &mut out);
    assert_eq!(out, b"$g#67");
    assert_eq!(packets(b"+$OK#9a"), [(Event::Ack, vec![]), (Event::Packet, b"OK".to_vec())]);
    assert_eq!(packets(b"-$#00"), [(Event::Nak, vec![]), (Event::Packet, vec![])]);
    // "0* " is "0000", in the manual's words.
    assert_eq!(packets(&raw(b"0* ")), [(Event::Packet, b"0000".to_vec())]);
    assert_eq!(packets(&raw(b"a}\x03b")), [(Event::Packet, b"a#b".to_vec())]);
    assert_eq!(packets(b"noise$OK#9A"), [(Event::Packet, b"OK".to_vec())]);
    assert_eq!(packets(b"%Stop:T05#aa$OK#9a"), [(Event::Packet, b"OK".to_vec())]);
}

#[test]
fn what_is_broken_is_told() {
    for bytes in [&b"$OK#9b"[..], b"$OK#zz", &raw(b"a}"), &raw(b"*!"), &raw(b"0*"), &raw(b"0*\x1f")] {
        assert_eq!(packets(bytes), [(Event::Corrupt, vec![])], "{}", bytes.escape_ascii());
    }
    for bytes in [&b""[..], b"$", b"$OK", b"$OK#", b"$OK#9"] {
        assert!(packets(bytes).is_empty());
    }
}

#[test]
fn nothing_grows_without_bound() {
    let endless = [b"$".to_vec(), vec![b'0'; LONGEST + 1]].concat();
    assert_eq!(packets(&endless).last().unwrap().0, Event::Flood);
    // Each pair of these stands for 97 bytes.
    let bomb = raw(&[b"0".to_vec(), b"*~".repeat(LONGEST / 97 + 1)].concat());
    assert_eq!(packets(&bomb), [(Event::Flood, vec![])]);
    assert_eq!(packets(&vec![b'x'; NOISE + 1]), [(Event::Flood, vec![])]);
}

proptest! {
    #[test]
    fn what_was_packed_comes_out(
        payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 1..5),
        piece in 1_usize..40,
    ) {
        let mut bytes = Vec::new();
        for payload in &payloads {
            pack(payload, &mut bytes);
        }
        let wanted: Vec<_> = payloads.into_iter().map(|p| (Event::Packet, p)).collect();
        prop_assert_eq!(events(&bytes, piece), wanted);
    }

    #[test]
    fn pieces_do_not_matter(bytes in prop::collection::vec(prop::sample::select(b"+-$%#}*0a9x".to_vec()), 0..300), piece in 1_usize..20) {
        prop_assert_eq!(events(&bytes, piece), packets(&bytes));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000), piece in 1_usize..500) {
        events(&bytes, piece);
        unhex(&bytes);
    }

    #[test]
    fn hex_goes_both_ways(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        let mut text = Vec::new();
        push_hex(&bytes, &mut text);
        prop_assert_eq!(unhex(&text), Some(bytes));
    }
}
