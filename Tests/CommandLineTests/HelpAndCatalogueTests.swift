// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite struct HelpTests {
  @Test(arguments: [["--help"], ["help"], ["emulate", "--help"], ["trace", "convert", "--help"], ["-h"]])
  func helpIsAnAnswer(arguments: [String]) throws {
    let outcome = try Workplace().run(arguments)
    #expect(outcome.status == 0, "\(outcome.complaints)")
    #expect(outcome.output.contains("USAGE:") && outcome.complaints == "")
  }

  /// Without arguments the program says what it can do.
  @Test func withoutArgumentsThereIsHelp() throws {
    let place = try Workplace()
    let outcome = try place.run([])
    #expect(outcome.status == 0)
    for command in ["emulate", "resume", "compare", "trace", "catalog", "doctor"] {
      #expect(outcome.output.contains(command))
    }
    #expect(place.contents.isEmpty)
  }

  @Test func theVersionIsANumber() throws {
    let outcome = try Workplace().run("--version")
    #expect(outcome.status == 0 && outcome.complaints == "")
    let parts = outcome.output.trimmingCharacters(in: .whitespacesAndNewlines).split(separator: ".")
    #expect(parts.count == 3 && parts.allSatisfy { Int($0) != nil }, "\(outcome.output)")
  }

  @Test func badUsageIsRefused() throws {
    let place = try Workplace()
    try place.refuse(["emulat"], "emulat")
    try place.refuse(["emulate"], "scenario")
    try place.refuse(["catalog", "bananas"], "bananas")
    try place.refuse(["catalog"], "kind")
    try place.refuse(["trace", "synthesize", "philly", "--jobs", "0", "-o", "x.csv"], "--jobs")
    try place.refuse(["trace", "convert", "x.csv"], "--output")
  }

  @Test func theDoctorNamesWhatItLookedFor() throws {
    let outcome = try Workplace().run("doctor")
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.count >= 4)
    for line in lines { #expect(line.hasPrefix("found  ") || line.hasPrefix("missing ")) }
    for thing in ["site agent", "libzmq", "libsqlite3", "libz", "liblzma", "curl"] {
      #expect(outcome.output.contains(thing))
    }
    // Missing things are a failure and come with advice.
    #expect(outcome.status == (lines.contains { $0.hasPrefix("missing") } ? 1 : 0))
    for line in lines where line.hasPrefix("missing") { #expect(line.contains(": ")) }
  }
}

/// Rows of a catalogue begin at the left, what is said about them is indented.
@Suite struct CatalogueTests {
  struct Row {
    var name: String
    var notes: [String]
  }

  static func rows(_ kind: String) throws -> [Row] {
    let outcome = try Workplace().run("catalog", kind)
    #expect(outcome.status == 0 && outcome.complaints == "")
    var rows: [Row] = []
    for line in outcome.output.split(separator: "\n").map(String.init) {
      if line.hasPrefix("    ") {
        #expect(!rows.isEmpty)
        rows[rows.count - 1].notes.append(line.trimmingCharacters(in: .whitespaces))
      } else {
        rows.append(Row(name: line, notes: []))
      }
    }
    return rows
  }

  /// Every figure says how well it is known, and from where.
  @Test(arguments: ["optics", "fibres", "gpus", "switches", "models"]) func figuresNameTheirSource(kind: String) throws
  {
    let rows = try Self.rows(kind)
    #expect(rows.count >= 3)
    let words = ["verified: ", "secondary: ", "derived: ", "recalled: ", "memory: ", "assumption: "]
    for row in rows {
      #expect(row.name.contains("  "), "figures beside the name: \(row.name)")
      let sources = row.notes.filter { note in words.contains { note.hasPrefix($0) && note.count > $0.count + 5 } }
      #expect(sources.count == 1, "\(row.name): \(row.notes)")
    }
  }

  @Test func policiesNameTheirSource() throws {
    let rows = try Self.rows("policies")
    for name in ["fifo", "sjf", "srtf", "easy", "first-fit", "cheapest-energy"] {
      #expect(rows.contains { $0.name.hasSuffix("  \(name)") }, "\(name)")
    }
    for row in rows {
      #expect(row.notes.contains { $0.hasPrefix("source: ") && $0.count > 12 }, "\(row.name): \(row.notes)")
    }
  }

  @Test func algorithmsNameWhereTheyComeFrom() throws {
    let rows = try Self.rows("algorithms")
    #expect(
      rows.map(\.name) == [
        "annulus", "bbr", "cubic", "dcqcn", "dctcp", "distance-aware", "gemini", "hpcc", "nscc", "oracle", "powertcp",
        "swift", "timely", "uno",
      ])
    for row in rows {
      #expect(row.notes.contains { $0.hasPrefix("source: ") && $0.count > 12 }, "\(row.name): \(row.notes)")
    }
  }

  /// Formats first, then the homes of public traces, each with its licence and its papers.
  @Test func tracesNameTheirHomes() throws {
    let rows = try Self.rows("traces")
    for format in ["philly", "philly-json", "pai", "openb", "helios", "acme", "swf", "burstgpt", "native", "auto"] {
      #expect(rows[0].name.hasPrefix("Formats: ") && rows[0].name.contains(" \(format)"), "\(format)")
    }
    let homes = rows.dropFirst(2)
    #expect(homes.count >= 12)
    for row in homes {
      #expect(row.name.contains("  format "), "\(row.name)")
      #expect(row.notes.contains { $0.hasPrefix("https://") && $0.contains("checksum") }, "\(row.name)")
      for word in ["licence: ", "cite: ", "source: "] {
        #expect(row.notes.contains { $0.hasPrefix(word) && $0.count > word.count + 5 }, "\(row.name): \(word)")
      }
    }
  }

  /// What the catalogue lists can be named in a scenario.
  @Test func listedNamesAreKnown() throws {
    let place = try Workplace()
    let first = { (row: Row) in String(row.name.prefix { $0 != " " }) }
    try place.write("jobs.csv", twoJobs)
    // Modules that can use each kind of medium.
    let optics = ["multimode": "800g-2xsr4", "copper": "aec-800g"]
    for row in try Self.rows("fibres") {
      let kind = row.notes[0].prefix { $0 != "," }
      let outcome = try place.run(
        "emulate", Built.root + "/Scenarios/two-sites.yaml", "--trace", "nowhere.csv", "--set",
        "links[*].medium=\(first(row))", "--set", "links[*].optics=\(optics[String(kind)] ?? "800zr-plus")", "--set",
        "links[*].distance=1 m")
      // The trace is missing, but the medium was not what was wrong.
      #expect(outcome.status == 2 && outcome.complaints.contains("nowhere.csv"), "\(row.name): \(outcome.complaints)")
    }
  }
}
