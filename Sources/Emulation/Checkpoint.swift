// SPDX-License-Identifier: Apache-2.0

import Glibc
import Quantities
import Simulation
import Site

/// Everything that a run needs to go on after its coordinator has gone: the states of all machines between two
/// rounds, what is on its way between them, and how many records were durable then.
public struct Checkpoint: Sendable {
  static let magic: UInt64 = 0x3130_4B50_4348_4C4C  // "LLHCPK01"

  static func digest(_ bytes: [UInt8]) -> [UInt8] {
    var hash = SHA256()
    hash.update(bytes)
    return hash.finalize()
  }

  public var counts: RunCounts
  public var recordOffset: Int64
  public var coordinator: [UInt8]
  public var sites: [[UInt8]]
  public var pending: [[Message]]
  public var promises: [Promise]

  init(
    counts: RunCounts, recordOffset: Int64, coordinator: [UInt8], sites: [[UInt8]], pending: [[Message]],
    promises: [Promise]
  ) {
    self.counts = counts
    self.recordOffset = recordOffset
    self.coordinator = coordinator
    self.sites = sites
    self.pending = pending
    self.promises = promises
  }

  /// Writes beside `path` and renames, so that the file is always whole.
  public func write(to path: String) throws(EmulationError) {
    var writer = ByteWriter()
    writer.write(Checkpoint.magic)
    writer.write(Message.version)
    for value in [counts.windows, counts.messages, counts.events, counts.wakes, UInt64(counts.restarts)] {
      writer.write(value)
    }
    writer.write(recordOffset)
    writer.write(bytes: coordinator)
    writer.write(UInt32(sites.count))
    for site in sites { writer.write(bytes: site) }
    writer.write(UInt32(pending.count))
    for messages in pending { writer.write(messages) }
    writer.write(UInt32(promises.count))
    for promise in promises {
      writer.write(promise.next)
      writer.write(promise.nextToSites)
      writer.write(promise.idle)
    }
    let digest = Checkpoint.digest(writer.bytes)
    let temporary = path + ".new"
    func fail(_ what: String) -> EmulationError {
      EmulationError("cannot \(what) '\(temporary)': \(String(cString: strerror(errno)))")
    }
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw fail("create") }
    for part in [writer.bytes, digest] {
      var offset = 0
      while offset < part.count {
        let written = part.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + offset, part.count - offset) }
        guard written > 0 else {
          if errno == EINTR { continue }
          let error = fail("write")
          close(descriptor)
          throw error
        }
        offset += written
      }
    }
    guard fsync(descriptor) == 0 else {
      let error = fail("write")
      close(descriptor)
      throw error
    }
    close(descriptor)
    guard rename(temporary, path) == 0 else { throw fail("rename") }
  }

  /// - Throws: ``EmulationError`` if there is none or it is damaged.
  public init(path: String) throws(EmulationError) {
    guard let file = fopen(path, "rb") else {
      throw EmulationError("no checkpoint at '\(path)': \(String(cString: strerror(errno)))")
    }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&chunk, 1, chunk.count, file)
      if count == 0 { break }
      bytes.append(contentsOf: chunk[..<count])
    }
    guard bytes.count > 32, Checkpoint.digest(Array(bytes.dropLast(32))) == Array(bytes.suffix(32)) else {
      throw EmulationError("the checkpoint '\(path)' is damaged: its checksum does not fit; the run must start anew")
    }
    do {
      try self.init(reading: Array(bytes.dropLast(32)))
    } catch {
      throw EmulationError("the checkpoint '\(path)' cannot be read: \(error)")
    }
  }

  private init(reading bytes: [UInt8]) throws(WireError) {
    var reader = ByteReader(bytes)
    let magic: UInt64 = try reader.read()
    guard magic == Checkpoint.magic else { throw .badValue("not a checkpoint") }
    let version: UInt16 = try reader.read()
    guard version == Message.version else { throw .version(expected: Message.version, found: version) }
    counts = RunCounts()
    counts.windows = try reader.read()
    counts.messages = try reader.read()
    counts.events = try reader.read()
    counts.wakes = try reader.read()
    counts.restarts = Int(try reader.read(UInt64.self))
    recordOffset = try reader.read()
    coordinator = Array(try reader.readBytes())
    sites = []
    for _ in 0..<(try reader.readCount()) { sites.append(Array(try reader.readBytes())) }
    pending = []
    for _ in 0..<(try reader.readCount()) { pending.append(try reader.readArray()) }
    promises = []
    for _ in 0..<(try reader.readCount()) {
      promises.append(
        Promise(next: try reader.readTime(), nextToSites: try reader.readTime(), idle: try reader.readBool()))
    }
    try reader.finish()
  }
}
