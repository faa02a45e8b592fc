//! The members of a process group, from /proc.

use rustix::process::Pid;

/// What a live process group holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Group {
    /// Members that are not zombies.
    pub(crate) alive: u32,
    /// Their resident memory in bytes, all together.
    pub(crate) memory: u64,
}

/// Looks at all members of the group now. Processes that end meanwhile are
/// left out.
#[cfg(target_os = "linux")]
pub(crate) fn look(group: Pid) -> Group {
    let page = rustix::param::page_size() as u64;
    let mut found = Group::default();
    let Ok(entries) = std::fs::read_dir("/proc") else { return found };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(pid) = name.to_str().filter(|n| n.bytes().all(|b| b.is_ascii_digit())) else { continue };
        let Ok(stat) = std::fs::read(format!("/proc/{pid}/stat")) else { continue };
        if let Some(member) = parse(&stat)
            && member.group == group.as_raw_pid()
            && !member.dead()
        {
            found.alive += 1;
            found.memory += member.pages * page;
        }
    }
    found
}

/// Kills the processes that were started since the group's leader, are in no
/// group of its, and have the mark in their environment; gives their number.
/// The leader must not have been reaped.
#[cfg(target_os = "linux")]
pub(crate) fn kill_escaped(leader: Pid, mark: &[u8]) -> usize {
    use rustix::process::{PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
    let stat = |pid: i32| parse(&std::fs::read(format!("/proc/{pid}/stat")).ok()?);
    let Some(since) = stat(leader.as_raw_pid()).map(|l| l.started) else { return 0 };
    let own = rustix::process::getpid();
    let mut killed = 0;
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(pid) = name.to_str().and_then(|n| n.parse().ok()) else { continue };
        let young = |m: &Member| m.started >= since && m.group != leader.as_raw_pid() && !m.dead();
        let Some(pid) = stat(pid).filter(young).and_then(|_| Pid::from_raw(pid)).filter(|p| *p != own) else {
            continue;
        };
        // From here on it is this process, even if its number is given to another.
        let Ok(process) = pidfd_open(pid, PidfdFlags::empty()) else { continue };
        // Other people's cannot be read.
        let Ok(environment) = std::fs::read(entry.path().join("environ")) else { continue };
        if environment.split(|b| *b == 0).any(|variable| variable == mark) {
            // It may have ended by itself.
            killed += usize::from(pidfd_send_signal(&process, Signal::KILL).is_ok());
        }
    }
    killed
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn kill_escaped(_leader: Pid, _mark: &[u8]) -> usize {
    0
}

/// Elsewhere there is no /proc: no memory limit, and nothing to wait for.
#[cfg(not(target_os = "linux"))]
pub(crate) fn look(_group: Pid) -> Group {
    Group::default()
}

#[cfg(any(target_os = "linux", test))]
struct Member {
    state: u8,
    group: i32,
    pages: u64,
    /// In ticks since the machine's start.
    started: u64,
}

#[cfg(any(target_os = "linux", test))]
impl Member {
    fn dead(&self) -> bool {
        matches!(self.state, b'Z' | b'X' | b'x')
    }
}

/// Reads a line of /proc/PID/stat. The command's name stands in parentheses
/// and may hold anything, so the fields are counted from the last of these.
#[cfg(any(target_os = "linux", test))]
fn parse(stat: &[u8]) -> Option<Member> {
    let end = stat.iter().rposition(|b| *b == b')')?;
    let rest = std::str::from_utf8(stat.get(end + 1..)?).ok()?;
    let mut fields = rest.split_ascii_whitespace();
    let state = *fields.next()?.as_bytes().first()?;
    let group = fields.nth(1)?.parse().ok()?;
    // state is field 3, the group field 5, the start 22, the resident pages field 24.
    let started = fields.nth(16)?.parse().ok()?;
    let pages = fields.nth(1)?.parse::<i64>().ok()?;
    Some(Member { state, group, pages: u64::try_from(pages).unwrap_or(0), started })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_name_with_parentheses() {
        let line = b"12 (a) b) c) S 1 77 77 0 -1 4194560 100 0 0 0 1 2 0 0 20 0 1 0 300 1000000 321 1844 1 1 0";
        let member = parse(line).unwrap();
        assert_eq!((member.state, member.group, member.started, member.pages), (b'S', 77, 300, 321));
        assert!(parse(b"12 (a").is_none());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn sees_itself() {
        let mine = rustix::process::getpgrp();
        let group = look(mine);
        assert!(group.alive >= 1 && group.memory > 100_000, "{group:?}");
    }
}
