// SPDX-License-Identifier: Apache-2.0

import Quantities

extension Job: TraceItem {
  var arrival: Time {
    get { submit }
    set { submit = newValue }
  }

  var length: Time { duration }
  static var noun: String { "job" }
  mutating func setDeadline(_ time: Time) { deadline = time }

  mutating func shiftOthers(by ticks: Int64) -> Bool {
    guard let deadline else { return true }
    let (moved, overflow) = deadline.ticks.addingReportingOverflow(ticks)
    guard !overflow, moved != .max, moved != .min else { return false }
    self.deadline = Time(ticks: moved)
    return true
  }

  mutating func finish(_ end: RowsEnd) {
    milliGPUs = (milliGPUs + end.milliGPUDivisor - 1) / end.milliGPUDivisor
  }

  /// Ids must be unique in a run: the second `x` becomes `x#2`.
  static func makeUnique(_ jobs: inout [Job]) -> Int {
    // A million ids in a set take more memory than the jobs. Their hashes, sorted, tell which can occur twice.
    var hashes = jobs.map(\.name.hash)
    hashes.sort()
    var repeated: Set<UInt64> = []
    for (a, b) in zip(hashes, hashes.dropFirst()) where a == b { repeated.insert(a) }
    guard !repeated.isEmpty else { return 0 }
    var seen: Set<String> = []
    var copies: [String: Int] = [:]
    // What a new name may clash with.
    let others = Set(hashes)
    hashes = []
    var renamed = 0
    for index in jobs.indices where repeated.contains(jobs[index].name.hash) {
      let id = jobs[index].id
      if seen.insert(id).inserted { continue }
      var copy = copies[id] ?? 2
      // A name whose hash is taken is not used, whether or not it would clash.
      while others.contains(IdentityHash.of("\(id)#\(copy)".utf8)) { copy += 1 }
      jobs[index].id = "\(id)#\(copy)"
      copies[id] = copy + 1
      renamed += 1
    }
    return renamed
  }

  static func twins(_ jobs: [Job]) -> Int {
    var count = 0
    var start = 0
    while start < jobs.count {
      var stop = start + 1
      while stop < jobs.count, jobs[stop].submit == jobs[start].submit { stop += 1 }
      if stop - start > 1 {
        let keys = jobs[start..<stop].map { ($0.duration, $0.milliGPUs) }.sorted { $0 < $1 }
        count += zip(keys, keys.dropFirst()).reduce(0) { $0 + ($1.0 == $1.1 ? 1 : 0) }
      }
      start = stop
    }
    return count
  }
}

extension Request: TraceItem {
  var length: Time { .zero }
  static var noun: String { "request" }
  mutating func setDeadline(_ time: Time) {}
  mutating func shiftOthers(by ticks: Int64) -> Bool { true }
  mutating func finish(_ end: RowsEnd) {}
  mutating func pack(_ pool: inout NamePool) {}
  static func makeUnique(_ items: inout [Request]) -> Int { 0 }
  static func twins(_ items: [Request]) -> Int { 0 }
}

/// Names that jobs share: of equal ones a single copy is kept.
struct LabelPool {
  private var known: Set<Job.Labels> = []
  // Rows of one user often follow each other.
  private var last: Job.Labels?

  mutating func shared(
    pin: String? = nil, dataHomeName: String? = nil, user: String? = nil, group: String? = nil,
    gpuModels: String? = nil, parallelism: Parallelism? = nil
  ) -> Job.Labels? {
    let labels = Job.Labels(
      pin: pin, dataHomeName: dataHomeName, user: user, group: group, gpuModels: gpuModels, parallelism: parallelism)
    if labels.isEmpty { return nil }
    if let last, last == labels { return last }
    let kept = known.insert(labels).memberAfterInsert
    last = kept
    return kept
  }
}

/// FNV-1a, 64 bits wide, and a second hash beside it where one of them alone could collide.
enum IdentityHash {
  static func of(_ bytes: some Sequence<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return hash
  }

  static func second(_ bytes: some Sequence<UInt8>) -> UInt16 {
    var hash: UInt64 = 0x9e37_79b9_7f4a_7c15
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0xff51_afd7_ed55_8ccd }
    return UInt16(truncatingIfNeeded: hash >> 48)
  }
}

/// What is found by 80 bits of hashes of its name.
protocol NamedByHash {
  var hash: UInt64 { get }
  var second: UInt16 { get }
}

extension Array where Element: NamedByHash {
  /// The first element of this name.
  ///
  /// - Precondition: sorted by `hash` and then `second`.
  func find(_ name: ArraySlice<UInt8>) -> Element? {
    let key = (IdentityHash.of(name), IdentityHash.second(name))
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if (self[middle].hash, self[middle].second) < key { low = middle + 1 } else { high = middle }
    }
    guard low < count, (self[low].hash, self[low].second) == key else { return nil }
    return self[low]
  }
}
