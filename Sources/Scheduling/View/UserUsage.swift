// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// GPU-time that each user has had in stays that are over, in GPU-seconds that lose half their weight in each half-life.
///
/// The decay is that of Slurm's multifactor priority plugin (PriorityDecayHalfLife). A stay counts with its whole length
/// at the instant when it ends.
public struct UserUsage: Equatable, Sendable, FixedLayout {
  private struct Entry: Equatable, Sendable {
    var gpuSeconds = 0.0
    var at = Time.zero
  }

  /// Never: nothing is forgotten.
  public let halfLife: Time
  private var entries: [Entry] = []

  public init(halfLife: Time = .never) { self.halfLife = halfLife }

  /// Notes a stay that has ended. Users below zero are nobody.
  public mutating func add(user: Int32, gpuSeconds: Double, at now: Time) {
    guard user >= 0 else { return }
    while entries.count <= Int(user) { entries.append(Entry()) }
    entries[Int(user)] = Entry(gpuSeconds: value(of: user, at: now) + gpuSeconds, at: now)
  }

  /// What a user has had, as it weighs at `now`.
  public func value(of user: Int32, at now: Time) -> Double {
    guard user >= 0, Int(user) < entries.count else { return 0 }
    let entry = entries[Int(user)]
    guard halfLife < .never, entry.gpuSeconds > 0, now > entry.at else { return entry.gpuSeconds }
    return entry.gpuSeconds
      * DeterministicMath.exp(-0.693147180559945309 * ((now - entry.at).seconds / halfLife.seconds))
  }

  public func encode(into writer: inout ByteWriter) {
    writer.write(halfLife)
    writer.write(UInt32(entries.count))
    for entry in entries {
      writer.write(entry.gpuSeconds)
      writer.write(entry.at)
    }
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    halfLife = try reader.readTime()
    for _ in 0..<(try reader.readCount()) {
      entries.append(Entry(gpuSeconds: try reader.readDouble(), at: try reader.readTime()))
    }
  }
}
