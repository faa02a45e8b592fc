//! Framing: `$` payload `#` and two hex digits of checksum, with escapes and
//! run lengths in the payload (GDB manual, E.1 "Overview").

/// The longest payload that is taken, escapes and run lengths undone. The
/// largest honest ones, chunks of a target description, have a tenth of this.
pub(super) const LONGEST: usize = 1 << 20;
/// Bytes outside of packets that are overlooked before we take the stub to
/// speak something else.
const NOISE: usize = 64 << 10;

/// One thing that came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Ack,
    Nak,
    /// A packet, whose payload is in [`Decoder::payload`].
    Packet,
    /// A packet with a wrong checksum or a broken escape.
    Corrupt,
    /// More than anyone would send.
    Flood,
}

/// Takes bytes as they come, in pieces of any size.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    bytes: Vec<u8>,
    /// Up to here, `bytes` has been dealt with.
    at: usize,
    /// Up to here, the unfinished packet at `at` has been searched for its end.
    searched: usize,
    noise: usize,
    /// Of the last packet.
    pub(super) payload: Vec<u8>,
}

impl Decoder {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.at);
        (self.at, self.searched) = (0, self.searched.saturating_sub(self.at));
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole thing, or None until more bytes come.
    pub(super) fn next(&mut self) -> Option<Event> {
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let (&first, _) = rest.split_first()?;
            match first {
                b'+' | b'-' => {
                    self.at += 1;
                    return Some(if first == b'+' { Event::Ack } else { Event::Nak });
                }
                // A notification looks like a packet and is not acknowledged;
                // we have asked for none.
                b'$' | b'%' => {
                    let from = self.searched.max(self.at + 1) - self.at;
                    let Some(end) = rest.get(from..).and_then(|r| r.iter().position(|b| *b == b'#')) else {
                        self.searched = self.bytes.len();
                        return (rest.len() > LONGEST).then_some(Event::Flood);
                    };
                    let end = from + end;
                    let (Some(body), Some(sum)) = (rest.get(1..end), rest.get(end + 1..end + 3)) else {
                        // The checksum is still to come.
                        self.searched = self.at + end;
                        return None;
                    };
                    let sound = sum_of(sum) == Some(checksum(body));
                    let event = match unpack(body, &mut self.payload) {
                        Unpacked::Whole if sound => Event::Packet,
                        Unpacked::Whole | Unpacked::Broken => Event::Corrupt,
                        Unpacked::TooLong => Event::Flood,
                    };
                    self.at += end + 3;
                    self.noise = 0;
                    if first == b'$' {
                        return Some(event);
                    }
                }
                _ => {
                    let skip = rest.iter().position(|b| matches!(b, b'+' | b'-' | b'$' | b'%')).unwrap_or(rest.len());
                    self.at += skip;
                    self.noise += skip;
                    if self.noise > NOISE {
                        return Some(Event::Flood);
                    }
                }
            }
        }
    }
}

/// What became of a packet's body.
enum Unpacked {
    Whole,
    /// It ends within an escape or a run length.
    Broken,
    TooLong,
}

/// Undoes escapes and run lengths.
fn unpack(body: &[u8], into: &mut Vec<u8>) -> Unpacked {
    into.clear();
    if !body.iter().any(|b| matches!(b, b'}' | b'*')) {
        into.extend_from_slice(body);
        return Unpacked::Whole;
    }
    let mut bytes = body.iter();
    while let Some(&byte) = bytes.next() {
        match byte {
            b'}' => match bytes.next() {
                Some(escaped) => into.push(escaped ^ 0x20),
                None => return Unpacked::Broken,
            },
            b'*' => match (into.last().copied(), bytes.next()) {
                // The count is a printable character: 29 more than the repetitions.
                (Some(last), Some(&count @ 32..=126)) => into.resize(into.len() + usize::from(count - 29), last),
                _ => return Unpacked::Broken,
            },
            plain => into.push(plain),
        }
        if into.len() > LONGEST {
            return Unpacked::TooLong;
        }
    }
    Unpacked::Whole
}

/// Appends a packet.
pub(super) fn pack(payload: &[u8], into: &mut Vec<u8>) {
    into.push(b'$');
    let start = into.len();
    for &byte in payload {
        // `*` has a meaning in answers only, and may be escaped all the same.
        if matches!(byte, b'#' | b'$' | b'}' | b'*') {
            into.extend([b'}', byte ^ 0x20]);
        } else {
            into.push(byte);
        }
    }
    let sum = checksum(into.get(start..).unwrap_or_default());
    into.push(b'#');
    push_hex(&[sum], into);
}

fn checksum(body: &[u8]) -> u8 {
    body.iter().fold(0, |sum, b| sum.wrapping_add(*b))
}

fn sum_of(digits: &[u8]) -> Option<u8> {
    match digits {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    }
}

fn digit(c: u8) -> Option<u8> {
    match c {
        b'0'..=b'9' => Some(c - b'0'),
        b'a'..=b'f' => Some(c - b'a' + 10),
        b'A'..=b'F' => Some(c - b'A' + 10),
        _ => None,
    }
}

/// The bytes that an even number of hex digits stands for.
pub(super) fn unhex(digits: &[u8]) -> Option<Vec<u8>> {
    let (pairs, []) = digits.as_chunks::<2>() else { return None };
    pairs.iter().map(|pair| sum_of(pair)).collect()
}

/// Appends two digits for each byte.
pub(super) fn push_hex(bytes: &[u8], into: &mut Vec<u8>) {
    for byte in bytes {
        for nibble in [byte >> 4, byte & 15] {
            into.push(if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 });
        }
    }
}

#[cfg(test)]
#[path = "packet_tests.rs"]
mod tests;
