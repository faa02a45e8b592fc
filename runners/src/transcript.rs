//! Reading what a generated program wrote about its units.
//!
//! ```text
//! goabi 1 <program id> <number of units asked>
//! B <unit>
//! <record lines>
//! E <unit> <number of record lines> <FNV-1a of these lines>
//! ...
//! T <number of units done> <FNV-1a of all bytes before this line>
//! ```
//!
//! The reader takes any bytes. It never guesses: what isn't as it must be is
//! named as a breach, of one unit or of the whole.

use crate::digest::Fnv;

/// The first word of a transcript, and the version of its format.
const MAGIC: &str = "goabi";
const VERSION: &str = "1";

/// A transcript as far as it goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transcript {
    /// None if there is no whole first line.
    pub header: Option<Header>,
    /// In the order in which they were begun.
    pub units: Vec<Unit>,
    /// Whether there is a trailer, and a true one.
    pub trailer: Trailer,
    /// What is wrong with the whole: nothing in it is to be trusted then.
    pub breach: Option<String>,
}

/// What the first line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    pub program: String,
    /// How many units it will run.
    pub asked: u32,
}

/// One unit's part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    pub unit: u32,
    /// Whole record lines, without their line ends.
    pub records: Vec<String>,
    pub state: State,
}

/// How a unit's part ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// With its closing line, and count and digest agree.
    Closed,
    /// Without one: the process ended within it.
    Open,
    /// Something is wrong with it.
    Breach(String),
}

/// The transcript's last line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Trailer {
    #[default]
    Missing,
    /// Count and digest agree with what is before it.
    True,
}

impl Transcript {
    /// Whether there is not one whole line.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.header.is_none() && self.breach.is_none()
    }
}

/// Reads a transcript. A last line without its line end was being written when
/// the process ended, and is left out.
#[must_use]
pub fn read(bytes: &[u8]) -> Transcript {
    let mut reader = Reader::default();
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        let Some(text) = line.strip_suffix(b"\n") else {
            if reader.ended {
                reader.whole("bytes after the trailer".to_string());
            }
            break;
        };
        reader.line(&String::from_utf8_lossy(text), line);
        reader.all.update(line);
    }
    reader.out
}

#[derive(Default)]
struct Reader {
    out: Transcript,
    /// Over everything before the current line.
    all: Fnv,
    /// Over the current unit's records.
    own: Fnv,
    begun: bool,
    ended: bool,
}

impl Reader {
    fn line(&mut self, text: &str, line: &[u8]) {
        if !self.begun {
            self.begun = true;
            match header(text) {
                Some(header) => self.out.header = Some(header),
                None => self.whole(format!("the first line is no header: {}", shorten(text))),
            }
            return;
        }
        if self.ended {
            return self.whole("bytes after the trailer".to_string());
        }
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        // A word of ours with nothing behind it is a record like any other.
        match word {
            _ if !text.contains(' ') => self.record(text, line),
            MAGIC => self.whole("a second header".to_string()),
            "B" => self.begin(rest),
            "E" => self.end(rest),
            "T" => self.trailer(rest),
            _ => self.record(text, line),
        }
    }

    fn begin(&mut self, rest: &str) {
        let Some(unit) = number(rest) else { return self.whole(format!("a bad opening line: B {}", shorten(rest))) };
        if let Some(last) = self.open() {
            last.state = State::Breach(format!("unit {unit} begins before this one has ended"));
        }
        self.own = Fnv::default();
        self.out.units.push(Unit { unit, records: Vec::new(), state: State::Open });
    }

    fn end(&mut self, rest: &str) {
        let own = self.own.hex();
        let Some(last) = self.open() else { return self.stray("a closing line") };
        let fields: Vec<&str> = rest.split(' ').collect();
        last.state = match fields[..] {
            [unit, count, digest] => {
                if number(unit) != Some(last.unit) {
                    State::Breach(format!("its closing line is that of unit {}", shorten(unit)))
                } else if number(count).map(|n| n as usize) != Some(last.records.len()) {
                    State::Breach(format!("it says {} records and has {}", shorten(count), last.records.len()))
                } else if digest != own {
                    State::Breach(format!("the digest of its records is {own}, and it says {}", shorten(digest)))
                } else {
                    State::Closed
                }
            }
            _ => State::Breach(format!("a bad closing line: E {}", shorten(rest))),
        };
    }

    fn trailer(&mut self, rest: &str) {
        self.ended = true;
        let all = self.all.hex();
        if let Some(last) = self.open() {
            last.state = State::Breach("the trailer comes before its closing line".to_string());
        }
        let done = self.out.units.len();
        match rest.split_once(' ') {
            Some((count, digest)) if number(count).map(|n| n as usize) == Some(done) && digest == all => {
                self.out.trailer = Trailer::True;
            }
            _ => self.whole(format!("the trailer should be `T {done} {all}`, and is `T {}`", shorten(rest))),
        }
    }

    fn record(&mut self, text: &str, line: &[u8]) {
        match self.out.units.last_mut() {
            Some(last) if last.state == State::Open => {
                last.records.push(text.to_string());
                self.own.update(line);
            }
            _ => self.stray("a record"),
        }
    }

    fn open(&mut self) -> Option<&mut Unit> {
        self.out.units.last_mut().filter(|u| u.state == State::Open)
    }

    /// A line between two units: the first of them still writes.
    fn stray(&mut self, what: &str) {
        match self.out.units.last_mut() {
            Some(Unit { state: State::Breach(_), .. }) => {}
            Some(last) => last.state = State::Breach(format!("{what} follows after its end")),
            None => self.whole(format!("{what} stands before the first unit")),
        }
    }

    /// The first breach is the one to report.
    fn whole(&mut self, breach: String) {
        self.out.breach.get_or_insert(breach);
    }
}

fn header(text: &str) -> Option<Header> {
    let fields: Vec<&str> = text.split(' ').collect();
    match fields[..] {
        [MAGIC, VERSION, program, asked] => Some(Header { program: program.to_string(), asked: number(asked)? }),
        _ => None,
    }
}

/// A number as Go prints it: no sign, no leading zeros.
fn number(text: &str) -> Option<u32> {
    let plain = text == "0" || (!text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit()));
    text.parse().ok().filter(|_| plain)
}

fn shorten(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
#[path = "transcript_tests.rs"]
mod tests;
