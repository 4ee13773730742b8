// SPDX-License-Identifier: Apache-2.0

import Quantities

/// `demand-following`: wavelengths go where bytes went.
///
/// Every link keeps the floor. Then, one wavelength at a time, the link whose demand over its wavelengths is greatest gets
/// one more, as long as both its ends have a transceiver left. What is left over when no link with demand can have more
/// goes back towards what the scenario gave. Nothing moves unless the greatest demand over wavelengths falls by a tenth, so
/// that what balances anyway is left alone; and nothing moves without demand.
///
/// Source: the greedy of topology engineering for optical circuit switches; Google's Jupiter fleet sets its links by demand in
/// the same spirit (Poutievski et al., SIGCOMM 2022), by a linear programme and with forecasts, over hours. This looks back
/// over one interval and knows no forecast: a demand that moves within an interval is always missed.
public enum DemandFollowing {
  /// What every link should have; nil to leave all as it is.
  public static func target(_ view: LightView) -> [Int32]? {
    guard view.links.contains(where: { $0.demand > 0 }) else { return nil }
    var target = view.links.map { _ in view.floor }
    var left = view.pool
    for link in view.links {
      left[Int(link.a)] -= view.floor
      left[Int(link.b)] -= view.floor
    }
    func load(_ index: Int, _ wavelengths: Int32) -> Double {
      view.links[index].demand / view.links[index].rate.double / Double(wavelengths)
    }
    /// Gives one wavelength to the first of the links in order of need that can have one.
    func give(_ isWanted: (Int) -> Bool, _ need: (Int) -> Double) -> Bool {
      var best: Int?
      for index in view.links.indices where isWanted(index) {
        guard left[Int(view.links[index].a)] > 0, left[Int(view.links[index].b)] > 0 else { continue }
        if best.map({ need(index) > need($0) }) ?? true { best = index }
      }
      guard let best else { return false }
      target[best] += 1
      left[Int(view.links[best].a)] -= 1
      left[Int(view.links[best].b)] -= 1
      return true
    }
    while give({ view.links[$0].demand > 0 }, { load($0, target[$0]) }) {}
    while give({ target[$0] < view.links[$0].configured }, { Double(view.links[$0].configured - target[$0]) }) {}
    let now = view.links.indices.map { load($0, view.links[$0].wavelengths) }.max() ?? 0
    let then = view.links.indices.map { load($0, target[$0]) }.max() ?? 0
    return then < 0.9 * now ? target : nil
  }
}
