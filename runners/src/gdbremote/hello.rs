//! The beginning of a conversation: what the stub can do, and which registers
//! it has.

use super::error::{RemoteError, Result};
use super::offered::Offered;
use super::registers::{Description, Register};
use super::session::{Debuggee, Stub, data, expect_ok};
use super::stop::signal;
use super::wire::{Watch, Wire};
use super::{features, layouts};
use std::collections::BTreeSet;
use std::os::unix::net::UnixStream;
use std::sync::Arc;

/// The longest document of a target description; qemu's longest has 60 KiB.
const DOCUMENT: usize = 4 << 20;
impl<W: Watch> Debuggee<W> {
    /// A conversation that has not begun, with a stub whose program has not run
    /// yet.
    pub(super) fn over(stream: UnixStream, watch: W, stub: Stub) -> Result<Debuggee<W>> {
        let wire = Wire::new(stream, watch)?;
        let description = Arc::new(Description::new(Vec::new(), stub.arch.byte_order));
        let (offered, breakpoints) = (Offered::default(), BTreeSet::new());
        Ok(Debuggee { wire, offered, description, stub, held: None, thread: None, breakpoints, ended: None })
    }

    /// Begins it.
    pub(super) fn hello(&mut self) -> Result<()> {
        let wire = &mut self.wire;
        // That we read i386 XML, too, makes gdbserver describe x86 registers.
        let said = wire.ask(b"qSupported:swbreak+;hwbreak+;vContSupported+;xmlRegisters=i386")?;
        self.offered = Offered::parse(said)?;
        if self.offered.no_acks && wire.ask(b"QStartNoAckMode")? == b"OK" {
            wire.stop_acks()?;
        }
        self.offered.actions(wire.ask(b"vCont?")?);
        // gdbserver describes the registers of the thread that this selects, and
        // without it fails an assertion.
        wire.request(b"?");
        self.until_stop()?;
        if self.ended.is_some() {
            return Ok(());
        }
        let wire = &mut self.wire;
        let all = describe(wire, &self.offered, &self.stub.arch.goarch)?;
        self.description = Arc::new(Description::new(all, self.stub.arch.byte_order));
        if self.offered.pass_signals {
            let list: Vec<String> = signal::PASSED.iter().map(|s| format!("{s:x}")).collect();
            expect_ok(wire, format!("QPassSignals:{}", list.join(";")).as_bytes())?;
        }
        self.held = match data("g", self.wire.ask(b"g")?) {
            Ok(text) => Some(text.len() / 2),
            Err(RemoteError::Unsupported(_) | RemoteError::Refused { .. }) => None,
            Err(error) => return Err(error),
        };
        Ok(())
    }
}

/// The stub's registers, by its own description if it has a whole one.
fn describe<W: Watch>(wire: &mut Wire<W>, offered: &Offered, goarch: &str) -> Result<Vec<Register>> {
    let known = layouts::of(goarch);
    let described =
        if offered.features { features::read(&mut |name| document(wire, offered, name)) } else { Ok(Vec::new()) };
    match (described, known) {
        (Ok(all), _) if !all.is_empty() => Ok(all),
        // It names documents that it doesn't have.
        (Ok(_) | Err(RemoteError::Refused { .. }), Some(known)) => Ok(known),
        (Ok(_), None) => {
            Err(RemoteError::Unsupported(format!("the debug stub for {goarch} does not describe its registers")))
        }
        (Err(error), _) => Err(error),
    }
}

/// One document of its description.
fn document<W: Watch>(wire: &mut Wire<W>, offered: &Offered, name: &str) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    loop {
        let packet = format!("qXfer:features:read:{name}:{:x},{:x}", text.len(), offered.packet.saturating_sub(8));
        let answer = wire.ask(packet.as_bytes())?;
        match answer.split_first() {
            Some((b'l', rest)) => {
                text.extend_from_slice(rest);
                return Ok(text);
            }
            Some((b'm', rest)) if !rest.is_empty() && text.len() < DOCUMENT => text.extend_from_slice(rest),
            Some((b'E', _)) | None => return data(&packet, answer).map(<[u8]>::to_vec),
            Some(_) => return Err(RemoteError::garbage("no document:", answer)),
        }
    }
}
