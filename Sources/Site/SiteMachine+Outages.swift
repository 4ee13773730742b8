// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// What an outage does to a site and to the jobs that have a part there.
///
/// A job that loses a site goes back to its last checkpoint. Checkpoints are written beside the work, every so often
/// since the job began to compute, and take no time of their own. The account of progress lies with the leader. Whether
/// that is lost itself or hears that another member is, the books come out the same: the machine of a site goes on through
/// an outage and speaks for those who keep a copy of them. The coordinator learns of everything after a time of silence,
/// and tells the members that are left.
///
/// Simple for now: until the coordinator's word arrives a leader computes on, so a job whose last seconds these are ends
/// as if nothing had happened, and a checkpoint that falls into them counts.
extension SiteMachine {
  mutating func beginOutage(at now: Time) {
    isDown = true
    for id in jobs.keys.sorted() { fail(id, at: now) }
    meter.advance(to: now, &records)
    meter.isDown = true
    send(.outage(isOver: false), to: .coordinator, at: now + silence)
  }

  /// - Parameter began: an outage that is over before anybody has noticed is told of afterwards.
  mutating func endOutage(began: Time, at now: Time) {
    meter.advance(to: now, &records)
    isDown = false
    meter.isDown = false
    let noticed = max(now, began + configuration.faults.detection)
    send(.outage(isOver: true), to: .coordinator, at: noticed + configuration.controlDelay)
  }

  /// When the coordinator counts what is silent as lost.
  var silence: Time { configuration.faults.detection + configuration.controlDelay }

  /// A job loses what it has done since its last checkpoint, and its GPUs.
  mutating func fail(_ id: Int32, at now: Time) {
    jobs[id]!.settleProgress(at: now)
    let job = jobs[id]!
    if job.isLeader(configuration.site), !isDown {
      tellMembers(job, .finish(job: id, segment: job.command.segment), at: now)
    }
    endRunning(id, at: now)
    release(id, ended: false, failed: true, at: now)
  }
}
