//! Starting a program under a stub.

use super::error::{RemoteError, Result};
use super::process::Process;
use super::session::{Debuggee, Stub};
use super::wire::Watch;
use crate::cancel::Cancel;
use crate::child::{Started, Streams};
use crate::error::{RunnerError, how};
use crate::process::{self, Limits, show};
use crate::provision::Exec;
use goabi_cases::arch::Arch;
use rustix::process::Pid;
use serde::Serialize;
use std::fs::File;
use std::io::ErrorKind;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

/// The first qemu whose `-g` takes a path (QEMU's change log of 5.1, "User-mode
/// emulation": "gdbstub: support for unix domain sockets").
const UNIX_SOCKETS: (u32, u32) = (5, 1);

/// What holds a program for us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum DebugExec {
    /// The stub in a qemu-user emulator: for other ports than the host's, and
    /// for the host's as well.
    Emulator {
        path: PathBuf,
        /// Like `7.2.22`.
        version: String,
    },
    /// For programs that this machine runs itself.
    Gdbserver {
        path: PathBuf,
        /// Like `13.1`.
        version: String,
    },
}

impl DebugExec {
    /// The stub of what runs programs anyway; None if the machine itself does,
    /// for which a gdbserver is needed.
    #[must_use]
    pub fn of(exec: &Exec) -> Option<DebugExec> {
        match exec {
            Exec::Native => None,
            Exec::Emulated { path, version, .. } => {
                Some(DebugExec::Emulator { path: path.clone(), version: version.clone() })
            }
        }
    }
}

/// gdbserver in an unpacked Debian package.
pub(crate) fn unpacked(root: &Path) -> Option<PathBuf> {
    Some(root.join("usr/bin/gdbserver")).filter(|path| path.is_file())
}

/// Asks gdbserver for its version, which also proves that it can be run.
pub(crate) fn version(path: &Path, limits: &Limits, cancel: &Cancel) -> crate::error::Result<String> {
    let mut cmd = Command::new(path);
    cmd.arg("--version").env_clear().env("LC_ALL", "C");
    let command = show(&cmd);
    let done = process::run(cmd, limits, None, cancel)?;
    cancel.check()?;
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    // GNU gdbserver (Debian 13.1-3) 13.1
    match said.lines().next().and_then(|line| line.split_whitespace().last()) {
        Some(version) if done.success() => Ok(version.to_string()),
        Some(_) | None => {
            Err(RunnerError::Command { command, how: how(done.ended, done.stopped), output: done.output() })
        }
    }
}

/// What to run under a debugger.
#[derive(Clone, Copy, Debug)]
pub struct DebugSpec<'a> {
    pub exec: &'a DebugExec,
    pub goarch: &'a str,
    pub program: &'a Path,
    /// The program gets this, PATH, a home and a temporary folder, and nothing
    /// else. Under an emulator, `GODEBUG=asyncpreemptoff=1` and `GOMAXPROCS=1`
    /// belong here: qemu's stub does not stop a program's other threads, and
    /// two that stop at once garble the conversation.
    pub env: &'a [(String, String)],
    /// `time` is that of the whole life, however often the program stops,
    /// unless [`Debuggee::renew`] says otherwise.
    pub limits: Limits,
}

impl Debuggee<Process> {
    /// Starts a program and stops it before its first instruction.
    ///
    /// # Errors
    ///
    /// [`RemoteError::Unsupported`] if this stub cannot serve, with the reason
    /// for a skip; [`RemoteError::NotStarted`] if its process ended at once;
    /// otherwise as of all requests.
    pub fn launch(spec: &DebugSpec<'_>, cancel: &Cancel) -> Result<Debuggee> {
        if cancel.is_cancelled() {
            return Err(RemoteError::Cancelled);
        }
        let Some(arch) = Arch::get(spec.goarch) else {
            return Err(RemoteError::Unsupported(format!("no port {} is known", spec.goarch)));
        };
        let temp = std::env::temp_dir();
        let dir = tempfile::Builder::new().prefix("goabi-debug-").tempdir();
        let dir = dir.map_err(RunnerError::io("create a folder in", &temp))?;
        match spec.exec {
            DebugExec::Emulator { path, version } => emulator(spec, path, version, arch, dir, cancel),
            DebugExec::Gdbserver { path, .. } => gdbserver(spec, path, arch, dir, cancel),
        }
    }
}

/// Gives the command a working folder and an environment of its own.
fn dress(cmd: &mut Command, spec: &DebugSpec<'_>, dir: &Path) -> Result<()> {
    // Beside the socket, which a program's own files don't reach.
    let work = dir.join("work");
    std::fs::create_dir(&work).map_err(RunnerError::io("create", &work))?;
    cmd.env_clear()
        .envs([("PATH", "/usr/bin:/bin"), ("LC_ALL", "C"), ("TZ", "UTC")])
        .env("HOME", &work)
        .env("TMPDIR", &work)
        .envs(spec.env.iter().map(|(name, value)| (name, value)))
        .current_dir(&work);
    Ok(())
}

fn emulator(
    spec: &DebugSpec<'_>,
    path: &Path,
    version: &str,
    arch: &'static Arch,
    dir: TempDir,
    cancel: &Cancel,
) -> Result<Debuggee> {
    let mut numbers = version.split('.').map_while(|n| n.parse::<u32>().ok());
    if let (Some(major), Some(minor)) = (numbers.next(), numbers.next())
        && (major, minor) < UNIX_SOCKETS
    {
        let (path, (major, minor)) = (path.display(), UNIX_SOCKETS);
        let why = format!("the debug stub of {path} {version} needs a port: {major}.{minor} is the first with sockets");
        return Err(RemoteError::Unsupported(why));
    }
    let mut cmd = Command::new(path);
    // Relative to its working folder: a socket's path must be short, and newer
    // emulators read more into a comma or a percent sign.
    cmd.args(["-g", "../gdb"]).arg(spec.program);
    dress(&mut cmd, spec, dir.path())?;
    let command = show(&cmd);
    let folder = File::open(dir.path()).map_err(RunnerError::io("open", dir.path()))?;
    let started = Started::start(cmd, Streams::Files, &spec.limits)?;
    let mut stub = Process::new(started, dir, spec.limits.time, cancel);
    // For us, too, the path must be short.
    let socket = PathBuf::from(format!("/proc/self/fd/{}/gdb", folder.as_raw_fd()));
    let mut pause = Duration::from_millis(1);
    let stream = loop {
        match UnixStream::connect(&socket) {
            Ok(stream) => break stream,
            // Not made yet, or made and not listened to yet.
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => {}
            Err(source) => return Err(RemoteError::Io { doing: "connect to", source }),
        }
        // No descriptor announces a socket that is listened to, but one does
        // the emulator's end: that is what is waited for.
        if stub.wait(pause) {
            let error = stub.not_started(command);
            return Err(if knows_stub(path, cancel)? { error } else { no_stub(path, version, &error) });
        }
        stub.look()?;
        pause = (pause * 2).min(Duration::from_millis(8));
    };
    begin(Debuggee::over(stream, stub, Stub { arch, steps_over: true })?, command)
}

/// Whether an emulator's help tells of an option `-g`; one that gives no help
/// is taken to know it.
fn knows_stub(path: &Path, cancel: &Cancel) -> Result<bool> {
    let mut cmd = Command::new(path);
    cmd.arg("-h").env_clear().env("LC_ALL", "C");
    let done = match process::run(cmd, &Limits::ASK, None, cancel) {
        Ok(done) => done,
        Err(RunnerError::Cancelled) => return Err(RemoteError::Cancelled),
        Err(_) => return Ok(true),
    };
    if cancel.is_cancelled() {
        return Err(RemoteError::Cancelled);
    }
    let help = String::from_utf8_lossy(&done.stdout);
    Ok(!done.success() || help.lines().any(|line| line.split_whitespace().next() == Some("-g")))
}

fn no_stub(path: &Path, version: &str, error: &RemoteError) -> RemoteError {
    let said = match error {
        RemoteError::NotStarted { output, .. } => output.lines().next().unwrap_or_default(),
        _ => "",
    };
    let said = if said.is_empty() { String::new() } else { format!(": it says `{said}`") };
    RemoteError::Unsupported(format!("{} {version} has no debug stub{said}", path.display()))
}

/// What gdbserver starts the program with (GDB manual, 20.3.1 "Running
/// gdbserver", `--wrapper`): on its stdin and stdout it speaks to us, and would
/// mix the program's own output into its stderr.
const WRAPPER: &str = "exec \"$@\" >>../stdout 2>>../stderr\n";

fn gdbserver(
    spec: &DebugSpec<'_>,
    path: &Path,
    arch: &'static Arch,
    dir: TempDir,
    cancel: &Cancel,
) -> Result<Debuggee> {
    let wrapper = dir.path().join("run");
    std::fs::write(&wrapper, WRAPPER).map_err(RunnerError::io("write", &wrapper))?;
    let file = |name: &str| {
        let path = dir.path().join(name);
        let options = File::options().read(true).write(true).create_new(true).open(&path);
        options.map_err(RunnerError::io("create", &path))
    };
    let (child_stdout, child_stderr) = (file("stdout")?, file("stderr")?);
    // It knows no unix sockets by path, but takes one for its stdin and stdout.
    // By default it switches off the randomization of addresses where it may,
    // so that two runs show the same ones.
    let mut cmd = Command::new(path);
    cmd.args(["--wrapper", "/bin/sh", "../run", "--", "-"]).arg(spec.program);
    dress(&mut cmd, spec, dir.path())?;
    let command = show(&cmd);
    let pair = || -> std::io::Result<_> {
        let (ours, theirs) = UnixStream::pair()?;
        Ok((ours, theirs.try_clone()?.into(), theirs.into()))
    };
    let (ours, stdin, stdout) = pair().map_err(|source| RemoteError::Io { doing: "make a socket for", source })?;
    let started = Started::start(cmd, Streams::Socket { stdin, stdout, child_stdout, child_stderr }, &spec.limits)?;
    let stub = Process::new(started, dir, spec.limits.time, cancel);
    let mut debuggee = begin(Debuggee::over(ours, stub, Stub { arch, steps_over: false })?, command)?;
    // Its first thread's number is the program's, which gdbserver makes the
    // leader of a group.
    let program = debuggee.thread().and_then(|id| i32::from_str_radix(id, 16).ok()).and_then(Pid::from_raw);
    if let (Some(program), Some(started)) = (program, debuggee.wire.watch.started()) {
        started.count_group(program);
    }
    Ok(debuggee)
}

/// Begins the conversation. A stub that goes away meanwhile has left its reasons.
fn begin(mut debuggee: Debuggee, command: String) -> Result<Debuggee> {
    match debuggee.hello() {
        Ok(()) => Ok(debuggee),
        Err(RemoteError::Closed) => Err(debuggee.wire.end(|process| process.not_started(command))),
        Err(error) => Err(error),
    }
}
