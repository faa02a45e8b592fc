//! From points to findings: by class, pattern and function.

use super::class::{Class, Level};
use super::depth::GIVEN_BACK;
use super::function::{Audited, Point};
use super::marks::AT_A_BARRIER;
use super::program::Program;
use super::report::{Claim, Finding, Line, Place};
use goabi_cases::version::GoVersion;
use goabi_runners::observe::disasm::{Symbols, disassemble};
use goabi_runners::observe::follow::{Boundary, Followed, Kind, Sp};
use goabi_runners::observe::unwind::{Binary, UnwindError};
use sha2::{Digest, Sha256};

/// Instructions shown before and behind the point.
const AROUND: usize = 3;

/// A bug of Go that is known: how it is told, and since when it is none.
pub(crate) struct Known {
    pub issue: &'static str,
    /// `None` while no release is without it.
    pub fixed_in: Option<&'static str>,
    is: fn(&Symptom<'_>) -> bool,
}

/// What is to be told of a finding to know it again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Symptom<'a> {
    pub goarch: &'a str,
    /// The most bytes that SP is below its value at entry.
    pub frame: i32,
    pub class: Class,
    pub pattern: &'a str,
    /// Where it shows, in bytes from the function's entry.
    pub offsets: &'a [u32],
    /// The function's instructions.
    pub code: &'a [u8],
}

const KNOWN: [Known; 4] = [
    Known { issue: "golang/go#73259", fixed_in: Some("1.24.4"), is: |s| is_73259(s) && !is_leaf(s) },
    // What mended it left out the functions that call nothing.
    Known {
        issue: "unreported: golang/go#73259 in functions that call nothing",
        fixed_in: None,
        is: |s| is_73259(s) && is_leaf(s),
    },
    // A tail call of arm gives back the frame before the jump; its depth was forgotten.
    Known { issue: "golang/go#78021", fixed_in: Some("1.27"), is: is_78021 },
    // `markUnsafePoints` looked for the barrier's flag behind the load's address, and took
    // the block that made the address for the one that branches.
    Known {
        issue: "unreported: unmarked branches at write barriers of ppc64",
        fixed_in: Some("1.22"),
        is: |s| s.goarch.starts_with("ppc64") && s.class == Class::UnsafePoint && s.pattern == AT_A_BARRIER,
    },
];

/// The assembler adds the size of a frame of 64 KiB and more to SP by two instructions.
fn is_73259(s: &Symptom<'_>) -> bool {
    s.goarch == "arm64" && s.class == Class::SpInSteps && s.pattern == GIVEN_BACK && s.frame >= 0x1_0000
}

/// Whether a function of arm64 does not get its return address back from its frame
/// before it returns: with a frame of more than 240 bytes, `LDP -8(RSP), (R29, R30)`.
fn is_leaf(s: &Symptom<'_>) -> bool {
    const RESTORES: u32 = 0xa97f_fbfd;
    let (words, _) = s.code.as_chunks::<4>();
    !words.iter().any(|word| u32::from_le_bytes(*word) == RESTORES)
}

/// Whether it shows only at jumps of arm to other functions, right behind an instruction that
/// reads the return address and gives back the frame.
fn is_78021(s: &Symptom<'_>) -> bool {
    let word = |at: u32| {
        let at = usize::try_from(at).ok()?;
        s.code.get(at..at.checked_add(4)?)?.try_into().ok().map(u32::from_le_bytes)
    };
    let leaves = |at: &u32| {
        let (Some(popped), Some(jump)) = (at.checked_sub(4).and_then(word), word(*at)) else { return false };
        // Of a jump, the distance in words from two instructions ahead.
        let to = i64::from(*at) + 8 + (i64::from((jump << 8).cast_signed() >> 8) << 2);
        let outside = usize::try_from(to).map_or(true, |to| to >= s.code.len());
        popped & 0xffff_f000 == 0xe49d_e000 && jump >> 24 == 0xea && outside
    };
    s.goarch == "arm" && s.class == Class::Pcsp && !s.offsets.is_empty() && s.offsets.iter().all(leaves)
}

/// The known bug that this is.
pub(crate) fn known(symptom: &Symptom<'_>) -> Option<&'static Known> {
    KNOWN.iter().find(|k| (k.is)(symptom))
}

/// Whether the Go that built the binary says that it is one without the bug.
pub(crate) fn is_mended(binary: &Binary<'_>, known: &Known) -> bool {
    let version = binary.build_info().and_then(|b| b.version.parse::<GoVersion>().ok());
    let fixed = known.fixed_in.and_then(|v| v.parse().ok());
    version.zip(fixed).is_some_and(|(version, fixed)| version >= fixed)
}

/// Points of one class and pattern together, in the order in which they come.
pub(crate) fn alike<P>(points: Vec<P>, key: impl Fn(&P) -> (Class, &'static str)) -> Vec<Vec<P>> {
    let mut groups: Vec<Vec<P>> = Vec::new();
    for point in points {
        match groups.iter_mut().find(|g| g.first().is_some_and(|p| key(p) == key(&point))) {
            Some(group) => group.push(point),
            None => groups.push(vec![point]),
        }
    }
    groups
}

/// The findings of one function.
pub(super) fn findings(
    a: &Audited<'_>,
    followed: &Followed,
    code: &[u8],
    points: Vec<Point>,
) -> Result<Vec<Finding>, UnwindError> {
    let groups = alike(points, |p| (p.class, p.pattern));
    groups.into_iter().filter_map(|group| finding(a, followed, code, &group).transpose()).collect()
}

fn finding(a: &Audited<'_>, followed: &Followed, code: &[u8], group: &[Point]) -> Result<Option<Finding>, UnwindError> {
    // The worst one, of these the first.
    let Some(first) = group.iter().max_by_key(|p| (p.level, std::cmp::Reverse(p.offset))) else { return Ok(None) };
    let function = a.func.name()?.to_string();
    let pc = a.pc(first.offset);
    let source = a.func.file_line(pc)?;
    let frame = a.func.max_sp_delta().ok().flatten().unwrap_or_default();
    let offsets: Vec<u32> = group.iter().map(|p| p.offset).collect();
    let (class, pattern) = (first.class, first.pattern);
    let symptom = Symptom { goarch: a.program.goarch, frame, class, pattern, offsets: &offsets, code };
    let known = known(&symptom);
    Ok(Some(Finding {
        class: first.class,
        level: first.level,
        pattern: first.pattern.to_string(),
        fingerprint: fingerprint(first.class, first.pattern, &function),
        function,
        assembly: a.assembly,
        place: Place {
            address: pc,
            offset: first.offset,
            line: source.as_ref().and_then(|(_, line)| u32::try_from(*line).ok()),
            file: source.map(|(file, _)| file.into_owned()),
        },
        points: u32::try_from(group.len()).unwrap_or(u32::MAX),
        preemptible: group.iter().filter(|p| p.preemptible).count().try_into().unwrap_or(u32::MAX),
        claims: first.claims.iter().map(|(by, says)| Claim { by: (*by).to_string(), says: says.clone() }).collect(),
        disassembly: lines(a, followed, code, first.offset),
        danger: first.class.danger().to_string(),
        issue: known.map(|k| k.issue.to_string()),
        fixed_in: known.and_then(|k| k.fixed_in).map(str::to_string),
        regressed: known.is_some_and(|k| is_mended(a.program.binary, k)),
        known: false,
    }))
}

/// A function whose tables cannot be read.
pub(super) fn unreadable(function: String, address: u64, error: &UnwindError) -> Finding {
    let place = Place { address, offset: 0, file: None, line: None };
    let claims = vec![("the reader", error.to_string())];
    in_whole(Class::Unreadable, Level::Error, "the tables contradict themselves", function, place, claims)
}

/// What is wrong with a function as a whole, at no instruction.
pub(super) fn in_whole(
    class: Class,
    level: Level,
    pattern: &'static str,
    function: String,
    place: Place,
    claims: Vec<(&'static str, String)>,
) -> Finding {
    Finding {
        class,
        level,
        pattern: pattern.to_string(),
        fingerprint: fingerprint(class, pattern, &function),
        function,
        assembly: false,
        place,
        points: 1,
        preemptible: 0,
        claims: claims.into_iter().map(|(by, says)| Claim { by: by.to_string(), says }).collect(),
        disassembly: vec![],
        danger: class.danger().to_string(),
        issue: None,
        fixed_in: None,
        regressed: false,
        known: false,
    }
}

/// The same for a binary that is built anew, in another place.
fn fingerprint(class: Class, pattern: &str, function: &str) -> String {
    let hash = Sha256::digest(format!("{}\0{pattern}\0{function}", class.id()));
    hash.iter().take(16).map(|b| format!("{b:02x}")).collect()
}

/// The instructions around a point, with what each side says of SP.
fn lines(a: &Audited<'_>, followed: &Followed, code: &[u8], offset: u32) -> Vec<Line> {
    let all = &followed.boundaries;
    let Ok(i) = all.binary_search_by_key(&offset, |b| b.offset) else { return vec![] };
    let shown = &all[i.saturating_sub(AROUND)..(i + AROUND + 1).min(all.len())];
    let line = |b: &Boundary| {
        let pc = a.pc(b.offset);
        let bytes = code.get(b.offset as usize..b.offset as usize + usize::from(b.len)).unwrap_or_default();
        let text = disassemble(a.program.goarch, bytes, pc, &Symbols::default()).unwrap_or_default();
        Line {
            offset: b.offset,
            text: text
                .into_iter()
                .map(|i| if leads(b) { named(a.program, i.text) } else { i.text })
                .collect::<Vec<_>>()
                .join("; "),
            sp: match b.sp {
                Sp::Known(depth) => Some(depth),
                Sp::Conflict(..) | Sp::Unknown(_) => None,
            },
            pcsp: a.pcsp_at(pc),
            cfi: a.cfi_at(pc),
            here: b.offset == offset,
        }
    };
    shown.iter().map(line).collect()
}

/// Whether an instruction's last word may be an address to be named, and no number.
fn leads(b: &Boundary) -> bool {
    matches!(b.kind, Kind::Call(_) | Kind::Jump(_) | Kind::ConditionalJump(..))
}

/// With a name in place of the address that is the last word.
fn named(program: &Program<'_>, text: String) -> String {
    let Some((head, last)) = text.rsplit_once([' ', ',']) else { return text };
    let Some(address) = last.strip_prefix("0x").and_then(|hex| u64::from_str_radix(hex, 16).ok()) else { return text };
    let Ok(Some(func)) = program.table.find(address) else { return text };
    let Ok(name) = func.name() else { return text };
    let from = address - func.entry();
    let separator = &text[head.len()..text.len() - last.len()];
    if from == 0 { format!("{head}{separator}{name}") } else { format!("{head}{separator}{name}+{from:#x}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// POP {LR}, and a jump by so many bytes from its own place on.
    fn tail_call(by: i32) -> Vec<u8> {
        let jump = 0xea00_0000 | ((by - 8) >> 2).cast_unsigned() & 0xff_ffff;
        [0xe52d_e004, 0xe49d_e004, jump].iter().flat_map(|w: &u32| w.to_le_bytes()).collect()
    }

    #[test]
    fn a_tail_call_of_arm_whose_depth_was_forgotten_is_told_from_others() {
        let is = |code: &[u8], offsets: &[u32], goarch, class| {
            known(&Symptom { goarch, frame: 4, class, pattern: "", offsets, code }).map(|k| k.issue)
        };
        let away = tail_call(0x1000);
        assert_eq!(is(&away, &[8], "arm", Class::Pcsp), Some("golang/go#78021"));
        assert_eq!(is(&tail_call(-0x1000), &[8], "arm", Class::Pcsp), Some("golang/go#78021"));
        for (code, offsets, goarch, class) in [
            (&away, &[8][..], "arm", Class::Cfi),
            (&away, &[8], "ppc64", Class::Pcsp),
            // Elsewhere, too; the jump stays within the function.
            (&away, &[4, 8], "arm", Class::Pcsp),
            (&away, &[], "arm", Class::Pcsp),
            (&tail_call(-8), &[8], "arm", Class::Pcsp),
        ] {
            assert_eq!(is(code, offsets, goarch, class), None, "{offsets:?}");
        }
    }
}
