//! Waiting for the end of a process without reaping it.

use rustix::process::Pid;
use std::time::Duration;

/// A process whose end is waited for. It stays a zombie, for its parent to
/// reap.
pub(crate) struct Leader {
    pid: Pid,
    #[cfg(target_os = "linux")]
    fd: Option<rustix::fd::OwnedFd>,
}

impl Leader {
    /// Watches a child that nobody has reaped, forbids it core files, and
    /// gives it a largest file size as a backstop.
    pub(crate) fn new(pid: Pid, largest_file: u64) -> Leader {
        #[cfg(target_os = "linux")]
        {
            use rustix::process::{PidfdFlags, Resource, Rlimit, pidfd_open, prlimit};
            // These fail only if the process has ended already, or if the host
            // allows even less.
            let none = Rlimit { current: Some(0), maximum: Some(0) };
            let _ = prlimit(Some(pid), Resource::Core, none);
            let most = Rlimit { current: Some(largest_file), maximum: Some(largest_file) };
            let _ = prlimit(Some(pid), Resource::Fsize, most);
            Leader { pid, fd: pidfd_open(pid, PidfdFlags::empty()).ok() }
        }
        #[cfg(not(target_os = "linux"))]
        {
            let _ = largest_file;
            Leader { pid }
        }
    }

    /// Waits for its end, at most this long, and says whether it has ended.
    pub(crate) fn wait(&self, most: Duration) -> bool {
        #[cfg(target_os = "linux")]
        if let Some(fd) = &self.fd {
            use rustix::event::{PollFd, PollFlags, Timespec, poll};
            // Durations here are milliseconds.
            let most = Timespec { tv_sec: 0, tv_nsec: i64::from(most.subsec_nanos()) };
            let mut fds = [PollFd::new(fd, PollFlags::IN)];
            // An interrupted poll counts as not ended: the caller comes again.
            return poll(&mut fds, Some(&most)).is_ok_and(|n| n > 0);
        }
        self.has_ended() || {
            pause(most.min(Duration::from_millis(10)));
            self.has_ended()
        }
    }

    /// Without a pidfd: asks, leaving the zombie in place.
    fn has_ended(&self) -> bool {
        use rustix::process::{WaitId, WaitIdOptions, waitid};
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        // An error means that there is no such child: it has ended.
        waitid(WaitId::Pid(self.pid), options).map_or(true, |status| status.is_some())
    }
}

/// A short wait in a loop that has a deadline and asks for something that no
/// file descriptor announces.
pub(crate) fn pause(time: Duration) {
    std::thread::sleep(time);
}
