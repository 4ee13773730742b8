// SPDX-License-Identifier: Apache-2.0

import Quantities
import Testing
import Workload

/// Packed files: the same text as gzip, as gzip in two members, as xz, and in a tar archive.
@Suite struct PackedTests {
  static let text = "job_id,submit_s,gpus,duration_s\na,0,1,10\nb,5,2,20\n"
  static let gzip = bytes(
    "1f8b0800000000000203cbca4f8acf4cd1292e4dcacd2c892fd6492f282dd649292d4a2cc9cccf8b2fe64ad431"
      + "d031d43134e04ad231d531d23132e0020027ac197932000000")
  static let members = bytes(
    "1f8b0800000000000203cbca4f8acf4cd1292e4dcacd2c892fd6492f282dd649292d4a2cc9cccf8b2fe64ad431"
      + "d031d43134e0020073b6713c290000001f8b08000000000002034bd231d531d23132e002005e90099909000000")
  static let xz = bytes(
    "fd377a585a0000016922de360200210116000000742fe5a30100316a6f625f69642c7375626d69745f732c6770"
      + "75732c6475726174696f6e5f730a612c302c312c31300a622c352c322c32300a00000027ac197900014632280c"
      + "724e9042990d010000000001595a")
  /// README, jobs.csv with the text, later.csv.
  static let tar = bytes(
    "1f8b0800000000000203edd5bd0e823010c0f1ce3c050f70d16b85329bc8e8e20b90020dd608987ef8fc562675"
      + "730013b9df724d970ecdbff556357a7b2af78763c9668291ccb269469f332a5ed6cffda210c852640b08ce2b1b"
      + "8f64eb64b56ad35e33b24e7eeaff32d66ed3b8fb8ffa97e2bd7f8e39df51ff4b88375f99165ca87be32b07dd2d"
      + "38688355de8c43e51205081c382635e420406042cdfc5fff57e5b59ded01f8faffe7286546fd2f6118fdd90c1d"
      + "8540c80a3d00573e0990000e0000")

  static func bytes(_ hex: String) -> [UInt8] {
    var digits = hex.utf8.makeIterator()
    var bytes: [UInt8] = []
    func value(_ digit: UInt8) -> UInt8 { digit < 58 ? digit - 48 : digit - 87 }
    while let high = digits.next(), let low = digits.next() { bytes.append(value(high) << 4 | value(low)) }
    return bytes
  }

  static func jobs(_ bytes: [UInt8]) throws -> [Job] {
    guard case .jobs(let trace) = try TraceReader.contents(bytes: bytes, name: "packed") else { return [] }
    #expect(trace.account.isComplete && trace.account.format == "native")
    return trace.jobs
  }

  @Test func everyPackingHoldsTheSameJobs() throws {
    let plain = try Self.jobs(Array(Self.text.utf8))
    #expect(plain.map(\.id) == ["a", "b"])
    for packed in [Self.gzip, Self.members, Self.xz, Self.tar] { #expect(try Self.jobs(packed) == plain) }
    // Zeros may fill up the last block of a tape.
    #expect(try Self.jobs(Self.gzip + [0, 0, 0]) == plain)
    // xz in gzip is odd, but no more than that.
    #expect(try Self.jobs(Self.xz + []) == plain)
  }

  /// The hash names the file as it lies on the disk, so that `sha256sum` agrees.
  @Test func theHashIsThatOfThePackedFile() throws {
    let file = TemporaryFile(Self.tar)
    let sum = readLines(file.path, command: "sha256sum").first?.prefix(64)
    #expect(try TraceReader.read(path: file.path).account.sha256 == String(sum ?? ""))
  }

  @Test func everyTruncationIsAnErrorAndNeverAShorterTrace() {
    for (packed, what) in [(Self.gzip, "gzip"), (Self.members, "gzip"), (Self.xz, "xz"), (Self.tar, "gzip")] {
      for length in stride(from: 12, to: packed.count - 1, by: 3) {
        // Behind a whole first member a cut that falls between the two is no damage.
        if let jobs = try? Self.jobs(Array(packed[..<length])) {
          #expect(packed == Self.members && jobs.map(\.id) == ["a"], "\(what) cut at \(length)")
        }
      }
    }
    let error = #expect(throws: TraceError.self) { try Self.jobs(Array(Self.gzip.dropLast(4))) }
    #expect(error?.file == "packed" && error?.expected == "a whole gzip file")
  }

  @Test func damageIsFound() {
    for (packed, what) in [(Self.gzip, "gzip"), (Self.xz, "xz")] {
      // Amid the data and in the checksum behind it.
      for position in [packed.count / 2, packed.count - (what == "gzip" ? 6 : 30)] {
        var bytes = packed
        bytes[position] ^= 0x55
        let error = #expect(throws: TraceError.self, "\(what) at \(position)") { try Self.jobs(bytes) }
        #expect(error?.expected == "a whole \(what) file")
      }
    }
    let error = #expect(throws: TraceError.self) { try Self.jobs(Self.gzip + Array("and more".utf8)) }
    #expect(error?.found == "other bytes behind the end of the gzip data")
  }

  @Test func anArchiveWithoutATraceNamesWhatItHolds() {
    var header = [UInt8](repeating: 0, count: 512)
    header.replaceSubrange(0..<9, with: Array("paper.pdf".utf8))
    header.replaceSubrange(124..<135, with: Array("00000000003".utf8))
    header.replaceSubrange(257..<262, with: Array("ustar".utf8))
    let archive = header + Array("pdf".utf8) + [UInt8](repeating: 0, count: 509 + 1024)
    let error = #expect(throws: TraceError.self) { try Self.jobs(archive) }
    #expect(error?.found == "a tar archive with paper.pdf")
  }
}
