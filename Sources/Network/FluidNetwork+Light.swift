// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation
import Topology

/// A port whose wavelengths have been moved.
struct LitPort: Sendable {
  /// What its wavelengths carry.
  var lit: Int64
  /// What faults leave of it; unlimited without any.
  var left: Int64
  /// All changes of what it really carried.
  var history: [CapacityChange]
}

/// Wavelengths that come and go at the ports of a site.
extension FluidNetwork {
  /// From `time` on the wavelengths of a port carry `rate`.
  public mutating func retune(port: Int, rate: BitRate, at time: Time) {
    schedule(.light(Int32(local[port]), rate.bitsPerSecond), at: time)
  }

  mutating func light(_ i: Int, _ rate: BitRate, at now: Time) {
    let spec = model.ports[ports[i].port]
    if lit[i] == nil {
      let past = spec.changes.filter { $0.at < now }
      let present = past.last?.capacity ?? spec.capacity
      lit[i] = LitPort(
        lit: spec.capacity.bitsPerSecond,
        left: present == spec.capacity ? .max : present.bitsPerSecond, history: past)
    }
    lit[i]!.lit = rate.bitsPerSecond
    apply(i, at: now)
  }

  /// What a port carries when faults leave it `capacity`, which without faults is that of its model.
  mutating func faulted(_ i: Int, _ capacity: BitRate) -> BitRate {
    guard lit[i] != nil else { return capacity }
    lit[i]!.left = capacity == model.ports[ports[i].port].capacity ? .max : capacity.bitsPerSecond
    let now = BitRate(min(lit[i]!.lit, lit[i]!.left))
    lit[i]!.history.append(CapacityChange(at: self.now, capacity: now))
    return now
  }

  private mutating func apply(_ i: Int, at now: Time) {
    let capacity = BitRate(min(lit[i]!.lit, lit[i]!.left))
    lit[i]!.history.append(CapacityChange(at: now, capacity: capacity))
    if capacity.bitsPerSecond != ports[i].line { setCapacity(i, capacity, at: now) }
  }
}

extension LitPort: FixedLayout {
  func encode(into writer: inout ByteWriter) {
    writer.write(lit)
    writer.write(left)
    writer.write(UInt32(history.count))
    for change in history {
      writer.write(change.at)
      writer.write(change.capacity)
    }
  }

  init(from reader: inout ByteReader) throws(WireError) {
    lit = try reader.read()
    left = try reader.read()
    history = []
    for _ in 0..<(try reader.readCount(minimumSize: 16)) {
      history.append(CapacityChange(at: try reader.readTime(), capacity: try reader.readRate()))
    }
  }
}
