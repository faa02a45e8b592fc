//! Sequences on ppc64 from a load that makes a reservation to the store that
//! needs it. A stop in between takes the reservation away, and the loop around
//! would never end: such a sequence is executed at once, as debuggers do it.

use std::collections::BTreeMap;

/// Instructions between the load and the store, at most.
const LONGEST: usize = 16;

/// By the offset of the load: where execution may come to from the sequence,
/// behind the store or by a branch, as offsets.
pub(super) fn reserved(goarch: &str, big_endian: bool, code: &[u8]) -> BTreeMap<u64, Vec<u64>> {
    if !goarch.starts_with("ppc64") {
        return BTreeMap::new();
    }
    let (words, _) = code.as_chunks::<4>();
    let words: Vec<u32> = words
        .iter()
        .map(|bytes| if big_endian { u32::from_be_bytes(*bytes) } else { u32::from_le_bytes(*bytes) })
        .collect();
    let offset = |n: usize| n as u64 * 4;
    let mut out = BTreeMap::new();
    for (n, _) in words.iter().enumerate().filter(|(_, word)| loads(**word)) {
        let rest = words.get(n..).unwrap_or_default();
        let Some(len) = rest.iter().take(LONGEST).position(|word| stores(*word)) else { continue };
        let (from, behind) = (offset(n), offset(n + len + 1));
        let mut ends = vec![behind];
        for (i, word) in rest.iter().enumerate().take(len) {
            let to = branches(*word).map(|by| offset(n + i).wrapping_add_signed(by));
            ends.extend(to.filter(|to| *to < from || *to > behind));
        }
        out.insert(from, ends);
    }
    out
}

/// lwarx, ldarx, lbarx, lharx (Power ISA, "Load And Reserve").
fn loads(word: u32) -> bool {
    word >> 26 == 31 && matches!((word >> 1) & 0x3ff, 20 | 84 | 52 | 116)
}

/// stwcx., stdcx., stbcx., sthcx. ("Store Conditional").
fn stores(word: u32) -> bool {
    word >> 26 == 31 && matches!((word >> 1) & 0x3ff, 150 | 214 | 694 | 726)
}

/// How far a conditional branch goes (bc, which is no bca).
fn branches(word: u32) -> Option<i64> {
    (word >> 26 == 16 && word & 2 == 0).then(|| i64::from((word & 0xfffc) as u16 as i16))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sequence_ends_behind_its_store_or_where_it_branches_to() {
        // ldarx; add; stdcx.; bne- back to the load: of sync/atomic's Add.
        let add: [u32; 4] = [0x7dc0_60a8, 0x7dce_5a14, 0x7dc0_61ad, 0x4082_fff4];
        let code: Vec<u8> = add.iter().flat_map(|w| w.to_be_bytes()).collect();
        assert_eq!(reserved("ppc64", true, &code), BTreeMap::from([(0, vec![12])]));
        // lwarx; cmpw; bne +20; stwcx.; bne- back: of CompareAndSwap.
        let swap: [u32; 5] = [0x7c60_2028, 0x7c03_2000, 0x4082_0014, 0x7ca0_212d, 0x4082_fff0];
        let code: Vec<u8> = swap.iter().flat_map(|w| w.to_le_bytes()).collect();
        assert_eq!(reserved("ppc64le", false, &code), BTreeMap::from([(0, vec![16, 28])]));
        assert!(reserved("arm64", false, &code).is_empty());
    }
}
