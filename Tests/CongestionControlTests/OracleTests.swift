// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation
import Testing

@Suite struct OracleTests {
  static let context = FlowContext(now: .zero, roundTrip: .microseconds(10_000), lineRate: .gigabits(400))

  @Test func theRateIsWhatItIsTold() throws {
    var controller = Oracle(context: Self.context, parameters: [])
    #expect(controller.rate == .zero, "nothing is sent before it is told")
    var feedback = Feedback(now: .seconds(1))
    for told in [BitRate.gigabits(100), .gigabits(37), BitRate(1), .gigabits(380)] {
      feedback.explicitRate = told
      feedback.lost = 1_000_000
      feedback.marked = 4096
      controller.update(feedback)
      #expect(controller.rate == told)
    }
    #expect(controller.decreases == 2 && controller.window == .infinity && controller.deadline == .never)
    feedback.explicitRate = .unlimited
    controller.update(feedback)
    #expect(controller.rate == .gigabits(400), "never above the line rate")
    let copy = try copied(controller, context: Self.context, parameters: [])
    #expect(copy == controller)
    #expect(try Algorithm(name: "oracle").signals == [.oracle, .loss])
  }
}
