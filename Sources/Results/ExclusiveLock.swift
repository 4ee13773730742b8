// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Takes the lock on an open file or folder that tells processes apart which write to it.
///
/// A process that is just being started holds copies of its parent's descriptors until its program is loaded, locks
/// included. So a lock that has just been let go can seem taken for some milliseconds; it is asked for once more, every
/// 10 ms for a second, before somebody else is taken to work there.
///
/// - Returns: false if another process holds it. Where a file system knows no locks, nobody does.
public func takeExclusiveLock(_ descriptor: Int32) -> Bool {
  for _ in 0..<100 {
    if flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK { return true }
    usleep(10_000)
  }
  return false
}
