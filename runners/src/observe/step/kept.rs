//! How a stop is kept: of one at which each way of unwinding told the truth, only
//! which ways there were. That is most of them, and a tenth of the size.

use super::facts::{Claim, Claims, PlaceSeen, Told};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Which ways told something, and what.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Ways {
    /// Whether `pcsp` tells a return address.
    #[serde(rename = "p", default, skip_serializing_if = "is_not")]
    pcsp_returns: bool,
    #[serde(rename = "r", default, skip_serializing_if = "is_not")]
    runtime: bool,
    #[serde(rename = "c", default, skip_serializing_if = "is_not")]
    cfi: bool,
    #[serde(rename = "f", default, skip_serializing_if = "is_not")]
    frame_pointer: bool,
    /// Whether the frame pointer tells a frame.
    #[serde(rename = "g", default, skip_serializing_if = "is_not")]
    frame_pointer_frame: bool,
}

fn is_not(b: &bool) -> bool {
    !b
}

impl Ways {
    fn of(claims: &Claims) -> Ways {
        let tells = |told: &Told<u64>| !matches!(told, Told::Inapplicable);
        let fp = claims.frame_pointer.as_ref();
        Ways {
            pcsp_returns: tells(&claims.pcsp.return_address),
            runtime: claims.runtime.is_some(),
            cfi: claims.cfi.is_some(),
            frame_pointer: fp.is_some(),
            frame_pointer_frame: fp.is_some_and(|c| !matches!(c.cfa, Told::Inapplicable)),
        }
    }

    /// What they say if all of it is true.
    fn truly(self, cfa: i64, return_address: u64) -> Claims {
        let frame = |is: bool| if is { Told::Is(cfa) } else { Told::Inapplicable };
        let caller = |is: bool| if is { Told::Is(return_address) } else { Told::Inapplicable };
        let claim = |f: bool, c: bool| Claim { cfa: frame(f), return_address: caller(c) };
        Claims {
            pcsp: claim(true, self.pcsp_returns),
            runtime: self.runtime.then(|| claim(false, true)),
            cfi: self.cfi.then(|| claim(true, true)),
            frame_pointer: self.frame_pointer.then(|| claim(self.frame_pointer_frame, true)),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Kept(u64, u64, i64, u64, bool, Option<u64>, Ways, #[serde(default)] Option<Claims>);

impl Serialize for PlaceSeen {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ways = Ways::of(&self.claims);
        let other = (ways.truly(self.cfa, self.return_address) != self.claims).then(|| self.claims.clone());
        let PlaceSeen { pc, stops, cfa, return_address, behind_call, left_to, claims: _ } = self;
        Kept(*pc, *stops, *cfa, *return_address, *behind_call, *left_to, ways, other).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for PlaceSeen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<PlaceSeen, D::Error> {
        let Kept(pc, stops, cfa, return_address, behind_call, left_to, ways, other) = Kept::deserialize(deserializer)?;
        let claims = other.unwrap_or_else(|| ways.truly(cfa, return_address));
        Ok(PlaceSeen { pc, stops, cfa, return_address, claims, behind_call, left_to })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn told<T: Clone + std::fmt::Debug + 'static>(some: Vec<T>) -> impl Strategy<Value = Told<T>> {
        prop_oneof![
            proptest::sample::select(some).prop_map(Told::Is),
            Just(Told::Nothing("there is no memory".to_string())),
            Just(Told::Inapplicable),
        ]
    }

    fn claim() -> impl Strategy<Value = Claim> {
        (told(vec![16, 32]), told(vec![0x1000, 0x2000])).prop_map(|(cfa, return_address)| Claim { cfa, return_address })
    }

    proptest! {
        #[test]
        fn what_is_kept_comes_back(
            (pc, stops) in (0..9u64, 1..9u64),
            pcsp in claim(),
            (runtime, cfi, frame_pointer) in (proptest::option::of(claim()), proptest::option::of(claim()), proptest::option::of(claim())),
            behind_call: bool,
            left_to in proptest::option::of(0..9u64),
        ) {
            let claims = Claims { pcsp, runtime, cfi, frame_pointer };
            let seen = PlaceSeen { pc, stops, cfa: 16, return_address: 0x1000, claims, behind_call, left_to };
            let text = serde_json::to_string(&seen).unwrap();
            prop_assert_eq!(serde_json::from_str::<PlaceSeen>(&text).unwrap(), seen);
        }
    }

    #[test]
    fn what_agrees_is_short() {
        let ways =
            Ways { pcsp_returns: true, runtime: false, cfi: true, frame_pointer: true, frame_pointer_frame: true };
        let claims = ways.truly(24, 0x47_1234);
        let seen = PlaceSeen {
            pc: 0x48_0000,
            stops: 1,
            cfa: 24,
            return_address: 0x47_1234,
            claims,
            behind_call: false,
            left_to: None,
        };
        let text = serde_json::to_string(&seen).unwrap();
        assert_eq!(text, r#"[4718592,1,24,4657716,false,null,{"p":true,"c":true,"f":true,"g":true},null]"#);
    }
}
