// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// What a policy can learn from the jobs that have ended: how long those of a user and size ran, and how much GPU-time
/// jobs took.
///
/// Predictions are running means: of the user's jobs of the same number of GPUs, else of all the user's jobs, else of all
/// jobs of that number of GPUs, else of all jobs. Helios (Hu et al., SC 2021) adds a learnt model of job names, which
/// public traces do not have.
public struct JobHistory: Equatable, Sendable, FixedLayout {
  struct Mean: Equatable, Sendable {
    var seconds = 0.0
    var count: Int64 = 0

    mutating func add(_ value: Double) {
      count += 1
      seconds += (value - seconds) / Double(count)
    }
  }

  private struct Key: Hashable, Comparable, Sendable {
    /// -1 stands for everybody, or for any number of GPUs.
    var user: Int32
    var gpus: Int32
    static func < (a: Key, b: Key) -> Bool { (a.user, a.gpus) < (b.user, b.gpus) }
  }

  /// How many of the latest jobs the distribution of GPU-times is made of.
  public static let memory = 1000

  private var means: [Key: Mean] = [:]
  /// GPU-seconds of the latest jobs, oldest first from `next` on once it is full.
  private var recent: [Double] = []
  private var next = 0
  /// The same, ascending.
  public private(set) var sortedGPUSeconds: [Double] = []

  public init() {}

  /// Notes a job that has ended.
  ///
  /// - Parameter seconds: how long it held its GPUs in all.
  public mutating func note(user: Int32, gpus: Int32, seconds: Double) {
    means[Key(user: -1, gpus: -1), default: Mean()].add(seconds)
    means[Key(user: -1, gpus: gpus), default: Mean()].add(seconds)
    if user >= 0 {
      means[Key(user: user, gpus: -1), default: Mean()].add(seconds)
      means[Key(user: user, gpus: gpus), default: Mean()].add(seconds)
    }
    let size = seconds * Double(gpus)
    if recent.count < JobHistory.memory {
      recent.append(size)
    } else {
      sortedGPUSeconds.remove(at: JobHistory.lowerBound(recent[next], in: sortedGPUSeconds))
      recent[next] = size
      next = (next + 1) % JobHistory.memory
    }
    sortedGPUSeconds.insert(size, at: JobHistory.lowerBound(size, in: sortedGPUSeconds))
  }

  /// Predicted run time in seconds, or nil before any job has ended.
  public func prediction(user: Int32, gpus: Int32) -> Double? {
    let keys =
      (user >= 0 ? [Key(user: user, gpus: gpus), Key(user: user, gpus: -1)] : [])
      + [Key(user: -1, gpus: gpus), Key(user: -1, gpus: -1)]
    for key in keys {
      if let mean = means[key] { return mean.seconds }
    }
    return nil
  }

  /// The first position whose value is not below `value`.
  static func lowerBound(_ value: Double, in sorted: [Double]) -> Int {
    var (low, high) = (0, sorted.count)
    while low < high {
      let middle = (low + high) / 2
      if sorted[middle] < value { low = middle + 1 } else { high = middle }
    }
    return low
  }

  public func encode(into writer: inout ByteWriter) {
    let keys = means.keys.sorted()
    writer.write(UInt32(keys.count))
    for key in keys {
      writer.write(key.user)
      writer.write(key.gpus)
      writer.write(means[key]!.seconds)
      writer.write(means[key]!.count)
    }
    writer.write(UInt32(recent.count))
    for value in recent { writer.write(value) }
    writer.write(UInt32(next))
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    for _ in 0..<(try reader.readCount()) {
      let key = Key(user: try reader.read(), gpus: try reader.read())
      means[key] = Mean(seconds: try reader.readDouble(), count: try reader.read())
    }
    for _ in 0..<(try reader.readCount()) { recent.append(try reader.readDouble()) }
    next = Int(try reader.read(UInt32.self))
    guard next == 0 || next < recent.count else { throw .badValue("position \(next) of \(recent.count) jobs") }
    sortedGPUSeconds = recent.sorted()
  }
}
