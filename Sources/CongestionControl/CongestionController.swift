// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// A congestion-control algorithm for one flow: a value that is told what the network says and when its deadline has
/// passed, and answers with a rate, a window and its next deadline. It knows nothing of engines, sockets or sites.
///
/// One type per algorithm, in its own file, whose header names the paper, the equations, the constants and every
/// deviation. The packet level calls ``update(_:)`` once for each acknowledgement, notification or loss; the fluid level
/// once for a span of time with all that came in it. A controller must therefore work on amounts (bytes acknowledged,
/// bytes marked, notifications) and on time, never on the number of calls.
public protocol CongestionController: Sendable {
  /// Name, source, presets and parameters.
  static var information: AlgorithmInformation { get }
  /// What the algorithm needs of hosts and ports, with the values of its parameters.
  static func demands(_ parameters: ParameterValues) -> Demands
  /// Storage for the controllers of many flows. Every type writes `ControllerBank<Self>()` itself, so that the compiler
  /// makes a version of the bank for it.
  static func makeBank() -> any ControllerStore

  /// - Parameter parameters: a value for each of ``AlgorithmInformation/parameters``, in their order, within their limits.
  init(context: FlowContext, parameters: ParameterValues)

  /// The rate at which the flow may send now; ``BitRate/unlimited`` if only the window limits it.
  var rate: BitRate { get }
  /// Bytes that may be in flight; infinite where the algorithm sets no window.
  var window: Double { get }
  /// When the controller wants to be called again if nothing else happens; never if it rests.
  var deadline: Time { get }
  /// Counts decreases, so that an engine can tell cycles apart.
  var decreases: UInt32 { get }

  /// ``update(_:)`` and what the controller answers, in one call: a version of it is made for every type, which copies
  /// nothing. Types do not write it themselves.
  mutating func respond(to feedback: borrowing Feedback) -> Allowance
  /// New feedback, or the deadline has passed: brings the state up to `feedback.now`.
  mutating func update(_ feedback: borrowing Feedback)
  /// Time from `from` to `to` was leapt over in a steady state: moves the clocks inside, changes nothing else.
  mutating func skip(from: Time, to: Time)
  /// Passes every variable of the state to `coder`, always in the same order; constants follow from the context and the
  /// parameters.
  mutating func code(with coder: inout StateCoder) throws(WireError)
}

extension CongestionController {
  @inlinable public mutating func respond(to feedback: borrowing Feedback) -> Allowance {
    update(feedback)
    return Allowance(rate: rate, window: window, deadline: deadline)
  }
}

/// What a controller is told about its flow when it starts.
public struct FlowContext: Equatable, Sendable {
  public var now: Time
  /// Propagation there and back, without queues, as the sender knows it. An experiment may have it told wrong.
  public var roundTrip: Time
  /// The fastest that the sender can send.
  public var lineRate: BitRate
  /// Bytes of a packet with its headers.
  public var packetBytes: Int64
  /// The round trip inside the sender's own site: what algorithms call the intra-data-centre round trip.
  public var localRoundTrip: Time
  /// Round trip and line rate of the longest path of the network, for algorithms that are configured with it.
  public var longestRoundTrip: Time
  /// Ports on the path.
  public var hops: Int
  /// Of those, ports that grant no rates though the algorithm asks for them.
  public var blindPorts = 0
  /// What the flow has to send; nil if it has no end.
  public var size: Int64?
  /// Makes controllers that draw random numbers differ from flow to flow, and repeat from run to run.
  public var seed: UInt64

  public init(
    now: Time, roundTrip: Time, lineRate: BitRate, packetBytes: Int64 = 4096, localRoundTrip: Time? = nil,
    longestRoundTrip: Time? = nil, hops: Int = 1, size: Int64? = nil, seed: UInt64 = 0
  ) {
    self.now = now
    self.roundTrip = roundTrip
    self.lineRate = lineRate
    self.packetBytes = packetBytes
    self.localRoundTrip = localRoundTrip ?? roundTrip
    self.longestRoundTrip = longestRoundTrip ?? roundTrip
    self.hops = hops
    self.size = size
    self.seed = seed
  }
}

extension FlowContext: FixedLayout {
  public func encode(into writer: inout ByteWriter) {
    for time in [now, roundTrip, localRoundTrip, longestRoundTrip] { writer.write(time) }
    writer.write(lineRate)
    writer.write(packetBytes)
    writer.write(UInt32(hops))
    writer.write(UInt32(blindPorts))
    writer.write(size ?? -1)
    writer.write(seed)
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    now = try reader.readTime()
    roundTrip = try reader.readTime()
    localRoundTrip = try reader.readTime()
    longestRoundTrip = try reader.readTime()
    lineRate = try reader.readRate()
    packetBytes = try reader.read()
    hops = Int(try reader.read(UInt32.self))
    blindPorts = Int(try reader.read(UInt32.self))
    let size: Int64 = try reader.read()
    self.size = size < 0 ? nil : size
    seed = try reader.read()
  }
}
