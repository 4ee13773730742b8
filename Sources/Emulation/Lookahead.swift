// SPDX-License-Identifier: Apache-2.0

import Quantities
import Site

/// How far each machine may go: distance is the lookahead.
///
/// A machine that could act at `t` can be heard by another no earlier than `t` plus the shortest chain of delays
/// between them, through any third machine. At one instant sites come before the coordinator, so a command of the
/// coordinator bounds a site only from the tick after it arrives; everything else bounds strictly.
struct Lookahead: Sendable {
  let sites: Int
  /// Direct delays: site to coordinator and back.
  let toCoordinator: [Time]
  /// `reach[i][k]`: from an act of i until k could hear of it, with the tick of grace where the coordinator speaks
  /// last. Index `sites` is the coordinator.
  let reach: [[Time]]

  init(siteDelays: [[Time]], toCoordinator: [Time], fromCoordinator: [Time]) {
    let n = siteDelays.count
    sites = n
    self.toCoordinator = toCoordinator
    var closure = [[Time]](repeating: [Time](repeating: .never, count: n + 1), count: n + 1)
    for i in 0..<n {
      for j in 0..<n { closure[i][j] = i == j ? .zero : siteDelays[i][j] }
      closure[i][n] = toCoordinator[i]
      closure[n][i] = fromCoordinator[i]
    }
    closure[n][n] = .zero
    for via in 0...n {
      for i in 0...n {
        for j in 0...n { closure[i][j] = min(closure[i][j], closure[i][via] + closure[via][j]) }
      }
    }
    var reach = closure
    for i in 0...n {
      for k in 0..<n {
        // The last hop decides whether the coordinator speaks last.
        var strict = Time.never
        for j in 0..<n where j != k { strict = min(strict, closure[i][j] + siteDelays[j][k]) }
        let graced = closure[i][n] + fromCoordinator[k] + .tick
        reach[i][k] = min(strict, graced)
      }
    }
    self.reach = reach
  }

  /// How soon word can come back to site k after a message has reached each machine; the coordinator last.
  func echoes(of k: Int) -> [Time] { (0...sites).map { reach[$0][k] } }

  /// Exclusive bounds of all machines, the coordinator last.
  ///
  /// - Parameters:
  ///   - act: when each machine, the coordinator last, could act next: its own event or a message to it.
  ///   - speak: of the sites, when they could next send to another site.
  func bounds(act: [Time], speak: [Time]) -> [Time] {
    var result = [Time](repeating: .never, count: sites + 1)
    for i in 0..<sites {
      result[sites] = min(result[sites], act[i] + toCoordinator[i], speak[i] + reach[i][sites])
    }
    for k in 0..<sites {
      var bound = act[sites] + reach[sites][k]
      for i in 0..<sites where i != k {
        bound = min(bound, speak[i] + reach[i][k], act[i] + toCoordinator[i] + reach[sites][k])
      }
      result[k] = bound
    }
    return result
  }
}
