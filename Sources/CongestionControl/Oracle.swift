// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// Sends at the max-min fair rate, told at once and without error: the limit that other algorithms are held against.
///
/// Nobody could build it. Who runs it computes the rates of all flows whenever one starts, ends or a port changes, and
/// tells them as the explicit rate. A flow that has not been told yet sends nothing. Loss changes nothing: what is lost
/// is sent again at the same rate.
public struct Oracle: CongestionController, Equatable {
  public static let information = AlgorithmInformation(
    name: "oracle", definition: "is told the max-min fair rate: the limit, which nobody could build",
    source: "max-min fairness: Bertsekas and Gallager, Data Networks, section 6.5.2")

  public static func demands(_ parameters: ParameterValues) -> Demands { Demands([.oracle, .loss]) }
  public static func makeBank() -> any ControllerStore { ControllerBank<Oracle>() }

  let lineRate: BitRate
  public private(set) var rate = BitRate.zero
  public var window: Double { .infinity }
  public var deadline: Time { .never }
  public private(set) var decreases: UInt32 = 0

  public init(context: FlowContext, parameters: ParameterValues) { lineRate = context.lineRate }

  public mutating func update(_ feedback: borrowing Feedback) {
    let told = min(feedback.explicitRate, lineRate)
    if told < rate { decreases &+= 1 }
    rate = told
  }

  public mutating func skip(from: Time, to: Time) {}

  public mutating func code(with coder: inout StateCoder) throws(WireError) {
    try coder.value(&rate)
    try coder.value(&decreases)
  }
}
