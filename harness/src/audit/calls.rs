//! What must hold at calls and returns.

use super::class::{Class, Level};
use super::function::{Audited, Point, at, is_reached};
use super::program::Special;
use super::report::Counts;
use goabi_runners::observe::follow::{Arch, Boundary, Followed, Kept, Kind, Move, Reach, Sp, Target};
use goabi_runners::observe::unwind::{FuncFlags, PcData, PcRange, UnwindError};

/// Checks all calls and returns of a function.
pub(super) fn check(
    a: &Audited<'_>,
    followed: &Followed,
    counts: &mut Counts,
    out: &mut Vec<Point>,
) -> Result<(), UnwindError> {
    let mut maps = None;
    for b in followed.boundaries.iter().filter(|b| is_reached(b)) {
        let Sp::Known(depth) = b.sp else { continue };
        match b.kind {
            Kind::Call(callee) => {
                let special = callee.and_then(|callee| a.program.special_at(callee));
                // A call before the frame is that for more stack.
                if depth > 0 && special != Some(Special::Duff) {
                    called(a, b, depth, counts, out);
                    let maps = match &mut maps {
                        Some(maps) => maps,
                        none @ None => none.insert(Maps::of(a)?),
                    };
                    maps.check(a, b, special, out);
                }
            }
            Kind::Return => returned(a, b, depth, out),
            Kind::Jump(Target::Outside(_)) if !a.assembly => returned(a, b, depth, out),
            Kind::Plain
            | Kind::Nop
            | Kind::Jump(_)
            | Kind::ConditionalJump(..)
            | Kind::JumpTable(_)
            | Kind::IndirectJump
            | Kind::Trap
            | Kind::Undecoded => {}
        }
    }
    Ok(())
}

/// What the compiler got wrong is an error; assembly may know better.
fn level(a: &Audited<'_>, b: &Boundary) -> Level {
    // Nothing unwinds beyond what nothing has called.
    let ends = a.sp_write || a.func.flags().contains(FuncFlags::TOP_FRAME);
    match b.reach {
        Reach::Reached if !a.assembly => Level::Error,
        Reach::Reached if !ends => Level::Warning,
        Reach::Reached | Reach::Assumed | Reach::Unreached | Reach::Padding | Reach::Data => Level::Note,
    }
}

/// A call with a frame: the frame pointer's chain goes through it, SP is aligned.
fn called(a: &Audited<'_>, b: &Boundary, depth: i32, counts: &mut Counts, out: &mut Vec<Point>) {
    let (level, offset) = (level(a, b), b.offset);
    let align = match a.program.arch {
        Arch::Arm64 => 16,
        arch => arch.word(),
    };
    if depth % align != 0 {
        let claims = vec![
            ("the code", format!("SP is {depth} bytes below its value at entry")),
            ("the port", format!("SP must be a multiple of {align} at calls")),
        ];
        let pattern = "SP is not aligned at a call";
        out.push(Point { class: Class::MisalignedCall, level, pattern, offset, preemptible: false, claims });
    }
    // Assembly without a frame pointer is unwound by the tables alone.
    if a.assembly || !a.program.arch.has_frame_pointer() {
        return;
    }
    // One copy of each is followed, the last one made: a return address that was
    // copied (`getcallerpc`) is elsewhere, too.
    let right = |at: i32| b.fp.caller.slot == Some(at) && b.ret.slot.is_some();
    let chained = match b.fp.register {
        Some(at) => right(at),
        None if b.fp.caller.register => false,
        // It was read from memory that is not followed.
        None => {
            counts.calls_fp_unknown += 1;
            true
        }
    };
    if !chained {
        let pattern = "at a call, the frame pointer does not point to the caller's, below the return address";
        let claims = vec![
            ("frame pointer", b.fp.register.map_or_else(|| "holds no address of the frame".into(), held)),
            ("the caller's", kept(b.fp.caller)),
            ("the return address", kept(b.ret)),
        ];
        out.push(Point { class: Class::FramePointer, level, pattern, offset, preemptible: false, claims });
    }
}

/// A return, or a jump to another function in place of one.
fn returned(a: &Audited<'_>, b: &Boundary, depth: i32, out: &mut Vec<Point>) {
    // On arm, what returns gives the frame back.
    let tabled = a.pcsp_at(a.pc(b.offset)) == Some(depth);
    let depth = if let Move::By(by) = b.moves { depth - by } else { depth };
    let (mut level, offset) = (level(a, b), b.offset);
    // Assembly that is called in ways of its own, and whose table says so.
    if a.assembly && tabled && depth != 0 {
        level = Level::Note;
    }
    let mut wrong = |class, pattern, claims| {
        out.push(Point { class, level, pattern, offset, preemptible: false, claims });
    };
    let pushed = a.program.arch.pushed() > 0;
    let back = if pushed { b.ret.slot == Some(0) } else { b.ret.register };
    if depth != 0 {
        let claims = vec![("the code", format!("SP is {depth} bytes below its value at entry"))];
        wrong(Class::ReturnAddress, "a return with SP not where it was at entry", claims);
    } else if !back {
        wrong(Class::ReturnAddress, "a return without the return address", vec![("the return address", kept(b.ret))]);
    }
    if !b.fp.restored(a.program.arch) {
        let claims = vec![("the caller's", kept(b.fp.caller))];
        wrong(Class::FramePointer, "a return with another frame pointer than the caller's", claims);
    }
}

fn held(at: i32) -> String {
    format!("holds SP at entry {at:+}")
}

fn kept(k: Kept) -> String {
    match (k.register, k.slot) {
        (true, Some(at)) => format!("is in its register, and in memory at SP at entry {at:+}"),
        (true, None) => "is in its register".into(),
        (false, Some(at)) => format!("is in memory at SP at entry {at:+}"),
        (false, None) => "is lost".into(),
    }
}

/// The pointer maps of a function.
struct Maps {
    index: Vec<PcRange>,
    /// How many bitmaps of locals there are, and of how many bits.
    locals: Option<(u32, u32)>,
}

impl Maps {
    fn of(a: &Audited<'_>) -> Result<Maps, UnwindError> {
        let index = a.func.pcdata(PcData::StackMapIndex).runs().collect::<Result<_, _>>()?;
        let locals = a.func.locals_pointer_maps()?.map(|m| (m.len(), m.nbit()));
        Ok(Maps { index, locals })
    }

    /// As `getStackMap` of the runtime, which looks right before where the callee returns to.
    fn check(&self, a: &Audited<'_>, b: &Boundary, special: Option<Special>, out: &mut Vec<Point>) {
        if a.assembly {
            return;
        }
        let mut wrong = |pattern, says: String| {
            let claims =
                vec![("the code", "calls, and the stack may be scanned there".into()), ("PCDATA and FUNCDATA", says)];
            let (class, level, offset) = (Class::NoStackMap, level(a, b), b.offset);
            out.push(Point { class, level, pattern, offset, preemptible: false, claims });
        };
        let Some((n, bits)) = self.locals else {
            // Such calls as that of the write barrier are no place where a stack is scanned.
            if special.is_none() {
                wrong("a call in a function without pointer maps", "there is no map of the locals".into());
            }
            return;
        };
        let pc = a.pc(b.offset) + u64::from(b.len) - 1;
        let index = at(&self.index, pc).map_or(-1, |r| r.value);
        if index < -1 || index >= n.cast_signed() && n > 0 {
            wrong("the index of the pointer map is none", format!("the index is {index}, of {n} maps"));
        } else if index == -1 && n > 1 && special.is_none() {
            wrong("a call without an index of a pointer map", format!("there is no index, though there are {n} maps"));
        } else if n == 0 && bits > 0 {
            wrong("there are no pointer maps", format!("no maps of {bits} words of locals"));
        }
    }
}
