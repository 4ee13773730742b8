// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

extension SeriesClock {
  fileprivate func encode(into writer: inout ByteWriter) {
    writer.write(start)
    writer.write(step)
  }

  /// Start and step of a series with `count` values.
  fileprivate static func read(_ reader: inout ByteReader, count: Int) throws(WireError) -> (start: Time, step: Time) {
    let (start, step) = (try reader.readTime(), try reader.readTime())
    guard step > .zero, count > 0 else { throw .badValue("an empty series") }
    return (start, step)
  }
}

extension EnergySeries: FixedLayout {
  public func encode(into writer: inout ByteWriter) {
    writer.write(doubles: values)
    clock.encode(into: &writer)
    writer.write(interpolation == .linear)
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    let values = try reader.readDoubles()
    let (start, step) = try SeriesClock.read(&reader, count: values.count)
    self.init(start: start, step: step, values: values, interpolation: try reader.readBool() ? .linear : .step)
  }
}

extension Cooling: FixedLayout {
  public func encode(into writer: inout ByteWriter) {
    writer.write(integers: pueMilli)
    writer.write(doubles: litresPerKWh)
    clock.encode(into: &writer)
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    let pueMilli: [Int64] = try reader.readIntegers()
    let litresPerKWh = try reader.readDoubles()
    guard pueMilli.count == litresPerKWh.count else { throw .badValue("cooling of two lengths") }
    let (start, step) = try SeriesClock.read(&reader, count: pueMilli.count)
    self.init(start: start, step: step, pueMilli: pueMilli, litresPerKWh: litresPerKWh)
  }
}

extension SiteEnergy: FixedLayout {
  public func encode(into writer: inout ByteWriter) {
    writer.write(cooling)
    writer.write(price)
    writer.write(carbon)
    writer.write(capWatts != nil)
    writer.write(capWatts ?? 0)
    writer.write(capRule == .block)
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    self.init(cooling: try reader.read(), price: try reader.read(), carbon: try reader.read())
    let isCapped = try reader.readBool()
    let watts = try reader.readDouble()
    capWatts = isCapped ? watts : nil
    capRule = try reader.readBool() ? .block : .throttle
  }
}
