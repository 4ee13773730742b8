// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing
import Workload

/// Torn, truncated, binary and endless files of every format: an account that adds up, or an error with file and line.
/// They begin as the seeds of scripts/fuzz-readers.sh do, which goes on from there.
@Suite struct HostileTests {
  static let formats = TraceFormat.readable.filter { $0 != .pai }

  static func seed(_ name: String) -> [UInt8] {
    let path = Shared.root + "/Tests/Fuzzing/Seeds/" + name
    guard let file = fopen(path, "r") else {
      Issue.record("no seed \(path)")
      return []
    }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    return Array(bytes[..<fread(&bytes, 1, bytes.count, file)])
  }

  static func read(_ bytes: [UInt8], _ format: TraceFormat) throws -> TraceContents {
    try TraceReader.contents(bytes: bytes, name: "hostile", format: format)
  }

  @Test(arguments: formats) func seedsAreTraces(_ format: TraceFormat) throws {
    let contents = try Self.read(Self.seed(format.rawValue), format)
    #expect(contents.account.isComplete && contents.account.jobs > 0)
    #expect(try Self.read(Self.seed(format.rawValue), .auto).account.format == format.rawValue)
  }

  /// Cut behind each of its bytes.
  @Test(arguments: formats) func tornFiles(_ format: TraceFormat) {
    let whole = Self.seed(format.rawValue)
    for length in 0..<whole.count {
      do {
        let account = try Self.read(Array(whole[..<length]), format).account
        #expect(account.isComplete, "\(format) cut at \(length)")
      } catch let error as TraceError {
        #expect(error.file == "hostile" && !error.advice.isEmpty)
      } catch {
        Issue.record(error)
      }
    }
  }

  /// A bad byte in the place of each of them.
  @Test(arguments: formats) func damagedFiles(_ format: TraceFormat) {
    let whole = Self.seed(format.rawValue)
    for position in whole.indices {
      for byte: UInt8 in [0, 10, 34, 44, 57, 0xFF] {
        var bytes = whole
        bytes[position] = byte
        if let account = try? Self.read(bytes, format).account {
          #expect(account.isComplete, "\(format): \(byte) at \(position)")
        }
      }
    }
  }

  @Test(arguments: formats) func binaryFiles(_ format: TraceFormat) {
    var noise: [UInt8] = []
    var state: UInt32 = 1
    for _ in 0..<20_000 {
      state = state &* 1_664_525 &+ 1_013_904_223
      noise.append(UInt8(truncatingIfNeeded: state >> 24))
    }
    let error = #expect(throws: TraceError.self) { try Self.read(noise, format) }
    #expect(error?.line == 1 && error?.found == "bytes that are no text")
    // Noise behind a good beginning is counted row by row, or refused with its line.
    do {
      let account = try Self.read(Self.seed(format.rawValue) + [10] + noise, format).account
      #expect(account.isComplete && account.rows > account.jobs)
    } catch let error as TraceError {
      #expect(error.line != nil, "\(error)")
    } catch {
      Issue.record(error)
    }
  }

  /// A gigabyte behind a good beginning without a line end: refused after a few MB, so that this test is quick.
  @Test(arguments: formats) func endlessLines(_ format: TraceFormat) throws {
    let seed = Self.seed(format.rawValue)
    // JSON's list goes on in a text that never ends, the others in a line that never does.
    let opening = format == .phillyJSON ? Array(",{\"vc\": \"".utf8) : Array("\nx".utf8)
    let bytes = (format == .phillyJSON ? Array(seed.dropLast(2)) : seed) + opening
    // Zeros are no text, so there must be some before them that are.
    let file = TemporaryFile(bytes + [UInt8](repeating: UInt8(ascii: "7"), count: 8192))
    #expect(truncate(file.path, 1 << 30) == 0)
    let error = #expect(throws: TraceError.self) { try TraceReader.contents(path: file.path, format: format) }
    #expect(error?.file == file.path && error?.found == "a longer one", "\(String(describing: error))")
    let lines = bytes.count { $0 == 10 }
    #expect(error?.line == lines + 1)
  }

  /// The tables of PAI, of which either may be the bad one.
  @Test func theTablesOfPAI() throws {
    let parts = Self.seed("pai").split(separator: UInt8(ascii: "="))
    let (jobs, tasks) = (Array(parts[0]), Array(parts[1]))
    #expect(try TraceReader.readPAI(jobs: jobs, tasks: tasks).account.isComplete)
    for length in 0..<tasks.count { _ = try? TraceReader.readPAI(jobs: jobs, tasks: Array(tasks[..<length])) }
    for length in 0..<jobs.count {
      if let trace = try? TraceReader.readPAI(jobs: Array(jobs[..<length]), tasks: tasks) {
        #expect(trace.account.isComplete)
      }
    }
    let long = [UInt8](repeating: UInt8(ascii: "7"), count: 3 << 20)
    let error = #expect(throws: TraceError.self) { try TraceReader.readPAI(jobs: jobs, tasks: tasks + long) }
    #expect(error?.file == "pai_task_table" && error?.line == 4)
  }
}
