// SPDX-License-Identifier: Apache-2.0

import Quantities

/// A model of GPU with its share of the server and the fabric around it.
public struct GPUModel: Equatable, Sendable {
  public var name: String
  /// Dense bf16 peak over that of the reference GPU, h100; an upper limit on what work gains from it.
  public var relativeSpeed: Double
  /// Watts of the GPU itself: the vendor's limit at work, and with nothing to do.
  public var gpuActiveWatts: Double
  public var gpuIdleWatts: Double
  /// Watts of its share of everything else that is IT: server, network, storage; at work and with nothing to do.
  public var shareActiveWatts: Double
  public var shareIdleWatts: Double
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

  /// Power of a GPU at work with its share of server, network and storage.
  public var activeWatts: Double { gpuActiveWatts + shareActiveWatts }
  /// The same while no job has the GPU, or the one that has it has not begun to compute.
  public var idleWatts: Double { gpuIdleWatts + shareIdleWatts }
  /// The same while its job waits between steps, for gradients or for a checkpoint to be read or written: the GPU falls
  /// to idle, as operators see when the network stalls a step, while server and interfaces stay at work. An assumption
  /// for every model.
  public var stalledWatts: Double { gpuIdleWatts + shareActiveWatts }
}

/// GPUs that a scenario can name.
///
/// Power: a server's maximum over its GPUs plus 75 W of network and storage share, which brings the 10.2 kW of a
/// DGX H100 to the 1.3-1.4 kW per GPU that operators report; what the GPU's own limit leaves of it is the share of
/// server, network and storage. Idle power of a DGX H100 is 1.5-2.5 kW (2 kW taken); of models without any published
/// figure it is 30 % of active, the middle of the 25-35 % assumed for GB200 racks. An idle H100 draws about 75 W, a
/// ninth of its limit, which is assumed for the others.
public enum GPUCatalogue {
  public static let models: [GPUModel] = [
    GPUModel(
      name: "h100", relativeSpeed: 1, gpuActiveWatts: 700, gpuIdleWatts: 75, shareActiveWatts: 650,
      shareIdleWatts: 250, nicRate: .gigabits(400), scaleUpBytesPerSecond: 450e9, perNode: 8, scaleUpDomain: 8,
      certainty: .recalled,
      source: "H100 SXM: 989 TFLOP/s, 700 W; DGX H100 10.2 kW, 1.3-1.4 kW all-in per GPU; idle recalled"),
    GPUModel(
      name: "h200", relativeSpeed: 1, gpuActiveWatts: 700, gpuIdleWatts: 75, shareActiveWatts: 650,
      shareIdleWatts: 250, nicRate: .gigabits(400), scaleUpBytesPerSecond: 450e9, perNode: 8, scaleUpDomain: 8,
      certainty: .recalled,
      source: "H200 SXM: 989 TFLOP/s, the same 700 W and server as H100, hence its power"),
    GPUModel(
      name: "b200", relativeSpeed: 2.275, gpuActiveWatts: 1000, gpuIdleWatts: 110, shareActiveWatts: 860,
      shareIdleWatts: 450, nicRate: .gigabits(400), scaleUpBytesPerSecond: 900e9, perNode: 8, scaleUpDomain: 8,
      certainty: .assumption,
      source: "HGX B200: 2,250 TFLOP/s, 1,000 W recalled; DGX B200 14.3 kW; idle assumed 30 % of active"),
    GPUModel(
      name: "gb200", relativeSpeed: 2.528, gpuActiveWatts: 1200, gpuIdleWatts: 130, shareActiveWatts: 700,
      shareIdleWatts: 440, nicRate: .gigabits(400), scaleUpBytesPerSecond: 900e9, perNode: 4, scaleUpDomain: 72,
      certainty: .assumption,
      source: "GB200 NVL72: 2,500 TFLOP/s, 1,200 W recalled; 1.8-2.0 kW all-in per GPU; idle assumed 30 %"),
    GPUModel(
      name: "gb300", relativeSpeed: 2.528, gpuActiveWatts: 1400, gpuIdleWatts: 155, shareActiveWatts: 650,
      shareIdleWatts: 460, nicRate: .gigabits(800), scaleUpBytesPerSecond: 900e9, perNode: 4, scaleUpDomain: 72,
      certainty: .assumption,
      source: "GB300 NVL72: 2,500 TFLOP/s, 1,400 W recalled; 120-142 kW a rack, the higher; idle assumed 30 %"),
    GPUModel(
      name: "a100", relativeSpeed: 0.315, gpuActiveWatts: 400, gpuIdleWatts: 45, shareActiveWatts: 490,
      shareIdleWatts: 220, nicRate: .gigabits(200), scaleUpBytesPerSecond: 300e9, perNode: 8, scaleUpDomain: 8,
      certainty: .assumption,
      source: "A100 SXM: 312 TFLOP/s, 400 W and DGX A100 6.5 kW, all recalled; idle assumed 30 % of active"),
    GPUModel(
      name: "v100", relativeSpeed: 0.126, gpuActiveWatts: 300, gpuIdleWatts: 35, shareActiveWatts: 210,
      shareIdleWatts: 120, nicRate: .gigabits(50), scaleUpBytesPerSecond: 150e9, perNode: 8, scaleUpDomain: 8,
      certainty: .assumption,
      source:
        "V100 SXM2: 125 TFLOP/s in fp16, 300 W, DGX-1 3.5 kW, 4 x 100 Gb/s for 8 GPUs, recalled; idle assumed 30 %"),
  ]

  public static func lookup(_ name: String) -> GPUModel? { models.first { $0.name == name } }
}

extension GPUModel {
  /// Power of a pool of this model: an idle GPU draws power too.
  public func watts(busy: Int, idle: Int) -> Double { Double(busy) * activeWatts + Double(idle) * idleWatts }
}
