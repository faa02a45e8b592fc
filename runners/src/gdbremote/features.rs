//! The XML in which a stub describes its registers (GDB manual, appendix G).

use super::error::{RemoteError, Result};
use super::registers::Register;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

/// No stub includes documents in documents in documents.
const DEPTH: usize = 4;
const DOCUMENTS: usize = 64;
const REGISTERS: usize = 8192;
/// Bits of one register: SME's largest array has half of this.
const WIDEST: u32 = 1 << 20;

/// Registers in the order of the documents.
#[derive(Debug, Default)]
struct Features {
    found: Vec<Register>,
    documents: usize,
    /// The number of the next register that has none of its own.
    next: u32,
}

/// Reads `target.xml` and all that it includes. `fetch` brings a document.
pub(super) fn read(fetch: &mut dyn FnMut(&str) -> Result<Vec<u8>>) -> Result<Vec<Register>> {
    let mut features = Features::default();
    features.document("target.xml", fetch, 0)?;
    Ok(features.found)
}

impl Features {
    fn document(&mut self, name: &str, fetch: &mut dyn FnMut(&str) -> Result<Vec<u8>>, depth: usize) -> Result<()> {
        self.documents += 1;
        if depth > DEPTH || self.documents > DOCUMENTS {
            return Err(RemoteError::Garbage(format!("its description includes too many documents ({name})")));
        }
        let text = fetch(name)?;
        let bad =
            |why: &dyn std::fmt::Display| RemoteError::Garbage(format!("its description {name} is unsound: {why}"));
        let mut reader = Reader::from_reader(text.as_slice());
        loop {
            let event = reader.read_event().map_err(|e| bad(&e))?;
            let element = match event {
                Event::Start(element) | Event::Empty(element) => element,
                Event::Eof => return Ok(()),
                _ => continue,
            };
            match element.local_name().as_ref() {
                b"include" => {
                    let href = attribute(&element, b"href").ok_or_else(|| bad(&"an include without href"))?;
                    self.document(&href, fetch, depth + 1)?;
                }
                b"reg" => {
                    let register = self.register(&element).ok_or_else(|| bad(&"a register without name or width"))?;
                    self.found.push(register);
                    if self.found.len() > REGISTERS {
                        return Err(bad(&"more registers than any machine has"));
                    }
                }
                _ => {}
            }
        }
    }

    fn register(&mut self, element: &BytesStart<'_>) -> Option<Register> {
        let number = |name: &[u8]| attribute(element, name).map(|text| text.trim().parse::<u32>());
        let bits = number(b"bitsize")?.ok().filter(|bits| (1..=WIDEST).contains(bits))?;
        // Without one it follows the register before it (G.2.7 "Registers").
        let number = match number(b"regnum") {
            Some(given) => given.ok()?,
            None => self.next,
        };
        self.next = number.checked_add(1)?;
        Some(Register { name: attribute(element, b"name")?, bits, number })
    }
}

fn attribute(element: &BytesStart<'_>, name: &[u8]) -> Option<String> {
    let found = element.try_get_attribute(name).ok()??;
    found.normalized_value(XmlVersion::Implicit1_0).ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
#[path = "features_tests.rs"]
mod tests;
