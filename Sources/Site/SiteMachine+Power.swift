// SPDX-License-Identifier: Apache-2.0

import Energy
import Quantities
import Simulation

/// What jobs draw, and the power cap that they share.
///
/// A GPU at work draws power above idle in proportion to its speed. Under a cap all GPUs at work get the same share of
/// their power above idle, as large as the cap allows if all of them computed all the time; so it holds whatever the
/// network does, and what waiting jobs leave over is not given to others. A split job runs at the pace of its most
/// throttled member.
extension SiteMachine {
  var throttles: Bool { configuration.energy.capWatts != nil && configuration.energy.capRule == .throttle }

  /// What a job draws here in its present phase and at its present pace.
  func draw(of job: SiteJob) -> Draw {
    let command = job.command
    func scaled(_ power: Int64, _ share: Int64) -> Int64 { Int64((Int128(power) * Int128(share)) >> 32) }
    let allowed = command.idlePower + scaled(command.activePower - command.idlePower, throttle)
    switch job.phase {
    case .waitingForInputs, .waitingForPeers: return Draw(all: command.idlePower, waiting: command.idlePower)
    case .restoring, .writing:
      let power = min(command.stalledPower, allowed)
      return Draw(all: power, waiting: power)
    case .running:
      // The share of the time in which the GPUs compute at the speed that the cap leaves them.
      var computing = SiteJob.one
      if job.isSplit {
        computing = throttle > 0 ? Int64(min(Int128(SiteJob.one), (Int128(job.duty) << 32) / Int128(throttle))) : 0
      }
      let waiting = scaled(min(command.stalledPower, allowed), SiteJob.one - computing)
      return Draw(all: scaled(allowed, computing) + waiting, waiting: waiting)
    }
  }

  mutating func settlePower(_ id: Int32, at now: Time) { setDraw(id, draw(of: jobs[id]!), at: now) }

  mutating func setDraw(_ id: Int32, _ draw: Draw, at now: Time) {
    let old = jobs[id]!.meter.draw
    if draw == old { return }
    meter.advance(to: now, &records)
    jobs[id]!.meter.advance(to: now, configuration.energy)
    meter.held.all += draw.all - old.all
    meter.held.waiting += draw.waiting - old.waiting
    jobs[id]!.meter.draw = draw
  }

  /// Sets the pace of all jobs here so that the cap is held, after a job or the weather has changed.
  mutating func holdCap(at now: Time) {
    guard throttles, let allowance = configuration.energy.allowance(at: now) else { return }
    var aboveIdle: Int64 = 0
    for job in jobs.values where job.drawsAboveIdle { aboveIdle += job.command.activePower - job.command.idlePower }
    let room = max(0, allowance - configuration.idlePower)
    let share = aboveIdle <= room ? SiteJob.one : Int64((Int128(room) << 32) / Int128(aboveIdle))
    if share != throttle {
      meter.advance(to: now, &records)
      throttle = share
      meter.isCapped = share < SiteJob.one
      for id in jobs.keys.sorted() where jobs[id]!.drawsAboveIdle {
        settlePower(id, at: now)
        if jobs[id]!.phase == .running { reportThrottle(id, at: now) }
      }
    }
    let next = configuration.energy.cooling.nextChange(after: now)
    if aboveIdle > 0, next < .never, weatherEventAt == .never {
      weatherEventAt = next
      events.push(.weather, at: next, rank: UInt64(UInt32.max))
    }
  }

  /// Lets a job's leader know what the cap leaves it here.
  mutating func reportThrottle(_ id: Int32, at now: Time) {
    let job = jobs[id]!
    if job.isLeader(configuration.site) {
      setThrottle(id, ofMember: job.memberIndex(configuration.site), throttle, at: now)
    } else {
      tell(
        job, .throttle(job: id, segment: job.command.segment, share: throttle), Int(job.command.leader), at: now)
    }
  }

  /// The leader learns what a cap leaves a member; work done until now was done at the old pace.
  mutating func setThrottle(_ id: Int32, ofMember member: Int, _ share: Int64, at now: Time) {
    if jobs[id]!.phase == .running { jobs[id]!.settleProgress(at: now) }
    jobs[id]!.throttles[member] = share
    repace(id, at: now)
  }

  /// The leader tells its members, and its own meter, at which share of its full speed the job runs. Changes of less
  /// than two hundredths are not worth a message: the power that meters know is good to half of that.
  mutating func tellPace(_ id: Int32, _ share: Double, at now: Time) {
    let duty = Int64((min(1, max(0, share)) * Double(SiteJob.one)).rounded())
    let sent = jobs[id]!.dutySent
    guard abs(duty - sent) > SiteJob.one / 50 || (duty == 0) != (sent == 0) else { return }
    jobs[id]!.dutySent = duty
    jobs[id]!.duty = duty
    tellMembers(jobs[id]!, .pace(job: id, segment: jobs[id]!.command.segment, duty: duty), at: now)
    settlePower(id, at: now)
  }
}

extension SiteJob {
  /// At work, or reading or writing a checkpoint.
  var drawsAboveIdle: Bool { phase == .running || phase == .restoring || phase == .writing }
}
