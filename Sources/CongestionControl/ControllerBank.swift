// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// What a controller answers.
public struct Allowance: Sendable {
  public var rate: BitRate
  public var window: Double
  public var deadline: Time
  @inlinable public init(rate: BitRate, window: Double, deadline: Time) {
    self.rate = rate
    self.window = window
    self.deadline = deadline
  }
}

/// Controllers of many flows of one algorithm, by slot. One dynamic call an update; no copy, no retain, no release.
public protocol ControllerStore: AnyObject {
  /// Makes or replaces the controller in `slot`.
  func start(_ slot: Int, context: FlowContext, parameters: ParameterValues)
  func update(_ slot: Int, _ feedback: borrowing Feedback) -> Allowance
  func allowance(_ slot: Int) -> Allowance
  func decreases(_ slot: Int) -> UInt32
  /// Passes the state of a controller; constants follow from the context and the parameters that it was started with.
  func code(_ slot: Int, with coder: inout StateCoder) throws(WireError)
  /// Where slot 0 lies and how far apart slots are, for an engine that fetches ahead what it will need. Valid until the
  /// next ``start(_:context:parameters:)``; nothing is read through it.
  var storage: (base: UnsafeRawPointer, stride: Int) { get }
}

/// The store for one type of controller: a block of memory that grows.
///
/// Unsafe memory, because an array of values inside a class is copied out and back by every mutation through a protocol.
/// Slots up to `count` are initialised, none beyond; only the bank itself hands out references into the block.
public final class ControllerBank<C: CongestionController>: ControllerStore {
  private var base: UnsafeMutablePointer<C>
  private var capacity: Int
  private var count = 0

  public init() {
    capacity = 64
    base = .allocate(capacity: capacity)
  }

  deinit {
    base.deinitialize(count: count)
    base.deallocate()
  }

  public func start(_ slot: Int, context: FlowContext, parameters: ParameterValues) {
    precondition(slot <= count, "slots are filled in order")
    if slot == capacity {
      let larger = UnsafeMutablePointer<C>.allocate(capacity: capacity * 2)
      larger.moveInitialize(from: base, count: count)
      base.deallocate()
      base = larger
      capacity *= 2
    }
    if slot == count {
      (base + slot).initialize(to: C(context: context, parameters: parameters))
      count += 1
    } else {
      base[slot] = C(context: context, parameters: parameters)
    }
  }

  public func update(_ slot: Int, _ feedback: borrowing Feedback) -> Allowance {
    precondition(slot < count)
    return (base + slot).pointee.respond(to: feedback)
  }

  public func allowance(_ slot: Int) -> Allowance {
    precondition(slot < count)
    let c = base + slot
    return Allowance(rate: c.pointee.rate, window: c.pointee.window, deadline: c.pointee.deadline)
  }

  public func code(_ slot: Int, with coder: inout StateCoder) throws(WireError) {
    precondition(slot < count)
    try (base + slot).pointee.code(with: &coder)
  }

  public var storage: (base: UnsafeRawPointer, stride: Int) { (UnsafeRawPointer(base), MemoryLayout<C>.stride) }

  public func decreases(_ slot: Int) -> UInt32 {
    precondition(slot < count)
    return base[slot].decreases
  }
}
