// SPDX-License-Identifier: Apache-2.0

import Emulation
import Quantities
import Results
import Runs
import ScenarioFile
import Testing

/// Each input changed alone moves the results in the direction that physics says.
@Suite struct SensitivityTests {
  func base() -> SmallFleet {
    var fleet = SmallFleet()
    // A placement that looks at no price, so that only the account changes.
    fleet.policy = "fifo-skip@first-fit"
    return fleet
  }

  @Test func price() throws {
    var dear = base()
    dear.price = "80 USD/MWh"
    let (a, b) = (try run(base()), try run(dear))
    let (cheapSite, dearSite) = (a.energy.bySite[1], b.energy.bySite[1])
    #expect(abs(dearSite.costUSD / cheapSite.costUSD - 2) < 1e-9)
    #expect(b.energy.mwh == a.energy.mwh)
    #expect(b.energy.bySite[0].costUSD == a.energy.bySite[0].costUSD)
  }

  @Test func pue() throws {
    var hot = base()
    hot.pue = "1.8"
    let (a, b) = (try run(base()), try run(hot))
    #expect(abs(b.energy.bySite[1].mwh / a.energy.bySite[1].mwh - 1.5) < 1e-9)
    #expect(b.jobs.jct == a.jobs.jct)
  }

  @Test func distance() throws {
    var far = base()
    far.distance = "5000 km"
    let (a, b) = (try run(base()), try run(far))
    #expect(b.jobs.networkShare! > a.jobs.networkShare!)
    #expect(b.jobs.jct.mean! > a.jobs.jct.mean!)
  }

  @Test func capacity() throws {
    var wide = base()
    wide.wavelengths = 4
    let (thin, broad) = (try run(base()), try run(wide))
    #expect(broad.jobs.networkShare! < thin.jobs.networkShare!)
  }

  @Test func gpus() throws {
    // Enough for the largest job of the trace in both, so that both run the same jobs.
    var few = base()
    few.llm = 0
    few.philly = 2000
    few.gpus = 48
    var more = few
    more.gpus = 96
    let (a, b) = (try run(few), try run(more))
    #expect(a.jobs.completed == b.jobs.completed)
    #expect(b.jobs.wait.mean! < a.jobs.wait.mean!)
    #expect(b.energy.idleMWh > a.energy.idleMWh)
  }

  @Test func controller() throws {
    var other = base()
    other.controller = "cubic"
    let (explicit, loss) = (try run(base()), try run(other))
    #expect(explicit.digest != loss.digest)
    // An explicit fair rate from the first round trip on beats probing for it.
    #expect(explicit.wan.fctSlowdown.mean! < loss.wan.fctSlowdown.mean!)
  }

  /// The limit nobody can beat.
  @Test(arguments: ["distance-aware", "dcqcn", "cubic"])
  func idealIsTheLimitOfTransfers(name: String) throws {
    var limit = base()
    limit.level = "ideal"
    limit.llm = 0
    var real = limit
    real.level = "fluid"
    real.controller = name
    #expect(try run(limit).wan.fctSlowdown.mean! <= run(real).wan.fctSlowdown.mean! * 1.001)
  }

  /// Energy of all stays and of idle GPUs add up to that of the sites.
  @Test func energyAddsUp() throws {
    let summary = try run(base())
    var sum = 0.0
    for site in summary.energy.bySite { sum += site.mwh }
    #expect(abs(sum - summary.energy.mwh) < 1e-9 * sum)
    #expect(summary.energy.idleMWh < summary.energy.mwh)
  }
}
