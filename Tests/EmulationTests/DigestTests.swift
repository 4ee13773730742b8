// SPDX-License-Identifier: Apache-2.0

import Emulation
import Runs
import Testing

/// The one promise: the same bytes whatever carries the machines.
@Suite(.serialized) struct DigestTests {
  @Test(arguments: ["distance-aware", "dcqcn", "cubic"])
  func processesGiveTheDigestOfOneProcess(controller: String) throws {
    var fleet = SmallFleet()
    fleet.controller = controller
    let inline = try run(fleet)
    #expect(inline.jobs.split > 0, "the test needs split jobs")
    #expect(inline.wan.flows > 50, "the test needs traffic")
    let processes = try run(fleet, driver: .processes)
    #expect(inline.digest == processes.digest)
    #expect(processes.engine.processes == 4)
    #expect(processes.engine.windows == inline.engine.windows)
    #expect(processes.engine.messages == inline.engine.messages)
  }

  @Test func theIdealNetworkToo() throws {
    var fleet = SmallFleet()
    fleet.level = "ideal"
    #expect(try run(fleet).digest == run(fleet, driver: .processes).digest)
  }

  @Test func aTextbookCoordinatorToo() throws {
    var fleet = SmallFleet()
    fleet.coordinator = "{delay: 0 s}"
    #expect(try run(fleet).digest == run(fleet, driver: .processes).digest)
  }

  @Test func preemptionToo() throws {
    var fleet = SmallFleet()
    fleet.policy = "srtf-skip@most-free"
    let inline = try run(fleet)
    #expect(inline.digest == (try run(fleet, driver: .processes)).digest)
  }

  @Test func repeatsAndTheOrderOfSitesChangeNothing() throws {
    let first = try run(SmallFleet())
    #expect(try run(SmallFleet()).digest == first.digest)
    #expect(try run(SmallFleet()).digest == first.digest)
    var shuffled = SmallFleet()
    shuffled.order = ["gamma", "alpha", "beta"]
    #expect(try run(shuffled).digest == first.digest)
  }

  @Test func anotherPolicyIsSeen() throws {
    var other = SmallFleet()
    other.policy = "sjf-skip@most-free"
    #expect(try run(other).digest != run(SmallFleet()).digest)
  }
}
