//! A conversation with a stub.

use super::error::{RemoteError, Result};
use super::offered::Offered;
use super::packet::{push_hex, unhex};
use super::process::Process;
use super::registers::{Description, Registers, bytes_of};
use super::stop::{Stop, is_thread};
use super::wire::{Watch, Wire};
use goabi_cases::arch::Arch;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Registers that are asked for at once, one by one: of 256 bytes each at most.
const BATCH: usize = 32;
/// More threads than this, no Go program of ours has.
const THREADS: usize = 10_000;

/// A program under a debugger. It is stopped whenever no method of this is
/// running. When dropped, its processes are killed, and nothing of it is left.
///
/// What a stop's [`super::signal::TRAP`] meant is for the caller to tell by the
/// program counter. Signals that stop it are the program's own: pass them on
/// with [`Debuggee::resume_with_signal`].
#[derive(Debug)]
pub struct Debuggee<W = Process> {
    pub(super) wire: Wire<W>,
    pub(super) offered: Offered,
    pub(super) description: Arc<Description>,
    pub(super) stub: Stub,
    /// How many bytes `g` brings; None if the stub doesn't know it.
    pub(super) held: Option<usize>,
    /// The one that stopped last.
    pub(super) thread: Option<String>,
    pub(super) breakpoints: BTreeSet<u64>,
    /// The reply that said that the program is no more.
    pub(super) ended: Option<Stop>,
}

/// What must be known of a stub beforehand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stub {
    pub(super) arch: &'static Arch,
    /// Whether a single step ignores breakpoints that are in its way. qemu's
    /// does ("singlestep overrides breakpoints", `check_for_breakpoints` in its
    /// `accel/tcg/cpu-exec.c`); gdbserver's hits them.
    pub(super) steps_over: bool,
}

impl<W: Watch> Debuggee<W> {
    /// The registers of the thread that stopped last, by one `g`. What the stub
    /// leaves out of it (qemu: all but the core registers, on most ports) is
    /// unknown in the result; see [`Debuggee::registers_and`].
    ///
    /// # Errors
    ///
    /// As of all methods: see [`RemoteError`].
    pub fn registers(&mut self) -> Result<Registers> {
        self.registers_and(&[])
    }

    /// As [`Debuggee::registers`], and each of these
    /// that the stub leaves out of `g`, at the cost of a round trip each with
    /// stubs that want acknowledgements (qemu's). Names that the stub doesn't
    /// have are ignored.
    ///
    /// # Errors
    ///
    /// See [`RemoteError`].
    pub fn registers_and(&mut self, names: &[&str]) -> Result<Registers> {
        self.alive()?;
        let description = self.description.clone();
        let held = self.held;
        let left_out = |index: &usize| held.is_none_or(|held| description.place(*index).end > held);
        let single: Vec<usize> = match held {
            Some(_) => names.iter().filter_map(|name| description.index(name)).filter(left_out).collect(),
            None => (0..description.all.len()).collect(),
        };
        let mut registers = Registers::none(&description);
        if held.is_some() {
            self.wire.request(b"g");
            // Where requests can be sent ahead, the first batch goes with it.
            if !self.wire.can_batch() {
                self.wire.send()?;
                registers.parse(data("g", self.wire.answer()?)?)?;
            }
        }
        let mut g_to_come = held.is_some() && self.wire.can_batch();
        let batch = if self.wire.can_batch() { BATCH } else { 1 };
        for batch in single.chunks(batch).chain((g_to_come && single.is_empty()).then_some(&[][..])) {
            for index in batch {
                let number = description.all.get(*index).map_or(0, |r| r.number);
                self.wire.request(format!("p{number:x}").as_bytes());
            }
            self.wire.send()?;
            if std::mem::take(&mut g_to_come) {
                registers.parse(data("g", self.wire.answer()?)?)?;
            }
            for index in batch {
                // It may well describe registers that it then can't read.
                if let Ok(text) = data("p", self.wire.answer()?) {
                    registers.add(*index, text)?;
                }
            }
        }
        Ok(registers)
    }

    /// Changes a register of the thread that stopped last; the bytes are in the
    /// target's order.
    ///
    /// # Errors
    ///
    /// See [`RemoteError`]; [`RemoteError::Unsupported`] if the stub has no such
    /// register of that width.
    pub fn set_register(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        self.alive()?;
        let found = self.description.index(name).and_then(|i| Some((i, self.description.all.get(i)?)));
        let Some((index, register)) = found.filter(|(_, r)| bytes_of(r) == bytes.len()) else {
            let width = bytes.len();
            return Err(RemoteError::Unsupported(format!("the debug stub has no register {name} of {width} bytes")));
        };
        let mut packet = format!("P{:x}=", register.number).into_bytes();
        push_hex(bytes, &mut packet);
        let answer = self.wire.ask(&packet)?;
        if !answer.is_empty() {
            return ok(&packet, answer);
        }
        let all = self.registers()?.with(index, bytes);
        let all = all.ok_or_else(|| unsupported("P"))?;
        expect_ok(&mut self.wire, &all)
    }

    /// Reads memory, in pieces that the stub can send.
    ///
    /// # Errors
    ///
    /// See [`RemoteError`]; [`RemoteError::Refused`] if not all of it is mapped.
    pub fn read(&mut self, addr: u64, len: usize) -> Result<Vec<u8>> {
        self.alive()?;
        let most = (self.offered.packet.saturating_sub(8) / 2).max(16);
        let mut found = Vec::with_capacity(len.min(1 << 20));
        while found.len() < len {
            let piece = most.min(len - found.len());
            let at = addr.wrapping_add(found.len() as u64);
            let packet = format!("m{at:x},{piece:x}");
            let text = data(&packet, self.wire.ask(packet.as_bytes())?)?;
            let bytes = unhex(text).filter(|b| !b.is_empty() && b.len() <= piece);
            // Less than was asked for: what comes next is not mapped, and the
            // next request says so.
            found.extend(bytes.ok_or_else(|| RemoteError::garbage("no memory:", text))?);
        }
        Ok(found)
    }

    /// Puts a software breakpoint on an instruction, unless there is one.
    ///
    /// # Errors
    ///
    /// See [`RemoteError`].
    pub fn insert(&mut self, addr: u64) -> Result<()> {
        // qemu counts them: one removed would still be one there.
        if self.breakpoints.contains(&addr) {
            return self.alive();
        }
        let packet = self.breakpoint('Z', addr)?;
        expect_ok(&mut self.wire, &packet)?;
        self.breakpoints.insert(addr);
        Ok(())
    }

    /// Takes a breakpoint away, if there is one.
    ///
    /// # Errors
    ///
    /// See [`RemoteError`].
    pub fn remove(&mut self, addr: u64) -> Result<()> {
        if !self.breakpoints.contains(&addr) {
            return self.alive();
        }
        let packet = self.breakpoint('z', addr)?;
        expect_ok(&mut self.wire, &packet)?;
        self.breakpoints.remove(&addr);
        Ok(())
    }

    /// Lets the thread that stopped last execute one instruction (or enter what
    /// hinders it: a signal shows as a stop by that signal). If a breakpoint is
    /// on that instruction, see [`Debuggee::step_over`].
    ///
    /// # Errors
    ///
    /// See [`RemoteError`].
    pub fn step(&mut self) -> Result<Stop> {
        self.alive()?;
        self.request_step()?;
        self.until_stop()
    }

    /// Steps past an instruction that may have a breakpoint, which is there
    /// again afterwards.
    ///
    /// # Errors
    ///
    /// See [`RemoteError`].
    pub fn step_over(&mut self, addr: u64) -> Result<Stop> {
        if self.stub.steps_over || !self.breakpoints.contains(&addr) {
            return self.step();
        }
        let (remove, insert) = (self.breakpoint('z', addr)?, self.breakpoint('Z', addr)?);
        self.wire.request(&remove);
        let ahead = self.wire.can_batch() && self.offered.step;
        if ahead {
            self.request_step()?;
        }
        self.wire.send()?;
        ok(&remove, self.wire.answer()?)?;
        if !ahead {
            self.request_step()?;
        }
        let stop = self.until_stop()?;
        if self.ended.is_none() {
            expect_ok(&mut self.wire, &insert)?;
        }
        Ok(stop)
    }

    /// How the program ended, once the stub has said that it is no more.
    #[must_use]
    pub fn ended(&self) -> Option<&Stop> {
        self.ended.as_ref()
    }

    /// Lets all threads run until the next stop.
    ///
    /// # Errors
    ///
    /// See [`RemoteError`].
    pub fn resume(&mut self) -> Result<Stop> {
        self.alive()?;
        self.wire.request(if self.offered.resume { b"vCont;c" } else { b"c" });
        self.until_stop()
    }

    /// As [`Debuggee::resume`], and delivers a signal (in GDB's numbers) to the
    /// thread that stopped last, as if no debugger were there.
    ///
    /// # Errors
    ///
    /// See [`RemoteError`].
    pub fn resume_with_signal(&mut self, signal: u8) -> Result<Stop> {
        self.alive()?;
        let packet = match &self.thread {
            Some(thread) if self.offered.resume => format!("vCont;C{signal:02x}:{thread};c"),
            None if self.offered.resume => format!("vCont;C{signal:02x}"),
            Some(_) | None => format!("C{signal:02x}"),
        };
        self.wire.request(packet.as_bytes());
        self.until_stop()
    }

    /// All threads, as the stub spells them.
    ///
    /// # Errors
    ///
    /// See [`RemoteError`].
    pub fn threads(&mut self) -> Result<Vec<String>> {
        self.alive()?;
        let mut threads = Vec::new();
        let mut question: &[u8] = b"qfThreadInfo";
        loop {
            let answer = self.wire.ask(question)?;
            let Some(list) = answer.strip_prefix(b"m") else {
                return match answer {
                    b"l" => Ok(threads),
                    b"" => Err(unsupported("qfThreadInfo")),
                    _ => Err(RemoteError::garbage("no list of threads:", answer)),
                };
            };
            for id in list.split(|b| *b == b',') {
                let id = str::from_utf8(id).ok().filter(|id| is_thread(id));
                threads.push(id.ok_or_else(|| RemoteError::garbage("no list of threads:", list))?.to_string());
            }
            if threads.len() > THREADS {
                return Err(RemoteError::Garbage("its list of threads has no end".to_string()));
            }
            question = b"qsThreadInfo";
        }
    }

    /// The thread that stopped last, where the stub names it.
    #[must_use]
    pub fn thread(&self) -> Option<&str> {
        self.thread.as_deref()
    }

    /// Takes another thread for the one that stopped last: its registers are
    /// read, and it is stepped.
    ///
    /// # Errors
    ///
    /// See [`RemoteError`].
    pub fn select(&mut self, thread: &str) -> Result<()> {
        self.alive()?;
        expect_ok(&mut self.wire, format!("Hg{thread}").as_bytes())?;
        self.thread = Some(thread.to_string());
        Ok(())
    }

    fn request_step(&mut self) -> Result<()> {
        match &self.thread {
            Some(thread) if self.offered.step => self.wire.request(format!("vCont;s:{thread}").as_bytes()),
            None if self.offered.step => self.wire.request(b"vCont;s"),
            Some(thread) => {
                expect_ok(&mut self.wire, format!("Hc{thread}").as_bytes())?;
                self.wire.request(b"s");
            }
            None => self.wire.request(b"s"),
        }
        Ok(())
    }

    /// Sends what was requested, and waits until the program stops.
    pub(super) fn until_stop(&mut self) -> Result<Stop> {
        self.wire.send()?;
        loop {
            let Some(stop) = Stop::parse(self.wire.answer()?)? else { continue };
            match &stop {
                Stop::Signal { thread, .. } => self.thread.clone_from(thread),
                Stop::Exited(_) | Stop::Killed(_) => {
                    self.ended = Some(stop.clone());
                    // qemu waits for this before it exits.
                    self.wire.settle()?;
                }
            }
            return Ok(stop);
        }
    }

    fn breakpoint(&mut self, letter: char, addr: u64) -> Result<Vec<u8>> {
        self.alive()?;
        let kind = match self.stub.arch.goarch.as_str() {
            // In the architecture's smallest instructions (GDB manual, E.5
            // "Architecture-Specific Protocol Details"; s390x and x86: the
            // length of the instruction that stops).
            "amd64" | "386" => 1,
            "s390x" => 2,
            // A compressed instruction has half the length, and the one behind
            // it may be jumped to.
            "riscv64" if !self.stub.steps_over => self.riscv_length(addr)?,
            _ => 4,
        };
        Ok(format!("{letter}0,{addr:x},{kind}").into_bytes())
    }

    fn riscv_length(&mut self, addr: u64) -> Result<u8> {
        // The two low bits of what is no compressed instruction are set.
        Ok(if self.read(addr, 1)?.first().is_some_and(|b| b & 3 == 3) { 4 } else { 2 })
    }

    fn alive(&self) -> Result<()> {
        if self.ended.is_none() { Ok(()) } else { Err(RemoteError::Closed) }
    }
}

/// The answer to a request, which is neither an error nor empty.
pub(super) fn data<'a>(packet: &str, answer: &'a [u8]) -> Result<&'a [u8]> {
    match answer.split_first() {
        None => Err(unsupported(packet)),
        // `E` is a hex digit, too, but the digits of an answer come in pairs.
        Some((b'E', code)) if answer.len() % 2 == 1 || code.first() == Some(&b'.') => {
            Err(RemoteError::Refused { packet: packet.to_string(), code: String::from_utf8_lossy(code).into_owned() })
        }
        Some((b'T', _)) => Err(RemoteError::Garbage(format!(
            "while it was asked `{packet}` another thread stopped, which it cannot handle (GODEBUG=asyncpreemptoff=1 \
             and GOMAXPROCS=1 help)"
        ))),
        Some(_) => Ok(answer),
    }
}

fn ok(packet: &[u8], answer: &[u8]) -> Result<()> {
    let packet = String::from_utf8_lossy(packet.get(..packet.len().min(40)).unwrap_or(packet));
    match data(&packet, answer)? {
        b"OK" => Ok(()),
        other => Err(RemoteError::garbage("not OK:", other)),
    }
}

pub(super) fn expect_ok<W: Watch>(wire: &mut Wire<W>, packet: &[u8]) -> Result<()> {
    ok(packet, wire.ask(packet)?)
}

fn unsupported(packet: &str) -> RemoteError {
    RemoteError::Unsupported(format!("the debug stub does not know the request `{packet}`"))
}
