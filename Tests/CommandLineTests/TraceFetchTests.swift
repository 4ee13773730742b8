// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Downloads from a server within the test: no byte comes from the web.
@Suite struct TraceFetchTests {
  /// Something larger than a chunk; `philly` has one file and no stated checksum.
  static let body: [UInt8] =
    Array("timestamp,duration,num_gpus,gpu_time,cluster\n".utf8)
    + Array((0..<5000).flatMap { Array("2017-10-09 00:00:0\($0 % 10),\($0 + 1).0,1,1.0,abc\n".utf8) })

  static func fetch(_ place: Workplace, _ server: LoopbackServer, _ name: String = "philly") throws -> Outcome {
    try place.run("trace", "fetch", name, "--home", server.home, "--to", "got")
  }

  @Test func aTransferThatBreaksTwiceGoesOnWhereItStopped() throws {
    let server = try LoopbackServer { request, number in
      LoopbackServer.serve(Self.body, tag: "\"v1\"", to: request, cut: number < 2 ? 50_000 : nil)
    }
    defer { server.stop() }
    let place = try Workplace()
    let outcome = try Self.fetch(place, server)
    #expect(outcome.status == 0, "\(outcome.complaints)")
    #expect(outcome.output == "got/philly.csv\n")
    #expect(try Data(contentsOf: URL(fileURLWithPath: place.file("got/philly.csv"))) == Data(Self.body))
    #expect(server.requests.map(\.rangeStart) == [nil, 50_000, 100_000])
    #expect(server.requests.map(\.ifRange) == [nil, "\"v1\"", "\"v1\""])
    #expect(outcome.complaints.contains("licence: Creative Commons"))
    // Nobody states the checksum of this file: it is recorded and said.
    #expect(outcome.complaints.contains("was recorded and holds from now on"))
    #expect(place.contents == ["got", "got/philly.csv", "got/philly.csv.sha256"])
    let again = try Self.fetch(place, server)
    #expect(again.status == 0 && again.complaints.contains("already there, checksum verified"))
    #expect(server.requests.count == 3)
    #expect(try TraceCommandTests.inspect(place, "got/philly.csv")["jobs"] as? Int == 5000)
  }

  /// What an earlier call left, another one completes.
  @Test func aLaterCallResumes() throws {
    let place = try Workplace()
    try FileManager.default.createDirectory(atPath: place.file("got"), withIntermediateDirectories: true)
    try Data(Self.body[..<70_000]).write(to: URL(fileURLWithPath: place.file("got/philly.csv.partial")))
    try place.write("got/philly.csv.partial.tag", "\"v1\"")
    let server = try LoopbackServer { request, _ in LoopbackServer.serve(Self.body, tag: "\"v1\"", to: request) }
    defer { server.stop() }
    #expect(try Self.fetch(place, server).status == 0)
    #expect(server.requests.map(\.rangeStart) == [70_000])
    #expect(try Data(contentsOf: URL(fileURLWithPath: place.file("got/philly.csv"))) == Data(Self.body))
  }

  /// The file at the home is another one than the part on the disk: it comes whole, and no mixture.
  @Test func aFileThatHasChangedStartsOver() throws {
    let place = try Workplace()
    try FileManager.default.createDirectory(atPath: place.file("got"), withIntermediateDirectories: true)
    try Data(repeating: 7, count: 1000).write(to: URL(fileURLWithPath: place.file("got/philly.csv.partial")))
    try place.write("got/philly.csv.partial.tag", "\"v0\"")
    let server = try LoopbackServer { request, _ in LoopbackServer.serve(Self.body, tag: "\"v1\"", to: request) }
    defer { server.stop() }
    let outcome = try Self.fetch(place, server)
    #expect(outcome.status == 0, "\(outcome.complaints)")
    #expect(server.requests.map(\.rangeStart) == [1000, nil])
    #expect(try Data(contentsOf: URL(fileURLWithPath: place.file("got/philly.csv"))) == Data(Self.body))
  }

  @Test func aServerWithoutRangesAndAPartThatIsTooLong() throws {
    for length in [1000, Self.body.count + 10] {
      let place = try Workplace()
      try FileManager.default.createDirectory(atPath: place.file("got"), withIntermediateDirectories: true)
      try Data(repeating: 7, count: length).write(to: URL(fileURLWithPath: place.file("got/philly.csv.partial")))
      let server = try LoopbackServer { request, _ in
        var request = request
        if length == 1000 { request.rangeStart = nil }
        return LoopbackServer.serve(Self.body, tag: "\"v1\"", to: request)
      }
      defer { server.stop() }
      #expect(try Self.fetch(place, server).status == 0)
      #expect(try Data(contentsOf: URL(fileURLWithPath: place.file("got/philly.csv"))) == Data(Self.body))
    }
  }

  /// The checksum of mooncake is stated, and this is not that file.
  @Test func aWrongChecksumIsRefusedAndNothingIsLeft() throws {
    let server = try LoopbackServer { request, _ in LoopbackServer.serve(Self.body, tag: "\"v1\"", to: request) }
    defer { server.stop() }
    let place = try Workplace()
    let outcome = try Self.fetch(place, server, "mooncake")
    #expect(outcome.status == 1 && outcome.output == "")
    #expect(outcome.complaints.contains("expected SHA-256 b8cbb061"), "\(outcome.complaints)")
    #expect(place.contents == ["got"])
  }

  /// A checksum that was recorded once holds as if it were stated.
  @Test func aRecordedChecksumHolds() throws {
    let server = try LoopbackServer { request, number in
      LoopbackServer.serve(number == 0 ? Self.body : Array(Self.body.reversed()), tag: "\"v\(number)\"", to: request)
    }
    defer { server.stop() }
    let place = try Workplace()
    #expect(try Self.fetch(place, server).status == 0)
    try FileManager.default.removeItem(atPath: place.file("got/philly.csv"))
    let second = try Self.fetch(place, server)
    #expect(second.status == 1 && second.complaints.contains("expected SHA-256"), "\(second.complaints)")
    // A file that somebody changed is not taken for the trace, and not overwritten.
    try place.write("got/philly.csv", "mine")
    let third = try Self.fetch(place, server)
    #expect(third.status == 1 && third.complaints.contains("already there, but not what it should be"))
    #expect(try place.read("got/philly.csv") == "mine")
  }

  @Test func whatIsNotThereIsExplained() throws {
    let server = try LoopbackServer { _, _ in LoopbackServer.Response(status: 404, body: Array("no".utf8)) }
    let place = try Workplace()
    let missing = try Self.fetch(place, server)
    #expect(missing.status == 1 && missing.output == "")
    #expect(missing.complaints.contains("404, there is no such file"), "\(missing.complaints)")
    #expect(missing.complaints.contains("--home"))
    #expect(place.contents == ["got"])
    let address = server.home
    server.stop()
    // Nobody listens there any more.
    let gone = try place.run("trace", "fetch", "philly", "--home", address + "/x", "--to", "got")
    #expect(gone.status == 1 && gone.complaints.contains("no connection"), "\(gone.complaints)")
    try place.refuse(["trace", "fetch", "filly"], "filly", "philly", "catalog traces")
  }
}
