// SPDX-License-Identifier: Apache-2.0

import Quantities
import Records
import Site

/// What a driver asks of one site in one round.
public struct AdvanceRequest: Sendable {
  public var site: Int
  public var horizon: Time
  public var inbox: [Message]

  public init(site: Int, horizon: Time, inbox: [Message]) {
    self.site = site
    self.horizon = horizon
    self.inbox = inbox
  }
}

/// Carries rounds to the site machines, wherever they live. The conductor moves time and decides who advances how
/// far; a carrier only performs it.
public protocol SiteCarrier: AnyObject {
  /// "inline" or "processes".
  var name: String { get }
  /// Operating-system processes in use, this one included.
  var processes: Int { get }
  /// Agents that were respawned so far.
  var restarts: Int { get }
  /// The largest memory of an agent in MB; 0 where there is none.
  var peakAgentMegabytes: Double { get }
  /// Events that the sites have handled, as of their last replies.
  var events: UInt64 { get }

  /// Brings the machines up, from states of an earlier process where given.
  func start(_ configurations: [SiteConfiguration], states: [[UInt8]?]) throws
  /// Advances the sites of `requests` and returns their outputs in the same order; `meanwhile` runs between sending
  /// and receiving.
  func advance(_ requests: [AdvanceRequest], meanwhile: () throws -> Void) throws -> [SiteMachine.Output]
  /// States as bytes; the carrier may forget what it has logged before.
  func snapshot() throws -> [[UInt8]]
  func finish(at end: Time) throws -> [[Record]]
  /// Ends what was started. Safe to call twice.
  func stop()
}
