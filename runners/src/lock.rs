//! Advisory file locks, which the kernel drops when their holder dies.

use crate::cancel::Cancel;
use crate::error::{Result, RunnerError};
use crate::wait::pause;
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

/// A held lock. Dropping it lets go.
#[derive(Debug)]
pub(crate) struct Lock(File);

impl Lock {
    /// Waits for sole possession.
    pub(crate) fn exclusive(path: &Path, cancel: &Cancel) -> Result<Lock> {
        loop {
            if let Some(lock) = Lock::try_exclusive(path)? {
                return Ok(lock);
            }
            cancel.check()?;
            // flock can wait by itself, but then nothing looks at the token.
            pause(Duration::from_millis(20));
        }
    }

    /// Sole possession now, or none.
    pub(crate) fn try_exclusive(path: &Path) -> Result<Option<Lock>> {
        Lock::take(path, FlockOperation::NonBlockingLockExclusive)
    }

    /// A shared lock; waits while somebody has sole possession.
    pub(crate) fn shared(path: &Path) -> Result<Lock> {
        loop {
            if let Some(lock) = Lock::take(path, FlockOperation::LockShared)? {
                return Ok(lock);
            }
        }
    }

    /// Turns a shared lock into sole possession if no other process holds it.
    /// Otherwise it stays shared.
    pub(crate) fn upgrade(&self, path: &Path) -> Result<bool> {
        match flock(&self.0, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(true),
            Err(Errno::WOULDBLOCK) => {
                // The kernel may have dropped the shared lock on the way.
                self.share(path)?;
                Ok(false)
            }
            Err(e) => Err(RunnerError::io("lock", path)(e.into())),
        }
    }

    /// Makes it a shared lock again.
    pub(crate) fn share(&self, path: &Path) -> Result<()> {
        flock(&self.0, FlockOperation::LockShared).map_err(io::Error::from).map_err(RunnerError::io("lock", path))
    }

    /// Opens, locks, and sees whether that is still the file of this name:
    /// between the two somebody may have removed it.
    fn take(path: &Path, operation: FlockOperation) -> Result<Option<Lock>> {
        loop {
            let file = OpenOptions::new().create(true).truncate(false).write(true).open(path);
            let file = file.map_err(RunnerError::io("open the lock", path))?;
            match flock(&file, operation) {
                Ok(()) => {}
                Err(Errno::WOULDBLOCK) => return Ok(None),
                Err(Errno::INTR) => continue,
                Err(e) => return Err(RunnerError::io("lock", path)(e.into())),
            }
            let held = file.metadata().map_err(RunnerError::io("inspect the lock", path))?;
            if std::fs::metadata(path).is_ok_and(|m| (m.dev(), m.ino()) == (held.dev(), held.ino())) {
                return Ok(Some(Lock(file)));
            }
        }
    }
}
