use super::*;
use crate::digest::Fnv;

/// A fake program: what it does depends on the units that it is asked for.
struct Fake {
    dir: tempfile::TempDir,
    arms: String,
    limits: Limits,
    isolated: BTreeSet<u32>,
}

fn fake() -> Fake {
    let limits = Limits { time: Duration::from_secs(60), output: 8 << 20, memory: 1 << 40 };
    Fake { dir: tempfile::tempdir().unwrap(), arms: String::new(), limits, isolated: BTreeSet::new() }
}

impl Fake {
    /// Asked for these units, it writes this transcript and then does this.
    fn on(mut self, units: &str, transcript: &str, then: &str) -> Fake {
        let file = self.dir.path().join(format!("t{}", self.arms.len()));
        std::fs::write(&file, transcript).unwrap();
        self.arms += &format!("{units}) cat {} > \"$GOABI_TRANSCRIPT\"\n{then};;\n", file.display());
        self
    }

    fn run_only(&self, units: u32, only: Option<&BTreeSet<u32>>) -> Result<RunFacts> {
        use std::os::unix::fs::PermissionsExt;
        let path = self.dir.path().join("program");
        let script = format!("#!/bin/sh\ncase $GOABI_UNITS in\n{}*) exit 99;;\nesac\n", self.arms);
        std::fs::write(&path, script).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let artifact = Artifact { path, digest: String::new(), cached: false, wall: Duration::ZERO };
        let (exec, isolated, limits) = (&Exec::Native, &self.isolated, self.limits);
        let spec = RunSpec { artifact: &artifact, exec, program: "id", units, isolated, only, limits, env: &[] };
        run_program(&spec, &Cancel::new())
    }

    fn run(&self, units: u32) -> RunFacts {
        self.run_only(units, None).unwrap()
    }
}

fn fnv(text: &str) -> String {
    let mut fnv = Fnv::default();
    fnv.update(text.as_bytes());
    fnv.hex()
}

/// A header and whole units of one record each.
fn part(asked: u32, units: &[u32]) -> String {
    let unit = |u: &u32| format!("B {u}\nr{u}\nE {u} 1 {}\n", fnv(&format!("r{u}\n")));
    format!("goabi 1 id {asked}\n{}", units.iter().map(unit).collect::<String>())
}

/// A whole transcript.
fn whole(units: &[u32]) -> String {
    let text = part(u32::try_from(units.len()).unwrap(), units);
    let digest = fnv(&text);
    format!("{text}T {} {digest}\n", units.len())
}

/// One letter a unit: finished, died, untrusted, not run; upper case if it is
/// complete.
fn ends(facts: &RunFacts) -> String {
    let numbers: Vec<u32> = facts.units.iter().map(|u| u.unit).collect();
    assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
    let letter = |u: &UnitFacts| {
        let letter = match &u.end {
            UnitEnd::Finished => 'f',
            UnitEnd::Died(_) => 'd',
            UnitEnd::Untrusted(_) => 'u',
            UnitEnd::NotRun(_) => 'n',
        };
        if u.complete { letter.to_ascii_uppercase() } else { letter }
    };
    facts.units.iter().map(letter).collect()
}

fn death(facts: &RunFacts, at: usize) -> &Death {
    match &facts.units[at].end {
        UnitEnd::Died(death) => death,
        other => panic!("{other:?}"),
    }
}

#[test]
fn all_is_well() {
    let facts = fake().on("0-2", &whole(&[0, 1, 2]), "").run(3);
    assert_eq!((ends(&facts).as_str(), facts.processes), ("FFF", 1));
    assert_eq!(facts.units[1].records, ["r1"]);
}

#[test]
fn a_death_costs_no_other_unit_its_result() {
    let torn = part(5, &[0, 1]) + "B 2\nr2\nhal";
    let fake = fake()
        .on("0-4", &torn, "echo 'panic: boom' >&2; echo out; exit 2")
        .on("3-4", &(part(2, &[]) + "B 3\n"), "kill -SEGV $$")
        .on("4", &whole(&[4]), "");
    let facts = fake.run(5);
    assert_eq!((ends(&facts).as_str(), facts.processes), ("FFddF", 3));
    assert_eq!(facts.units[2].records, ["r2"]);
    let first = death(&facts, 2);
    assert_eq!((first.ended, first.stopped), (Ended::Exited(2), None));
    assert_eq!((first.stderr.as_str(), first.stdout.as_str()), ("panic: boom\n", "out\n"));
    assert_eq!(death(&facts, 3).ended, Ended::Signalled(11));
}

#[test]
fn an_exit_with_0_within_a_unit_is_a_death() {
    let facts = fake().on("0-1", &(part(2, &[]) + "B 0\n"), "exit 0").on("1", &whole(&[1]), "").run(2);
    assert_eq!((ends(&facts).as_str(), death(&facts, 0).ended), ("dF", Ended::Exited(0)));
}

#[test]
fn a_hang_is_a_death() {
    let mut fake = fake().on("0-1", &(part(2, &[]) + "B 0\n"), "exec sleep 1000").on("1", &whole(&[1]), "");
    // Long enough for a fresh process to start on a loaded machine.
    fake.limits.time = Duration::from_secs(2);
    let facts = fake.run(2);
    assert_eq!((ends(&facts).as_str(), death(&facts, 0).stopped), ("dF", Some(Stop::Time)));
}

#[test]
fn who_is_killed_for_output_that_others_may_have_made_gets_another_go() {
    let flood = "while :; do echo 01234567890123456789012345678901234567890123456789; done";
    let fake = fake().on("0-3", &(part(4, &[0]) + "B 1\n"), flood).on("1-3", &(part(3, &[]) + "B 1\n"), flood).on(
        "2-3",
        &whole(&[2, 3]),
        "",
    );
    let facts = fake.run(4);
    assert_eq!((ends(&facts).as_str(), facts.processes), ("FdFF", 3));
    assert_eq!(death(&facts, 1).stopped, Some(Stop::Output));
    assert!(death(&facts, 1).stdout.len() < 64 << 10);
}

#[test]
fn a_flood_of_records_ends_in_its_unit_however_fast() {
    let line = format!("{}\n", "x".repeat(99));
    let flood = part(3, &[0]) + "B 1\n" + &line.repeat(20 << 10);
    let again = part(2, &[]) + "B 1\n" + &line.repeat(20 << 10);
    let mut fake = fake().on("0-2", &flood, "").on("1-2", &again, "").on("2", &whole(&[2]), "");
    fake.limits.output = 1 << 20;
    let facts = fake.run(3);
    assert_eq!(ends(&facts), "FdF");
    assert_eq!(death(&facts, 1).stopped, Some(Stop::Output));
}

#[test]
fn a_death_between_units_goes_to_the_one_before() {
    let facts = fake().on("0-2", &part(3, &[0, 1]), "exit 2").on("2", &whole(&[2]), "exit 7").run(3);
    assert_eq!(ends(&facts), "FDD");
    assert_eq!(death(&facts, 2).ended, Ended::Exited(7));
}

#[test]
fn success_without_a_trailer_is_not_trusted() {
    let facts = fake().on("0-2", &part(3, &[0, 1]), "exit 0").on("2", &whole(&[2]), "").run(3);
    assert_eq!(ends(&facts), "UUF");
}

#[test]
fn a_doctored_transcript_is_not_trusted() {
    let of = |t: &str| ends(&fake().on("0-2", t, "").run(3));
    assert_eq!(of(&whole(&[0, 1, 2]).replacen("r1", "r2", 1)), "UuU");
    assert_eq!(of(&whole(&[0, 1, 2]).replacen("id", "di", 1)), "uuu");
    assert_eq!(of(&whole(&[0, 1, 2]).replacen("id 3", "id 4", 1)), "uuu");
    assert_eq!(of("rubbish\n"), "uuu");
    // Left out, out of order, twice, not asked for.
    let of = |units: &[u32]| {
        let text = part(3, units);
        of(&format!("{text}T {} {}\n", units.len(), fnv(&text)))
    };
    assert_eq!(of(&[0, 2]), "FuF");
    assert_eq!(of(&[0, 1]), "FFu");
    assert_eq!(of(&[0, 2, 1]), "FuF");
    assert_eq!(of(&[0, 1, 1, 2]), "FUF");
    assert_eq!(of(&[0, 1, 9, 2]), "UUU");
}

#[test]
fn isolated_units_and_a_selection() {
    let mut fake = fake().on("0,2,4", &whole(&[0, 2, 4]), "").on("1", &(part(1, &[]) + "B 1\n"), "exit 2").on(
        "3",
        &whole(&[3]),
        "",
    );
    fake.isolated = BTreeSet::from([1, 3]);
    let facts = fake.run(5);
    assert_eq!((ends(&facts).as_str(), facts.processes), ("FdFFF", 3));
    let only = BTreeSet::from([3, 77]);
    let facts = fake.run_only(5, Some(&only)).unwrap();
    assert_eq!((facts.units.len(), facts.units[0].unit, facts.processes), (1, 3, 1));
    let facts = fake.run_only(5, Some(&BTreeSet::new())).unwrap();
    assert_eq!((facts.units.len(), facts.processes), (0, 0));
}

#[test]
fn what_cannot_be_executed_is_an_error_and_says_why() {
    let facts = fake().on("0-2", "", "echo 'exec format error' >&2; exit 126").run_only(3, None);
    let error = facts.unwrap_err();
    assert!(matches!(error, RunnerError::CannotExecute { .. }));
    assert!(error.to_string().contains("exec format error") && error.to_string().contains("126"), "{error}");
    let mut fake = fake();
    fake.arms = "*) exit 0;;\n".to_string();
    assert!(matches!(fake.run_only(1, None), Err(RunnerError::CannotExecute { .. })));
}

#[test]
fn what_dies_later_before_any_unit_is_not_run() {
    let facts = fake().on("0-2", &(part(3, &[]) + "B 0\n"), "exit 2").on("1-2", "", "exit 3").run(3);
    assert_eq!((ends(&facts).as_str(), facts.processes), ("dnn", 2));
    let facts = fake().on("0-2", &part(3, &[]), "exit 3").run(3);
    assert_eq!((ends(&facts).as_str(), facts.processes), ("nnn", 1));
}

#[test]
fn writes_ranges() {
    assert_eq!(ranges(&[0, 1, 2, 4, 6, 7]), "0-2,4,6-7");
    assert_eq!(ranges(&[u32::MAX - 1, u32::MAX]), "4294967294-4294967295");
    assert_eq!(ranges(&[]), "");
}
