// SPDX-License-Identifier: Apache-2.0

import Quantities

/// A model of GPU with its share of the server and the fabric around it.
public struct GPUModel: Equatable, Sendable {
  public var name: String
  /// Dense bf16 peak over that of the reference GPU, h100; an upper limit on what work gains from it.
  public var relativeSpeed: Double
  /// Power of a GPU at work, all IT of its share included: server, network, storage.
  public var activeWatts: Double
  /// The same while no job has the GPU.
  public var idleWatts: Double
  /// Its interface on the scale-out fabric.
  public var nicRate: BitRate
  /// NVLink bandwidth of one GPU in one direction.
  public var scaleUpBytesPerSecond: Double
  /// GPUs in a server, unless a scenario says otherwise.
  public var perNode: Int
  /// GPUs in one scale-up domain, unless a scenario says otherwise.
  public var scaleUpDomain: Int
  /// Of the row's weakest figure.
  public var certainty: Certainty
  public var source: String
}

/// GPUs that a scenario can name.
///
/// Power: a server's maximum over its GPUs plus 75 W of network and storage share, which brings the 10.2 kW of a
/// DGX H100 to the 1.3-1.4 kW per GPU that operators report. Idle power of a DGX H100 is 1.5-2.5 kW (2 kW taken); of
/// models without any published figure it is 30 % of active, the middle of the 25-35 % assumed for GB200 racks.
public enum GPUCatalogue {
  public static let models: [GPUModel] = [
    GPUModel(
      name: "h100", relativeSpeed: 1, activeWatts: 1350, idleWatts: 325, nicRate: .gigabits(400),
      scaleUpBytesPerSecond: 450e9, perNode: 8, scaleUpDomain: 8, certainty: .recalled,
      source: "H100 SXM: 989 TFLOP/s; DGX H100 10.2 kW, 1.3-1.4 kW all-in per GPU; idle recalled"),
    GPUModel(
      name: "h200", relativeSpeed: 1, activeWatts: 1350, idleWatts: 325, nicRate: .gigabits(400),
      scaleUpBytesPerSecond: 450e9, perNode: 8, scaleUpDomain: 8, certainty: .recalled,
      source: "H200 SXM: 989 TFLOP/s, the same 700 W and server as H100, hence its power"),
    GPUModel(
      name: "b200", relativeSpeed: 2.275, activeWatts: 1860, idleWatts: 560, nicRate: .gigabits(400),
      scaleUpBytesPerSecond: 900e9, perNode: 8, scaleUpDomain: 8, certainty: .assumption,
      source: "HGX B200: 2,250 TFLOP/s recalled; DGX B200 14.3 kW; idle assumed 30 % of active"),
    GPUModel(
      name: "gb200", relativeSpeed: 2.528, activeWatts: 1900, idleWatts: 570, nicRate: .gigabits(400),
      scaleUpBytesPerSecond: 900e9, perNode: 4, scaleUpDomain: 72, certainty: .assumption,
      source: "GB200 NVL72: 2,500 TFLOP/s recalled; 1.8-2.0 kW all-in per GPU; idle assumed 30 % of active"),
    GPUModel(
      name: "gb300", relativeSpeed: 2.528, activeWatts: 2050, idleWatts: 615, nicRate: .gigabits(800),
      scaleUpBytesPerSecond: 900e9, perNode: 4, scaleUpDomain: 72, certainty: .assumption,
      source: "GB300 NVL72: 2,500 TFLOP/s recalled; 120-142 kW a rack, the higher; idle assumed 30 % of active"),
    GPUModel(
      name: "a100", relativeSpeed: 0.315, activeWatts: 890, idleWatts: 265, nicRate: .gigabits(200),
      scaleUpBytesPerSecond: 300e9, perNode: 8, scaleUpDomain: 8, certainty: .assumption,
      source: "A100 SXM: 312 TFLOP/s and DGX A100 6.5 kW, both recalled; idle assumed 30 % of active"),
    GPUModel(
      name: "v100", relativeSpeed: 0.126, activeWatts: 510, idleWatts: 155, nicRate: .gigabits(50),
      scaleUpBytesPerSecond: 150e9, perNode: 8, scaleUpDomain: 8, certainty: .assumption,
      source: "V100 SXM2: 125 TFLOP/s in fp16, DGX-1 3.5 kW, 4 x 100 Gb/s for 8 GPUs, recalled; idle assumed 30 %"),
  ]

  public static func lookup(_ name: String) -> GPUModel? { models.first { $0.name == name } }
}
