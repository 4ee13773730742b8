// SPDX-License-Identifier: Apache-2.0

import Energy
import Quantities
import Testing

@Suite struct GPUPowerTests {
  @Test func idleGPUsDrawPower() throws {
    let h100 = try #require(GPUCatalogue.lookup("h100"))
    #expect(h100.watts(busy: 0, idle: 8) == 8 * h100.idleWatts)
    #expect(h100.watts(busy: 3, idle: 5) > h100.watts(busy: 2, idle: 6))
    // A DGX H100: 10.2 kW at most, 1.5-2.5 kW idle; the rest of the share is network and storage.
    #expect(8 * h100.activeWatts > 10_200 && 8 * h100.activeWatts < 1.1 * 10_200)
    #expect(8 * h100.idleWatts > 1500 && 8 * h100.idleWatts < 2500 + 8 * 75)
  }

  @Test func catalogueMakesSense() {
    #expect(Set(GPUCatalogue.models.map(\.name)).count == GPUCatalogue.models.count)
    #expect(GPUCatalogue.lookup("h100")?.relativeSpeed == 1)
    for model in GPUCatalogue.models {
      #expect(model.idleWatts > 0 && model.idleWatts < 0.5 * model.activeWatts)
      // A stalled GPU is idle, its server is not.
      #expect(model.stalledWatts > model.idleWatts && model.stalledWatts < model.activeWatts)
      #expect(model.gpuIdleWatts < 0.15 * model.gpuActiveWatts && model.shareIdleWatts < model.shareActiveWatts)
      #expect(model.relativeSpeed > 0 && !model.source.isEmpty)
      #expect(model.scaleUpDomain % model.perNode == 0)
      // The domain is faster than the fabric.
      #expect(model.scaleUpBytesPerSecond * 8 > model.nicRate.double)
    }
    // Vendor: 1.8 TB/s of NVLink 5 in both directions together; 72 of them make 130 TB/s a rack.
    #expect(GPUCatalogue.lookup("gb200").map { 2 * 72 * $0.scaleUpBytesPerSecond } == 129.6e12)
  }
}

@Suite struct DailyProfileTests {
  @Test(arguments: ProfileCatalogue.prices + ProfileCatalogue.carbons)
  func meanIsWithinThePublishedRange(_ profile: DailyProfile) {
    let middle = (profile.publishedMean.lowerBound + profile.publishedMean.upperBound) / 2
    #expect(abs(profile.mean - middle) <= 0.02 * middle || profile.publishedMean.contains(profile.mean))
    #expect(profile.hours.count == 24 && !profile.source.isEmpty)
  }

  @Test func shapesAreAsPublished() throws {
    let caiso = try #require(ProfileCatalogue.price("caiso"))
    #expect((11...13).allSatisfy { caiso.hours[$0] >= 0 && caiso.hours[$0] <= 20 })
    #expect((18...20).allSatisfy { caiso.hours[$0] >= 60 && caiso.hours[$0] <= 100 })
    let carbon = try #require(ProfileCatalogue.carbon("caiso"))
    #expect(carbon.hours.max()! / carbon.hours.min()! >= 2)
    let germany = try #require(ProfileCatalogue.price("germany"))
    #expect(abs(germany.mean - 79.6) < 1e-9)
    // Two peaks, and a dip between them.
    #expect(germany.hours[8] > germany.hours[13] && germany.hours[19] > germany.hours[13])
    let miso = try #require(ProfileCatalogue.price("miso"))
    #expect((0...4).allSatisfy { miso.hours[$0] < miso.mean })
  }

  @Test func followsTheSunOfTheSite() {
    let profile = DailyProfile(
      name: "hours", hours: (0..<24).map(Double.init), unit: "USD/MWh", publishedMean: 0...24, certainty: .assumption,
      source: "the hour itself")
    // 1970-01-01 00:00 UTC. Abilene, 99.7 degrees west, is 6.6 hours behind, rounded to 7: it is 17 o'clock there.
    #expect(DailyProfile.solarOffsetHours(longitude: -99.73) == -7)
    #expect(profile.series(calendar: 0, longitude: -99.73).value(at: .zero) == 17)
    #expect(profile.series(calendar: 0, longitude: -99.73).value(at: .hour * 7) == 0)
    #expect(profile.series(calendar: 0, longitude: 0).value(at: .hour * 25) == 1)
    // Singapore: 103.8 degrees east, 7 hours ahead.
    #expect(profile.series(calendar: 0, longitude: 103.8).value(at: .zero) == 7)
    // Half past: the hour under way ends half an hour later. Also before 1970.
    let half = profile.series(calendar: -1800, longitude: 0)
    #expect(half.value(at: .zero) == 23)
    #expect(half.value(at: .seconds(1799)) == 23)
    #expect(half.value(at: .seconds(1800)) == 0)
    #expect(profile.series(calendar: 0, longitude: 0, scale: 2).value(at: .hour * 3) == 6)
  }
}
