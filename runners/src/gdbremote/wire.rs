//! A socket to a stub: requests go out, answers come in, and nothing is waited
//! for longer than the watch allows.

use super::error::{RemoteError, Result};
use super::packet::{Decoder, Event, pack};
use crate::process::TICK;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;

/// How often an answer is asked for again because it came garbled. On a
/// socket nothing gets lost: a stub with which that happens is broken.
const AGAIN: u32 = 3;

/// What decides how long a stub is waited for.
pub trait Watch {
    /// Called before each request, each [`TICK`] while waiting, and whenever
    /// bytes come in.
    ///
    /// # Errors
    ///
    /// Why not to go on: the time is over, the token is set, a limit exceeded.
    fn look(&mut self) -> Result<()>;

    /// Whether the stub's process has ended, so that what it has not sent yet
    /// it never will.
    fn is_gone(&mut self) -> bool;
}

/// The connection.
#[derive(Debug)]
pub(super) struct Wire<W> {
    /// Before the stream, so that it is dropped first, see [`Wire::end`].
    pub(super) watch: W,
    stream: UnixStream,
    decoder: Decoder,
    /// What is to be sent next.
    out: Vec<u8>,
    /// Whether each packet is acknowledged by the other side.
    acks: bool,
    /// Whether a `+` is owed: it goes out in front of the next request, which
    /// saves a system call for each answer, and a wake-up of the stub.
    owes: bool,
}

impl<W: Watch> Wire<W> {
    pub(super) fn new(stream: UnixStream, watch: W) -> Result<Wire<W>> {
        let set = || {
            stream.set_nonblocking(false)?;
            stream.set_read_timeout(Some(TICK))?;
            stream.set_write_timeout(Some(TICK))
        };
        set().map_err(|source| RemoteError::Io { doing: "set up the socket to", source })?;
        Ok(Wire { watch, stream, decoder: Decoder::default(), out: Vec::new(), acks: true, owes: false })
    }

    /// Ends the connection.
    pub(super) fn close(self) -> W {
        self.watch
    }

    /// Ends the watch, and the connection after it: a stub that loses its
    /// connection may let its program run on.
    pub(super) fn end<T>(self, end: impl FnOnce(W) -> T) -> T {
        let Wire { watch, stream, .. } = self;
        let ended = end(watch);
        drop(stream);
        ended
    }

    /// From now on no packet is acknowledged, after the answer that said so was.
    pub(super) fn stop_acks(&mut self) -> Result<()> {
        self.settle()?;
        self.acks = false;
        Ok(())
    }

    /// Whether several requests may be sent at once. Not where answers are
    /// acknowledged: qemu takes in all that is there, and then waits for a `+`
    /// that it has taken in already.
    pub(super) fn can_batch(&self) -> bool {
        !self.acks
    }

    /// Adds a request to what is sent next: the only one, unless
    /// [`Wire::can_batch`].
    pub(super) fn request(&mut self, payload: &[u8]) {
        if std::mem::take(&mut self.owes) {
            self.out.push(b'+');
        }
        pack(payload, &mut self.out);
    }

    /// Sends what was added.
    pub(super) fn send(&mut self) -> Result<()> {
        self.watch.look()?;
        let out = std::mem::take(&mut self.out);
        let sent = self.write(&out);
        self.out = out;
        self.out.clear();
        sent
    }

    /// Sends one request and waits for its answer.
    pub(super) fn ask(&mut self, payload: &[u8]) -> Result<&[u8]> {
        self.request(payload);
        self.send()?;
        self.answer()
    }

    /// Waits for the next answer.
    pub(super) fn answer(&mut self) -> Result<&[u8]> {
        let mut corrupt = 0;
        loop {
            match self.event()? {
                Event::Packet => {
                    self.owes = self.acks;
                    return Ok(&self.decoder.payload);
                }
                Event::Ack => {}
                Event::Nak => return Err(RemoteError::Garbage("it understood no request".to_string())),
                Event::Corrupt => {
                    corrupt += 1;
                    if !self.acks || corrupt > AGAIN {
                        return Err(RemoteError::Garbage("its packets are garbled".to_string()));
                    }
                    self.write(b"-")?;
                }
                Event::Flood => return Err(RemoteError::Garbage("it sends without end".to_string())),
            }
        }
    }

    /// Sends the acknowledgement that is owed, where no request will follow.
    pub(super) fn settle(&mut self) -> Result<()> {
        if std::mem::take(&mut self.owes) { self.write(b"+") } else { Ok(()) }
    }

    fn event(&mut self) -> Result<Event> {
        let mut bytes = [0; 4 << 10];
        loop {
            if let Some(event) = self.decoder.next() {
                return Ok(event);
            }
            match self.stream.read(&mut bytes) {
                Ok(0) => return Err(RemoteError::Closed),
                Ok(n) => self.decoder.push(bytes.get(..n).unwrap_or_default()),
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    // Somebody else may hold the other end open.
                    if self.watch.is_gone() {
                        return Err(RemoteError::Closed);
                    }
                }
                Err(e) => return Err(broken("read from", e)),
            }
            self.watch.look()?;
        }
    }

    fn write(&mut self, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            match self.stream.write(bytes) {
                Ok(n) => bytes = bytes.get(n..).unwrap_or_default(),
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    if self.watch.is_gone() {
                        return Err(RemoteError::Closed);
                    }
                    self.watch.look()?;
                }
                Err(e) => return Err(broken("write to", e)),
            }
        }
        Ok(())
    }
}

fn broken(doing: &'static str, source: std::io::Error) -> RemoteError {
    match source.kind() {
        ErrorKind::BrokenPipe | ErrorKind::ConnectionReset => RemoteError::Closed,
        _ => RemoteError::Io { doing, source },
    }
}
