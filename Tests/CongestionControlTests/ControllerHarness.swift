// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation
import Testing

/// How far `found` is from `expected`, as a share of it.
func deviation(_ found: Double, from expected: Double) -> Double { abs(found - expected) / abs(expected) }

/// One value for each parameter: those of a preset, some replaced.
func values<C: CongestionController>(
  _ type: C.Type, preset: String? = nil, _ replaced: [String: Double] = [:]
) throws -> ParameterValues {
  try Algorithm(name: C.information.name, preset: preset, parameters: replaced.sorted { $0.key < $1.key }).values
}

/// What a controller tells others, for comparisons.
struct Answer: Equatable {
  var rate: BitRate
  var window: Double
  var deadline: Time
  var decreases: UInt32

  init<C: CongestionController>(_ controller: C) {
    rate = controller.rate
    window = controller.window
    deadline = controller.deadline
    decreases = controller.decreases
  }
}

/// Writes the state of `controller` and reads it into a new one.
func copied<C: CongestionController>(
  _ controller: C, context: FlowContext, parameters: ParameterValues
) throws -> C {
  var original = controller
  var writer = StateCoder()
  try original.code(with: &writer)
  var copy = C(context: context, parameters: parameters)
  var reader = StateCoder(reading: ByteReader(writer.bytes))
  try copy.code(with: &reader)
  #expect(reader.rest?.isAtEnd == true, "everything written is read")
  return copy
}
