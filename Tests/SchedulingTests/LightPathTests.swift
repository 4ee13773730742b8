// SPDX-License-Identifier: Apache-2.0

import Quantities
import Scheduling
import Testing

@Suite struct LightPathTests {
  /// A hub of eight transceivers and two sites of seven; links of 100 Gb/s a wavelength.
  func star(_ demand: (Double, Double), now: (Int32, Int32) = (4, 4)) -> LightView {
    LightView(
      links: [
        .init(a: 1, b: 0, wavelengths: now.0, configured: 4, rate: .gigabits(100), demand: demand.0),
        .init(a: 1, b: 2, wavelengths: now.1, configured: 4, rate: .gigabits(100), demand: demand.1),
      ], pool: [7, 8, 7], floor: 1, reconfiguration: .seconds(1), settledAt: .zero)
  }

  /// By hand: all but the floor go where the demand is; in equal parts if it is equal; by 3 to 1 as 6 to 2.
  @Test func wavelengthsGoWhereBytesWent() {
    #expect(DemandFollowing.target(star((1e12, 0))) == [7, 1])
    #expect(DemandFollowing.target(star((0, 1e12), now: (7, 1))) == [1, 7])
    #expect(DemandFollowing.target(star((3e12, 1e12))) == [6, 2])
    // What balances is left alone, and so is what nobody uses.
    #expect(DemandFollowing.target(star((1e12, 1e12))) == nil)
    #expect(DemandFollowing.target(star((0, 0), now: (7, 1))) == nil)
    // The greatest load falls from 1.1 / 4 to 1.1 / 5, but rises on the other side: 0.9 / 3 is no tenth less.
    #expect(DemandFollowing.target(star((1.1e12, 0.9e12))) == nil)
  }

  /// However demand falls, what is answered can be lit, and no link with demand could have more.
  @Test func answersCanBeLit() {
    var seed: UInt64 = 7
    func next(_ bound: UInt64) -> UInt64 {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (seed >> 33) % bound
    }
    for _ in 0..<300 {
      let sites = Int(3 + next(4))
      var links: [LightView.Link] = []
      var pool = [Int32](repeating: Int32(next(4)), count: sites)
      for a in 0..<sites {
        for b in a + 1..<sites where next(3) > 0 {
          let count = Int32(1 + next(6))
          pool[a] += count
          pool[b] += count
          links.append(
            .init(
              a: Int32(a), b: Int32(b), wavelengths: count, configured: count, rate: .gigabits(400),
              demand: next(3) == 0 ? 0 : Double(next(1_000_000)) * 1e6))
        }
      }
      let view = LightView(
        links: links, pool: pool, floor: 1, reconfiguration: .seconds(1), settledAt: .zero)
      guard let target = DemandFollowing.target(view) else { continue }
      #expect(view.refusal(of: target) == nil)
      for index in links.indices where links[index].demand > 0 {
        var more = target
        more[index] += 1
        #expect(view.refusal(of: more) != nil, "link \(index) could have more than \(target)")
      }
    }
  }

  @Test func decisionsAreHeldAgainstTheView() {
    let site = SiteState(name: "a", nodeSize: [8])
    var view = FleetView(
      now: .seconds(10), queue: [], running: [], sites: [site, site, site], oneWayDelay: [], residual: [], capacity: [])
    func refusal(_ wavelengths: [Int32]) -> String? {
      do {
        try checkDecisions([.retune(wavelengths: wavelengths)], against: view)
        return nil
      } catch {
        return "\(error)"
      }
    }
    #expect(refusal([4, 4])?.contains("no light_paths") == true)
    view.light = star((1, 1))
    #expect(refusal([5, 3]) == nil)
    #expect(refusal([7, 2])?.contains("lights 9 wavelengths at site 1, which has 8") == true)
    #expect(refusal([8, 0])?.contains("fewer than 1") == true)
    #expect(refusal([4])?.contains("1 links, of which there are 2") == true)
    view.light!.settledAt = .seconds(11)
    #expect(refusal([5, 3])?.contains("still dark") == true)
  }
}
