//! Whole conversations with a stub that is a script: honest, silent, broken or
//! raving.

use super::packet::{Decoder, Event, pack, push_hex};
use super::session::Stub;
use super::*;
use crate::cancel::Cancel;
use goabi_cases::arch::Arch;
use proptest::prelude::*;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A watch over nothing but the clock and a token.
struct Clock {
    until: Instant,
    cancel: Cancel,
}

impl Watch for Clock {
    fn look(&mut self) -> error::Result<()> {
        match (Instant::now() >= self.until, self.cancel.is_cancelled()) {
            (true, _) => Err(RemoteError::Timeout),
            (_, true) => Err(RemoteError::Cancelled),
            (false, false) => Ok(()),
        }
    }

    fn is_gone(&mut self) -> bool {
        false
    }
}

/// How a stub answers a request; None to go away.
type Script = Box<dyn FnMut(&[u8]) -> Option<Vec<u8>> + Send>;

/// Answers until the other end is closed. What the script gives is sent as it is.
fn serve(mut socket: UnixStream, mut script: Script, acks: bool) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let (mut decoder, mut bytes) = (Decoder::default(), [0; 512]);
        while let Ok(n @ 1..) = socket.read(&mut bytes) {
            decoder.push(&bytes[..n]);
            while let Some(event) = decoder.next() {
                if event != Event::Packet {
                    continue;
                }
                let Some(answer) = script(&decoder.payload) else { return };
                if acks && socket.write_all(b"+").is_err() || socket.write_all(&answer).is_err() {
                    return;
                }
            }
        }
    })
}

fn framed(payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    pack(payload, &mut out);
    out
}

/// A stub of a machine with two registers and 16 bytes of memory at 0x1000.
fn honest(offers: &'static str) -> impl FnMut(&[u8]) -> Option<Vec<u8>> + Send {
    let mut resumed = 0;
    move |request| {
        let text = String::from_utf8_lossy(request).into_owned();
        let answer: &[u8] = match text.as_str() {
            t if t.starts_with("qSupported") => offers.as_bytes(),
            "QStartNoAckMode" | "QPassSignals:d;e;10;14;1a;1b;1c;1e;1f" => b"OK",
            "vCont?" => b"vCont;c;C;s;S",
            "?" | "vCont;s:1f" => b"T05swbreak:;thread:1f;core:0;",
            t if t.starts_with("qXfer:features:read:target.xml:0,") => {
                br#"l<target><reg name="pc" bitsize="64"/><reg name="d0" bitsize="64"/></target>"#
            }
            "g" => b"0010000000000000",
            "p1" => b"xxxxxxxxxxxxxxxx",
            "P0=0100000000000000" | "Z0,1000,1" | "z0,1000,1" | "Hg20" => b"OK",
            "m1000,10" => b"000102030405060708090a0b0c0d0e0f",
            "m1000,4" => b"00010203",
            t if t.starts_with('m') => b"E14",
            "qfThreadInfo" => b"m1f,20",
            "qsThreadInfo" => b"l",
            "vCont;C0b:1f;c" => b"X0b;process:1f",
            "vCont;c" => {
                resumed += 1;
                match resumed {
                    1 => b"T0bthread:1f;",
                    _ => b"W03",
                }
            }
            _ => b"",
        };
        Some(framed(answer))
    }
}

fn converse(script: Script, acks: bool, time: Duration) -> (Debuggee<Clock>, JoinHandle<()>) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let server = serve(theirs, script, acks);
    let watch = Clock { until: Instant::now() + time, cancel: Cancel::new() };
    let stub = Stub { arch: Arch::get("amd64").unwrap(), steps_over: false };
    (Debuggee::over(ours, watch, stub).unwrap(), server)
}

const LONG: Duration = Duration::from_secs(60);

#[test]
fn an_honest_stub_is_understood_with_acknowledgements_and_without() {
    let without = "PacketSize=400;qXfer:features:read+;QStartNoAckMode+;QPassSignals+";
    for offers in ["PacketSize=400;qXfer:features:read+", without] {
        let (mut debuggee, server) = converse(Box::new(honest(offers)), true, LONG);
        debuggee.hello().unwrap();
        assert_eq!(debuggee.thread(), Some("1f"));
        let registers = debuggee.registers_and(&["d0", "nobody"]).unwrap();
        assert_eq!((registers.unsigned("pc"), registers.bytes("d0")), (Some(0x1000), None));
        debuggee.set_register("pc", &[1, 0, 0, 0, 0, 0, 0, 0]).unwrap();
        assert!(matches!(debuggee.set_register("pc", &[1]), Err(RemoteError::Unsupported(_))));
        assert_eq!(debuggee.read(0x1000, 16).unwrap()[15], 15);
        assert!(matches!(debuggee.read(0, 1), Err(RemoteError::Refused { code, .. }) if code == "14"));
        debuggee.insert(0x1000).unwrap();
        assert!(matches!(debuggee.insert(0x2000), Err(RemoteError::Unsupported(_))));
        let trap = Stop::Signal { signal: signal::TRAP, thread: Some("1f".to_string()) };
        assert_eq!(debuggee.step_over(0x1000).unwrap(), trap);
        assert_eq!(debuggee.threads().unwrap(), ["1f", "20"]);
        assert!(matches!(debuggee.resume().unwrap(), Stop::Signal { signal: signal::SEGV, .. }));
        assert_eq!(debuggee.resume_with_signal(signal::SEGV).unwrap(), Stop::Killed(11));
        assert!(matches!(debuggee.resume(), Err(RemoteError::Closed)));
        drop(debuggee);
        server.join().unwrap();
    }
}

#[test]
fn a_stub_that_says_nothing_runs_into_the_deadline() {
    let start = Instant::now();
    let (mut debuggee, server) = converse(Box::new(|_| Some(Vec::new())), true, Duration::from_millis(60));
    assert!(matches!(debuggee.hello(), Err(RemoteError::Timeout)));
    assert!(start.elapsed() < Duration::from_secs(10));
    drop(debuggee);
    server.join().unwrap();
}

#[test]
fn the_token_ends_a_wait() {
    let (mut debuggee, server) = converse(Box::new(|_| Some(Vec::new())), true, LONG);
    let cancel = debuggee.wire.watch.cancel.clone();
    let thread = std::thread::spawn(move || cancel.cancel());
    assert!(matches!(debuggee.hello(), Err(RemoteError::Cancelled)));
    thread.join().unwrap();
    drop(debuggee);
    server.join().unwrap();
}

#[test]
fn a_stub_that_goes_away_is_told_at_once() {
    let start = Instant::now();
    let (mut debuggee, server) = converse(Box::new(|_| None), true, LONG);
    assert!(matches!(debuggee.hello(), Err(RemoteError::Closed)));
    assert!(start.elapsed() < Duration::from_secs(30));
    server.join().unwrap();
}

#[test]
fn a_stub_without_end_is_told() {
    for (answer, often) in
        [(&b"+"[..], 1_000_000), (b"%Stop:T05#aa", 100_000), (b"$O61#b6", 100_000), (b"$00", 400_000)]
    {
        let flood = answer.repeat(often);
        let script: Script = Box::new(move |_| Some(flood.clone()));
        let (mut debuggee, server) = converse(script, false, Duration::from_millis(300));
        let start = Instant::now();
        let error = debuggee.hello().unwrap_err();
        assert!(matches!(error, RemoteError::Timeout | RemoteError::Garbage(_)), "{error}");
        assert!(start.elapsed() < Duration::from_secs(20));
        drop(debuggee);
        server.join().unwrap();
    }
}

#[test]
fn a_stub_without_a_description_is_a_reason_to_skip() {
    let (mut debuggee, server) = converse(Box::new(honest("PacketSize=400")), true, LONG);
    assert!(matches!(debuggee.hello(), Err(RemoteError::Unsupported(why)) if why.contains("amd64")));
    drop(debuggee);
    server.join().unwrap();
}

/// Pieces of answers: sound, cut off, wrong, none.
fn answers() -> impl Strategy<Value = Vec<u8>> {
    let hex = prop::collection::vec(prop::sample::select(b"0123456789abcdefx".to_vec()), 0..64);
    let words = prop::sample::select(vec![
        "OK",
        "E01",
        "E.words",
        "",
        "T05",
        "T05thread:1;",
        "T",
        "S05",
        "S",
        "W00",
        "W",
        "X0b",
        "N",
        "O6f",
        "F",
        "l",
        "m1,2",
        "m",
        "mzz",
        "l<target><reg name='pc' bitsize='64'/></target>",
        "m<target>",
        "PacketSize=40",
        "PacketSize=0",
        "QStartNoAckMode+;qXfer:features:read+;PacketSize=fff",
        "vCont;c;C;s;S",
        "T05thread:;",
        "00112233",
        "é",
    ]);
    let payload = prop_oneof![3 => words.prop_map(|w| w.as_bytes().to_vec()), 2 => hex, 1 => prop::collection::vec(any::<u8>(), 0..40)];
    (payload, 0..8_u8, 0..20_usize).prop_map(|(payload, how, cut)| {
        let mut bytes = framed(&payload);
        match how {
            0 => bytes.truncate(cut),
            1 => bytes = payload,
            2 => bytes.extend(framed(b"OK")),
            3 => bytes.insert(0, b'-'),
            4 => {
                bytes.pop();
                push_hex(&[1], &mut bytes);
            }
            _ => {}
        }
        bytes
    })
}

/// Every request once, whatever comes of those before.
fn everything(debuggee: &mut Debuggee<Clock>) {
    let _ = debuggee.hello();
    let _ = debuggee.registers_and(&["pc", "d0"]);
    let _ = debuggee.set_register("pc", &[0; 8]);
    let _ = debuggee.read(0x1000, 100);
    let _ = debuggee.insert(0x1000);
    let _ = debuggee.step();
    let _ = debuggee.step_over(0x1000);
    let _ = debuggee.threads();
    let _ = debuggee.select("1");
    let _ = debuggee.resume();
    let _ = debuggee.resume_with_signal(signal::URG);
    let _ = debuggee.remove(0x1000);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Neither a panic nor a wait beyond the deadline, and no thread that is
    /// left behind.
    #[test]
    fn no_stub_breaks_it(script in prop::collection::vec(answers(), 0..30), honestly in 0..12_usize, acks: bool) {
        let mut honest = honest("PacketSize=400;qXfer:features:read+");
        let (mut answers, mut asked) = (script.into_iter(), 0);
        let script: Script = Box::new(move |request| {
            asked += 1;
            if asked <= honestly { honest(request) } else { answers.next() }
        });
        let start = Instant::now();
        let (mut debuggee, server) = converse(script, acks, Duration::from_millis(40));
        everything(&mut debuggee);
        drop(debuggee);
        server.join().unwrap();
        prop_assert!(start.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn no_stop_reply_breaks_it(reply in prop::collection::vec(any::<u8>(), 0..40), kind in prop::sample::select(b"STWXOEN".to_vec())) {
        let _ = Stop::parse(&reply);
        let _ = Stop::parse(&[vec![kind], reply].concat());
    }
}

#[test]
fn ends_are_told_in_the_systems_numbers() {
    use crate::process::Ended;
    assert_eq!(Stop::Exited(2).ended(), Some(Ended::Exited(2)));
    assert_eq!(Stop::Killed(signal::SEGV).ended(), Some(Ended::Signalled(11)));
    assert_eq!(Stop::Killed(signal::BUS).ended(), Some(Ended::Signalled(7)));
    assert_eq!(Stop::Killed(signal::URG).ended(), Some(Ended::Signalled(23)));
    assert_eq!(Stop::parse(b"T05thread:p1f.20;").unwrap().unwrap().ended(), None);
    assert!(Stop::parse(b"T05thread:../x;").is_err());
}
