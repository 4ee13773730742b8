// SPDX-License-Identifier: Apache-2.0

import Quantities

/// The light paths of `longhaul`, chosen together with placement.
///
/// A transfer to a place that has few wavelengths is not held against that place if others idle: it is priced at what the
/// link can have (``seconds(_:from:to:residual:)``). After placing, each link's need is what it has still to carry and
/// what the decisions just taken add; wavelengths go to the greatest need over wavelengths, as `demand-following` lets them
/// go to where bytes went, and they move only if the sum of the links' times to carry their need falls, dark time included.
/// So it acts when a demand begins, not an interval later, and for the same reason needs no forecast.
///
/// Only links that lead straight from one site to the other are looked at; transfers over several links take what there is.
struct LonghaulLight {
  let light: LightView

  /// Nil where wavelengths cannot be moved, or not now.
  init?(_ view: FleetView) {
    guard let light = view.light, view.now >= light.settledAt else { return nil }
    self.light = light
  }

  func link(_ a: Int32, _ b: Int32) -> Int? {
    light.links.firstIndex { ($0.a == a && $0.b == b) || ($0.a == b && $0.b == a) }
  }

  /// The most wavelengths that a link can have if those with nothing to carry fall back to the floor.
  func reachable(_ index: Int) -> Int32 {
    func left(_ site: Int32) -> Int32 {
      var left = light.pool[Int(site)]
      for (other, link) in light.links.enumerated() where other != index && (link.a == site || link.b == site) {
        left -= link.backlog > 0 ? link.wavelengths : min(link.wavelengths, light.floor)
      }
      return left
    }
    return max(light.links[index].wavelengths, min(left(light.links[index].a), left(light.links[index].b)))
  }

  /// How long a transfer takes on the straight link with all the wavelengths that it can have, dark time included, in
  /// seconds without propagation; nil where none can be had.
  func seconds(_ bytes: Int64, from: Int32, to: Int32, residual: BitRate) -> Double? {
    guard let index = link(from, to) else { return nil }
    let more = reachable(index) - light.links[index].wavelengths
    guard more > 0 else { return nil }
    let rate = residual.double + Double(more) * light.links[index].rate.double
    return light.reconfiguration.seconds + Double(bytes) * 8 / rate
  }

  /// Where wavelengths should be once these decisions have been taken; nil to leave them.
  func target(after decisions: [Decision], in view: FleetView) -> [Int32]? {
    var wanted = light
    var started: [Int32: Int32] = [:]
    for case .start(let job, let pieces) in decisions {
      if let piece = pieces.first { started[job] = piece.site }
    }
    if started.isEmpty { return nil }
    for index in wanted.links.indices { wanted.links[index].demand = light.links[index].backlog }
    for job in view.queue {
      guard let site = started[job.job] else { continue }
      for (from, bytes) in [(job.dataHome, job.stagedBytes), (job.checkpointSite, job.checkpointBytes)] {
        guard from >= 0, from != site, bytes > 0, let index = link(from, site) else { continue }
        wanted.links[index].demand += Double(bytes)
      }
    }
    guard let target = DemandFollowing.target(wanted) else { return nil }
    func seconds(_ index: Int, _ count: Int32) -> Double {
      wanted.links[index].demand * 8 / (wanted.links[index].rate.double * Double(count))
    }
    var before = 0.0
    var after = 0.0
    for index in wanted.links.indices where wanted.links[index].demand > 0 {
      before += seconds(index, wanted.links[index].wavelengths)
      after += seconds(index, target[index])
      if target[index] > wanted.links[index].wavelengths { after += light.reconfiguration.seconds }
    }
    return after < before ? target : nil
  }
}
