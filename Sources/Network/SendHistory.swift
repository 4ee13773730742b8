// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// What a source has sent by when, as far back as it is still of use: from it follows what is acknowledged now.
///
/// The rate is constant between two points, so amounts sent are exact. Between two points the time at which was sent what
/// is acknowledged moves evenly, and so do losses; what had been delivered follows.
struct SendHistory: Sendable {
  struct Point: Equatable, Sendable {
    var at: Time
    var emitted: BitTicks
    /// From here on.
    var rate: Int64
    /// Bytes acknowledged by then, and when the bit was sent that is acknowledged last.
    var delivered: Int64
    var acknowledged: Time
  }

  private(set) var points: [Point] = []
  /// Points before this one are of no use any more.
  private var first = 0

  init() {}
  init(points: [Point]) { self.points = points }

  /// Points still of use.
  var live: ArraySlice<Point> { points[first...] }

  mutating func add(_ point: Point) {
    if points.count > first, points[points.count - 1].at == point.at {
      points[points.count - 1] = point
    } else {
      points.append(point)
    }
  }

  /// Nobody will ask for times before `time` again.
  mutating func forget(before time: Time) {
    while first + 1 < points.count, points[first + 1].at <= time { first += 1 }
    if first > 64, first > points.count / 2 {
      points.removeSubrange(..<first)
      first = 0
    }
  }

  func emitted(by time: Time) -> BitTicks {
    guard let point = last(at: time) else { return 0 }
    let value = points[point].emitted + Int128(points[point].rate) * Int128(time.ticks - points[point].at.ticks)
    // A lump makes the next point lie higher than the rate would lead; nothing makes it lie lower.
    return point + 1 < points.count ? min(value, points[point + 1].emitted) : value
  }

  /// When the bit was sent that was acknowledged last at a time.
  func acknowledged(at time: Time) -> Time {
    guard let point = last(at: time) else { return points.count > first ? points[first].acknowledged : time }
    guard point + 1 < points.count else { return points[point].acknowledged }
    let (a, b) = (points[point], points[point + 1])
    let share = Double(time.ticks - a.at.ticks) / Double(b.at.ticks - a.at.ticks)
    return a.acknowledged + Time(ticks: Int64(Double((b.acknowledged - a.acknowledged).ticks) * share))
  }

  func delivered(by time: Time) -> Int64 {
    guard let point = last(at: time) else { return 0 }
    guard point + 1 < points.count else { return points[point].delivered }
    let (a, b) = (points[point], points[point + 1])
    let share = Double(time.ticks - a.at.ticks) / Double(b.at.ticks - a.at.ticks)
    let (sentA, sentB) = (emitted(by: a.acknowledged).bytes, emitted(by: b.acknowledged).bytes)
    let (lostA, lostB) = (sentA - a.delivered, sentB - b.delivered)
    let lost = lostA + Int64(Double(lostB - lostA) * share)
    return max(a.delivered, min(b.delivered, emitted(by: acknowledged(at: time)).bytes - lost))
  }

  /// The rate at a time, and when after it sending began or stopped next.
  func edge(after time: Time) -> (rate: Int64, at: Time?) {
    guard let point = last(at: time) else { return (0, first < points.count ? points[first].at : nil) }
    let rate = points[point].rate
    return (rate, points[(point + 1)...].first { ($0.rate == 0) != (rate == 0) }?.at)
  }

  private func last(at time: Time) -> Int? {
    guard first < points.count, points[first].at <= time else { return nil }
    var low = first
    var high = points.count - 1
    while low < high {
      let middle = (low + high + 1) / 2
      if points[middle].at <= time { low = middle } else { high = middle - 1 }
    }
    return low
  }
}

extension SendHistory: FixedLayout {
  func encode(into writer: inout ByteWriter) {
    writer.write(UInt32(live.count))
    for point in live {
      writer.write(point.at)
      writer.write(point.emitted)
      writer.write(point.rate)
      writer.write(point.delivered)
      writer.write(point.acknowledged)
    }
  }

  init(from reader: inout ByteReader) throws(WireError) {
    for _ in 0..<(try reader.readCount(minimumSize: 48)) {
      points.append(
        Point(
          at: try reader.readTime(), emitted: try reader.read(), rate: try reader.read(),
          delivered: try reader.read(), acknowledged: try reader.readTime()))
    }
  }
}
