//! What is between the code that control comes to, and how much there is of all.

use super::effect::Lines;
use super::facts::{Boundary, Counts, Followed, Kind, Reach, Sp};

/// Tells fillings and literals from instructions that are not reached, and counts.
pub(super) fn gaps(lines: &Lines, followed: &mut Followed) {
    for (place, size) in &lines.literals {
        literal(*place, *size, &mut followed.boundaries);
    }
    let all = &mut followed.boundaries;
    let mut i = 0;
    while i < all.len() {
        let rest = all.get_mut(i..).unwrap_or_default();
        let gap = rest.iter().take_while(|b| b.reach == Reach::Unreached).count();
        let (gap_lines, gap_bounds) = (lines.all.get(i..i + gap), rest.get_mut(..gap));
        let gap_lines = gap_lines.unwrap_or_default();
        let head = gap_lines.iter().take_while(|l| l.filling).count();
        let tail = gap_lines.iter().rev().take_while(|l| l.filling).count();
        for (n, b) in gap_bounds.unwrap_or_default().iter_mut().enumerate() {
            if n < head || n >= gap - tail {
                b.reach = Reach::Padding;
            }
        }
        i += gap.max(1);
    }
    followed.counts = all.iter().fold(Counts::default(), count);
}

/// Marks the unreached lines that overlap a literal.
fn literal(place: u32, size: u8, all: &mut [Boundary]) {
    let end = place.saturating_add(u32::from(size));
    let first = all.partition_point(|b| b.offset + u32::from(b.len) <= place);
    for b in all.iter_mut().skip(first).take_while(|b| b.offset < end) {
        if b.reach == Reach::Unreached {
            b.reach = Reach::Data;
        }
    }
}

fn count(mut counts: Counts, b: &Boundary) -> Counts {
    match b.reach {
        Reach::Padding => counts.padding += 1,
        Reach::Data => counts.data += 1,
        Reach::Unreached => (counts.instructions, counts.unreached) = (counts.instructions + 1, counts.unreached + 1),
        Reach::Reached | Reach::Assumed => {
            counts.instructions += 1;
            match b.sp {
                Sp::Known(_) => counts.followed += 1,
                Sp::Conflict(..) => counts.conflicts += 1,
                Sp::Unknown(_) => {}
            }
        }
    }
    if b.kind == Kind::Undecoded && !matches!(b.reach, Reach::Padding | Reach::Data) {
        counts.undecoded += 1;
    }
    counts
}
