// SPDX-License-Identifier: Apache-2.0

import Quantities
import Scheduling
import Simulation
import Site

/// What the coordinator remembers of a job that has arrived and is not over.
struct JobState: Sendable {
  var segment: Int32 = -1
  var firstStart = Time.never
  var remaining: Time
  var networkTime = Time.zero
  var wanBytes: Int64 = 0
  var preemptions: Int32 = 0
  var migrations: Int32 = 0
  var mostSites: Int32 = 0
  /// Where it ran last; holds its checkpoint.
  var leader: Int32 = -1
  /// Sites that have its data already.
  var staged: [Int32] = []
  /// Of the present stay.
  var pieces: [Piece] = []
  var reportsMissing: Int32 = 0
  var ended = false
  /// An outage has ended the stay, first of all at this site; -1 if none has.
  var failedAt: Int32 = -1
  /// When, and how much work is to be done again.
  var failureTime = Time.zero
  var lost = Time.zero
  /// It has run, and all of that is lost.
  var hasNothingSaved = false
  var endedAt = Time.zero
  /// How long it had held its GPUs before the present stay, and its run time as predicted when it arrived.
  var attained = Time.zero
  var predicted = Time.zero

  init(remaining: Time) { self.remaining = remaining }
}

extension JobState: FixedLayout {
  func encode(into writer: inout ByteWriter) {
    for value in [segment, preemptions, migrations, mostSites, leader, reportsMissing, failedAt] { writer.write(value) }
    for time in [firstStart, remaining, networkTime, endedAt, attained, predicted, failureTime, lost] {
      writer.write(time)
    }
    writer.write(hasNothingSaved)
    writer.write(wanBytes)
    writer.write(integers: staged)
    writer.write(pieces)
    writer.write(ended)
  }

  init(from reader: inout ByteReader) throws(WireError) {
    self.init(remaining: .zero)
    segment = try reader.read()
    preemptions = try reader.read()
    migrations = try reader.read()
    mostSites = try reader.read()
    leader = try reader.read()
    reportsMissing = try reader.read()
    failedAt = try reader.read()
    firstStart = try reader.readTime()
    remaining = try reader.readTime()
    networkTime = try reader.readTime()
    endedAt = try reader.readTime()
    attained = try reader.readTime()
    predicted = try reader.readTime()
    failureTime = try reader.readTime()
    lost = try reader.readTime()
    hasNothingSaved = try reader.readBool()
    wanBytes = try reader.read()
    staged = try reader.readIntegers()
    pieces = try reader.readArray()
    ended = try reader.readBool()
  }
}
