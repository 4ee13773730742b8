// SPDX-License-Identifier: Apache-2.0

import Quantities

/// What the building of a site takes on top of its machines over virtual time, as its weather has it.
///
/// Power usage effectiveness is a whole number of thousandths in every interval, so that energy is exact.
public struct Cooling: Equatable, Sendable {
  public let clock: SeriesClock
  /// 1150 means that 1 kWh of IT draws 1.15 kWh.
  public let pueMilli: [Int64]
  /// Litres of water for each kWh of IT.
  public let litresPerKWh: [Double]

  public init(start: Time, step: Time = .hour, pueMilli: [Int64], litresPerKWh: [Double]) {
    precondition(pueMilli.count == litresPerKWh.count, "one PUE and one use of water for each interval")
    clock = SeriesClock(start: start, step: step, count: pueMilli.count)
    self.pueMilli = pueMilli
    self.litresPerKWh = litresPerKWh
  }

  /// Whatever the weather.
  public static func constant(pueMilli: Int64) -> Cooling {
    Cooling(start: .zero, pueMilli: [pueMilli], litresPerKWh: [0])
  }

  /// - Parameters:
  ///   - dryBulb: temperatures in degrees Celsius, one for each interval.
  ///   - humidity: relative, in per cent.
  public init(_ model: CoolingModel, start: Time, step: Time = .hour, dryBulb: [Double], humidity: [Double]) {
    precondition(dryBulb.count == humidity.count, "as many humidities as temperatures")
    let wetBulb = zip(dryBulb, humidity).map { WetBulb.stull(temperature: $0, humidity: $1) }
    self.init(
      start: start, step: step,
      pueMilli: zip(dryBulb, wetBulb).map { Int64((model.pue(dryBulb: $0, wetBulb: $1) * 1000).rounded()) },
      litresPerKWh: wetBulb.map(model.litresPerKWh))
  }

  public func pueMilli(at time: Time) -> Int64 {
    pueMilli.count == 1 ? pueMilli[0] : pueMilli[clock.index(of: clock.interval(at: time))]
  }

  /// The highest of all intervals.
  public var greatestPUEMilli: Int64 { pueMilli.max() ?? 1000 }

  /// The next instant after `time` at which another interval begins; never if the weather does not count.
  public func nextChange(after time: Time) -> Time { clock.end(ofIntervalAt: time) }
}
