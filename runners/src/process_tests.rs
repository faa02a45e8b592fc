use super::*;
use crate::wait::pause;
use std::sync::mpsc;

const LIMITS: Limits = Limits { time: Duration::from_secs(60), output: 64 << 20, memory: 1 << 40 };

fn sh(script: &str) -> Command {
    let mut cmd = Command::new("sh");
    cmd.arg("-c").arg(script);
    cmd
}

fn go(script: &str, limits: &Limits) -> Completed {
    run(sh(script), limits, None, &Cancel::new()).unwrap()
}

#[cfg(target_os = "linux")]
fn alive(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with(['Z', 'X']))
}

#[test]
fn tells_how_it_ended() {
    let done = go("echo out; echo err >&2; exit 3", &LIMITS);
    assert_eq!((done.ended, done.stopped), (Ended::Exited(3), None));
    assert_eq!((done.stdout.as_slice(), done.stderr.as_slice()), (&b"out\n"[..], &b"err\n"[..]));
    let done = go("kill -SEGV $$", &LIMITS);
    assert_eq!((done.ended, done.stopped), (Ended::Signalled(11), None));
    assert!(go("read x; exit 0", &LIMITS).success(), "stdin is empty");
}

#[test]
fn a_command_that_is_not_there_is_an_error() {
    let error = run(Command::new("/no/such/command"), &LIMITS, None, &Cancel::new()).unwrap_err();
    assert!(error.to_string().contains("cannot start `/no/such/command`"), "{error}");
}

#[test]
fn a_hang_is_killed_even_if_it_ignores_signals() {
    let limits = Limits { time: Duration::from_millis(200), ..LIMITS };
    let done = go("trap '' TERM INT HUP; while :; do sleep 1; done", &limits);
    assert_eq!((done.ended, done.stopped), (Ended::Signalled(9), Some(Stop::Time)));
}

#[test]
fn progress_resets_the_clock() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("transcript");
    let limits = Limits { time: Duration::from_secs(2), ..LIMITS };
    // Longer in all than the limit, and no step as long.
    let script = format!("for i in 1 2 3 4 5 6; do sleep 0.5; echo $i >> {}; done", file.display());
    let done = run(sh(&script), &limits, Some(&file), &Cancel::new()).unwrap();
    assert!(done.success() && done.wall > limits.time, "{done:?}");
}

#[test]
fn a_flood_is_stopped_and_both_ends_of_stderr_are_kept() {
    let limits = Limits { output: 3 << 20, ..LIMITS };
    let done = go("echo first >&2; while :; do echo 0123456789012345678901234567890123456789 >&2; done", &limits);
    assert_eq!(done.stopped, Some(Stop::Output));
    assert!(done.stderr.starts_with(b"first\n") && done.stderr.len() < 2 << 20);
    assert!(String::from_utf8_lossy(&done.stderr).contains("bytes left out"));
    // Too fast to be killed, and told all the same.
    let done = go("head -c 4000000 /dev/zero; exit 0", &limits);
    assert_eq!(done.stopped, Some(Stop::Output));
}

#[test]
fn the_progress_file_counts_as_output() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("transcript");
    let limits = Limits { output: 1 << 20, ..LIMITS };
    let script = format!("while :; do echo 0123456789012345678901234567890123456789; done > {}", file.display());
    let done = run(sh(&script), &limits, Some(&file), &Cancel::new()).unwrap();
    assert_eq!(done.stopped, Some(Stop::Output));
}

#[cfg(target_os = "linux")]
#[test]
fn memory_counts_over_the_whole_group() {
    let limits = Limits { memory: 60 << 20, ..LIMITS };
    // A grandchild takes it: dd's buffer is as large as its block.
    let done = go("(dd if=/dev/zero bs=200M count=100000 2>/dev/null | sleep 60); exit 0", &limits);
    assert_eq!(done.stopped, Some(Stop::Memory));
}

#[cfg(target_os = "linux")]
#[test]
fn no_grandchild_outlives_it() {
    let done = go("sleep 1000 & echo $!; exit 0", &LIMITS);
    assert!(done.success() && done.wall < Duration::from_secs(50), "{done:?}");
    assert!(!alive(&String::from_utf8(done.stdout).unwrap()));
}

#[cfg(target_os = "linux")]
#[test]
fn not_even_one_in_a_session_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("pid");
    let child = "trap '' TERM HUP INT; echo $$ > $0.new; mv $0.new $0; exec sleep 1000";
    let script =
        format!("setsid sh -c \"{}\" {1} & until [ -e {1} ]; do :; done", child.replace('$', "\\$"), file.display());
    let done = go(&script, &LIMITS);
    assert!(done.success() && done.wall < Duration::from_secs(50), "{done:?}");
    assert!(!alive(&std::fs::read_to_string(&file).unwrap()));
}

#[cfg(target_os = "linux")]
#[test]
fn the_token_stops_it() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("pid");
    let (cancel, (send, receive)) = (Cancel::new(), mpsc::channel());
    let (token, path) = (cancel.clone(), file.clone());
    let thread = std::thread::spawn(move || {
        let cmd = sh(&format!("echo $$ > {}.new; mv {0}.new {0}; exec sleep 1000", path.display()));
        send.send(run(cmd, &LIMITS, None, &token)).unwrap();
    });
    let start = Instant::now();
    while !file.exists() && start.elapsed() < Duration::from_secs(30) {
        pause(Duration::from_millis(5));
    }
    cancel.cancel();
    let done = receive.recv().unwrap().unwrap();
    thread.join().unwrap();
    assert_eq!(done.stopped, Some(Stop::Cancelled));
    assert!(!alive(&std::fs::read_to_string(&file).unwrap()));
    assert!(matches!(run(sh("exit 0"), &LIMITS, None, &cancel), Err(RunnerError::Cancelled)));
}

#[cfg(target_os = "linux")]
#[test]
fn no_core_files() {
    // The limit is set from outside, right after the start.
    let done = go("i=0; while [ $i -lt 200 ] && [ \"$(ulimit -c)\" != 0 ]; do i=$((i+1)); done; ulimit -c", &LIMITS);
    assert_eq!(done.stdout, b"0\n");
}

#[test]
fn shows_a_command_as_one_types_it() {
    let mut cmd = Command::new("go");
    cmd.args(["build", "-gcflags=all=-N -l", "it's", ""]);
    assert_eq!(show(&cmd), r"go build '-gcflags=all=-N -l' 'it'\''s' ''");
}
