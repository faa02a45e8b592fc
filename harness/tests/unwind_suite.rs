//! What the suite's cases under `unwind` claim of themselves: the frames that
//! their names state are those of the compiled functions.
#![cfg(target_os = "linux")]

mod common;

use common::{Place, toolchain};
use std::collections::BTreeMap;

/// The frame that a case's name states: `arm64_leaf_65552` on arm64.
fn claimed<'a>(case: &'a str, goarch: &str) -> Option<(&'a str, u64)> {
    let name = case.rsplit('/').next()?;
    let (kind, bytes) = name.strip_prefix(goarch)?.strip_prefix('_')?.split_once('_')?;
    ["leaf", "calls", "passes"].contains(&kind).then_some(())?;
    Some((name, bytes.parse().ok()?))
}

#[test]
fn frames_are_as_deep_as_the_names_of_their_cases_say() {
    toolchain();
    for (goarch, limits) in [
        ("amd64", &[128, 136, 144, 4096, 4104, 4112, 65536, 16_777_224][..]),
        (
            "arm64",
            &[112, 128, 144, 240, 256, 496, 512, 4080, 4096, 4112, 32768, 65520, 65536, 65552, 1_048_576, 16_777_216],
        ),
    ] {
        let place = Place::new();
        let out = ["--build", "opt", "--call", "direct", "--observe", "none", "--out", "out"];
        let mut args = vec!["run", "--quiet", "unwind", "--target", goarch];
        args.extend(out);
        let cases = concat!(env!("CARGO_MANIFEST_DIR"), "/../cases");
        let (suite, expectations) = (format!("{cases}/suite"), format!("{cases}/expectations"));
        args.extend(["--cases", &suite, "--expectations", &expectations]);
        place.goabi(&args).passed();
        let record = place.record();
        let mut seen = BTreeMap::new();
        for f in &record.functions {
            let Some((name, bytes)) = claimed(&f.case, goarch) else { continue };
            let code = f.code.unwrap_or_else(|| panic!("{name} has no code"));
            assert_eq!(code.frame_bytes, Some(bytes), "{name}");
            seen.insert(bytes, name);
        }
        for limit in limits {
            assert!(seen.contains_key(limit), "no function of {goarch} has a frame of {limit} bytes: {seen:?}");
        }
    }
}
