//! What a stub says it can do (GDB manual, E.4 "General Query Packets",
//! `qSupported`, and E.2 "Packets", `vCont?`).

use super::error::{RemoteError, Result};

/// Bytes in a packet where the stub names no number: old ones had 400 hex
/// digits of room for registers.
const PACKET: usize = 400;

/// The features that we use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Offered {
    /// The longest packet that it takes and sends, in bytes.
    pub(super) packet: usize,
    /// That acknowledgements can be left out.
    pub(super) no_acks: bool,
    /// That it describes its registers in XML.
    pub(super) features: bool,
    /// That it delivers chosen signals without stopping for them.
    pub(super) pass_signals: bool,
    /// `vCont` with `c` and `C`, or with `s` and `S`.
    pub(super) resume: bool,
    pub(super) step: bool,
}

impl Offered {
    /// From the answer to `qSupported`, which may be empty: then it is an old
    /// stub that can do nothing of all that.
    pub(super) fn parse(reply: &[u8]) -> Result<Offered> {
        let text = str::from_utf8(reply).map_err(|_| RemoteError::garbage("no list of features:", reply))?;
        let mut offered = Offered { packet: PACKET, ..Offered::default() };
        for word in text.split(';') {
            match word {
                "QStartNoAckMode+" => offered.no_acks = true,
                "qXfer:features:read+" => offered.features = true,
                "QPassSignals+" => offered.pass_signals = true,
                _ => {
                    if let Some(size) = word.strip_prefix("PacketSize=") {
                        let size = usize::from_str_radix(size, 16).ok().filter(|size| *size >= 64);
                        let size = size.ok_or_else(|| RemoteError::garbage("no packet size:", word.as_bytes()))?;
                        offered.packet = size.min(super::packet::LONGEST);
                    }
                }
            }
        }
        Ok(offered)
    }

    /// Adds the answer to `vCont?`.
    pub(super) fn actions(&mut self, reply: &[u8]) {
        let mut words = reply.split(|b| *b == b';');
        if words.next() == Some(b"vCont") {
            let has: Vec<&[u8]> = words.collect();
            let all = |asked: [&[u8]; 2]| asked.iter().all(|a| has.contains(a));
            (self.resume, self.step) = (all([b"c", b"C"]), all([b"s", b"S"]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_qemu_and_gdbserver_say() {
        let qemu = b"PacketSize=1000;qXfer:features:read+;qXfer:auxv:read+;vContSupported+;multiprocess+";
        let mut offered = Offered::parse(qemu).unwrap();
        offered.actions(b"vCont;c;C;s;S");
        let wanted = Offered { packet: 0x1000, features: true, resume: true, step: true, ..Offered::default() };
        assert_eq!(offered, wanted);
        let server = Offered::parse(b"PacketSize=47ff;QPassSignals+;QProgramSignals+;QStartNoAckMode+").unwrap();
        assert!(server.pass_signals && server.no_acks && !server.features && server.packet == 0x47ff);
        assert_eq!(Offered::parse(b"").unwrap().packet, PACKET);
        assert!(Offered::parse(b"PacketSize=0").is_err() && Offered::parse(b"PacketSize=zz").is_err());
    }
}
