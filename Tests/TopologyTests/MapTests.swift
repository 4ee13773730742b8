// SPDX-License-Identifier: Apache-2.0

import Foundation
import Quantities
import Testing
import Topology

/// A file that is gone when the test ends.
final class MapFile {
  let path: String
  init(_ text: String, _ suffix: String = "gml") throws {
    path = NSTemporaryDirectory() + "map-\(UUID().uuidString).\(suffix)"
    try text.write(toFile: path, atomically: true, encoding: .utf8)
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// Maps beside the repository, which tests read when they are there.
func sharedMap(_ relative: String) -> String? {
  let root =
    ProcessInfo.processInfo.environment["LONGHAUL_ROOT"]
    ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path
  let path = root + "/../shared/data/wan/" + relative
  if FileManager.default.fileExists(atPath: path) { return path }
  print("SKIPPED: \(relative) is not there")
  if ProcessInfo.processInfo.environment["CI"] != nil { Issue.record("\(relative) is missing") }
  return nil
}

@Suite struct MapTests {
  /// Five places on the equator, one degree (111.195 km) apart: a-b-c-d in a row by edges of which the first is double,
  /// one of c-d's ends written as a hyperedge, a loop at a, a peer without a place, and two nodes called "e".
  static let equator = """
    graph [
      label "Equator"
      node [ id 0 label "A&#243;" Latitude 0.0 Longitude 0.0 ]
      node [ id 1 label "b" Latitude 0 Longitude 1 ]
      node [ id 2 label "c" Latitude 0 Longitude 2 ]
      node [ id 3 label "d" Latitude 0 Longitude 3 ]
      node [ id 4 label "hub" hyperedge 1 ]
      node [ id 5 label "peer" Internal 0 ]
      node [ id 6 label "e" Latitude 0 Longitude 4 ]
      node [ id 7 label "e" Latitude 0 Longitude 5 ]
      edge [ source 0 target 1 LinkSpeedRaw 10000000000.0 ]
      edge [ source 1 target 0 LinkSpeedRaw 2500000000.0 ]
      edge [ source 1 target 2 LinkSpeedRaw 5000000000.0 ]
      edge [ source 2 target 4 ]
      edge [ source 3 target 4 ]
      edge [ source 0 target 0 ]
      edge [ source 3 target 5 ]
      edge [ source 3 target 6 ]
      # 7 is apart
    ]
    """

  func select(_ names: [String], _ text: String = equator, factor: Double = 1) throws -> MapSelection {
    let file = try MapFile(text)
    return try MapSelection(
      of: try MapReader.read(path: file.path), file: "map", names: names, routeFactor: factor, edgeKilometres: 1000)
  }

  func refusal(_ names: [String], _ text: String = equator) throws -> MapError {
    try #require(#expect(throws: MapError.self) { try select(names, text) })
  }

  /// a and c are joined through b, with twice the degree; the two edges of a-b carry 12.5 Gb/s, b-c 5 Gb/s.
  @Test func pathsThroughOtherNodesAreLinks() throws {
    let selection = try select(["Aó", "c"])
    #expect(selection.sites.map(\.id) == ["ao", "c"])
    #expect(selection.links.count == 1)
    #expect(abs(selection.links[0].kilometres - 222.4) < 1e-9)
    #expect(selection.links[0].via == ["b"])
    #expect(selection.links[0].capacity == .gigabits(5))
    let notes = selection.notes.joined(separator: "\n")
    for words in [
      "1 edges of the map join a node to itself", "1 parallel edges", "1 hyperedges", "1 nodes of the map have no",
    ] {
      #expect(notes.contains(words), "\(notes)")
    }
  }

  /// With b a site as well, a-c is no link of its own: the way leads through b.
  @Test func sitesOnTheWayAreHops() throws {
    let selection = try select(["0", "b", "c", "d"], factor: 1.5)
    #expect(selection.links.map(\.ends.0) == [0, 1, 2] && selection.links.map(\.ends.1) == [1, 2, 3])
    #expect(selection.links.allSatisfy { $0.via.isEmpty && abs($0.kilometres - 166.8) < 1e-9 })
    #expect(selection.links.map(\.capacity) == [BitRate(12_500_000_000), .gigabits(5), nil])
  }

  @Test func whatCannotBeChosenIsSaid() throws {
    #expect(try refusal(["b", "cc"]).message.contains("'cc'"))
    #expect(try refusal(["b", "cc"]).advice == "did you mean 'c'?")
    #expect(try refusal(["b", "peer"]).message.contains("no coordinates"))
    #expect(try refusal(["b", "e"]).advice.contains("6, 7"))
    #expect(try refusal(["b", "7"]).message.contains("no path"))
    #expect(try refusal(["b"]).message.contains("at least two"))
    #expect(try refusal(["b", "1"]).message.contains("twice"))
    // Of nodes with one name, sites are told apart by the node's id.
    #expect(try select(["d", "6"]).sites.map(\.id) == ["d", "e"])
  }

  @Test func brokenMapsAreRefusedWithTheirLine() throws {
    #expect(try refusal(["a", "b"], "graph [\n node [ id 0\n").line == 2)
    #expect(try refusal(["a", "b"], "graph [\n node [ id 0 label \"x ]\n").message.contains("not closed"))
    #expect(try refusal(["a", "b"], "graph [ node [ label \"x\" ] ]").message.contains("no 'id'"))
    #expect(try refusal(["a", "b"], "graph [\n node [ id 0 ]\n\n edge [ source 0 target 9 ] ]").line == 4)
    #expect(try refusal(["a", "b"], "graph [ node [ id 0 Latitude 91 Longitude 0 ] ]").message.contains("degrees"))
    #expect(try refusal(["a", "b"], "\u{1}\u{2} nonsense").message.contains("no value"))
    #expect(try refusal(["a", "b"], "{\"nodes\": 3}").field == "nodes")
    #expect(try refusal(["a", "b"], "{\"nodes\": [\n").message.contains("not JSON"))
    #expect(try refusal(["a", "b"], String(repeating: "x [ ", count: 100_000)).message.contains("too deep"))
    #expect(throws: MapError.self) { try MapReader.read(path: "/no/such/map.gml") }
  }

  /// B4 as TEAL has it: both directions, capacities without a unit, no places.
  @Test func aMapWithoutPlaces() throws {
    let text = """
      {"directed": true, "graph": {}, "nodes": [{"id": 0}, {"id": 1}, {"id": 2}],
       "links": [{"capacity": 5000.0, "source": 0, "target": 1}, {"capacity": 5000.0, "source": 1, "target": 0},
                 {"capacity": 4000.0, "source": 1, "target": 2}, {"capacity": 5000.0, "source": 2, "target": 1}]}
      """
    let selection = try select(["0", "2"], text)
    #expect(selection.links.count == 1 && selection.links[0].kilometres == 2000)
    #expect(selection.links[0].capacity == .gigabits(4))
    #expect(selection.sites.map(\.id) == ["node-0", "node-2"])
    let notes = selection.notes.joined()
    for words in ["Mb/s is assumed", "no coordinates", "1 links have other capacities"] {
      #expect(notes.contains(words))
    }
    // With places, their great circle counts.
    let places = try MapFile("id,latitude,longitude\n0,0,0\n1,0,1\n2,0,2\n", "csv")
    let file = try MapFile(text, "json")
    var map = try MapReader.read(path: file.path)
    try MapReader.addPlaces(places.path, to: &map)
    let placed = try MapSelection(of: map, file: "map", names: ["0", "2"], routeFactor: 1, edgeKilometres: 1000)
    #expect(abs(placed.links[0].kilometres - 222.4) < 1e-9)
    let wrong = try MapFile("0,0,0\n9,1,1\n", "csv")
    let error = #expect(throws: MapError.self) { try MapReader.addPlaces(wrong.path, to: &map) }
    #expect(error?.line == 2)
  }

  // MARK: Published maps

  /// Counts that the files' descriptions state.
  @Test func publishedMapsAreRead() throws {
    for (file, nodes, edges, placeless) in [
      ("topology-zoo/Abilene.gml", 11, 14, 0), ("topology-zoo/Cogentco.gml", 197, 245, 11),
      ("topology-zoo/Interoute.gml", 110, 158, 14), ("topology-zoo/Garr201201.gml", 61, 89, 13),
      ("topology-zoo/Chinanet.gml", 42, 66, 4), ("sndlib-topohub/abilene.json", 12, 15, 0),
      ("sndlib-topohub/geant.json", 22, 36, 0), ("sndlib-topohub/nobel-eu.json", 28, 41, 0),
      ("sndlib-topohub/germany50.json", 50, 88, 0), ("b4-teal/B4.json", 12, 38, 12),
    ] {
      guard let path = sharedMap(file) else { return }
      let map = try MapReader.read(path: path)
      #expect(map.nodes.count == nodes && map.edges.count == edges, "\(file)")
      #expect(map.nodes.filter { $0.at == nil }.count == placeless, "\(file)")
    }
    // Link speeds: 77 edges of GARR.
    guard let garr = sharedMap("topology-zoo/Garr201201.gml") else { return }
    #expect(try MapReader.read(path: garr).edges.filter { $0.capacity != nil }.count == 77)
  }

  /// TopoHub states the great circle of each edge: ours agree to a kilometre in a thousand.
  @Test func greatCirclesAreTopoHubs() throws {
    guard let path = sharedMap("sndlib-topohub/germany50.json") else { return }
    let map = try MapReader.read(path: path)
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    let root = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    let edges = try #require(root["edges"] as? [[String: Any]])
    for (edge, raw) in zip(map.edges, edges) {
      let stated = try #require(raw["dist"] as? NSNumber).doubleValue
      let ours = map.nodes[edge.ends.0].at!.greatCircleKilometres(to: map.nodes[edge.ends.1].at!)
      #expect(abs(ours - stated) < 0.01 + 0.001 * stated)
    }
  }

  /// Round trips of 19 AWS regions over light on the great circle: median about 1.7, least 1.1, most 5.2 at 200 km/ms.
  @Test func roundTripsOfARegionMatrix() throws {
    guard let folder = sharedMap("rtt-aws-2020-06-05") else { return }
    let matrix = try RoundTripMatrix(folder: folder)
    #expect(matrix.pairs.count == 171)
    let all = try #require(matrix.classes.last)
    let scale = RoundTripMatrix.microsecondsPerKilometre / 5
    #expect(abs(all.median * scale - 1.7) < 0.05 && abs(all.median - 1.75) < 0.05)
    #expect(abs(all.least * scale - 1.10) < 0.02 && abs(all.most * scale - 5.19) < 0.02)
    #expect(matrix.classes.dropLast().reduce(0) { $0 + $1.pairs } == 171)
    // The default route factor is that of the best routes measured: nineteen of twenty pairs are slower.
    #expect(matrix.shareAbove(routeFactor: 1.3) > 0.94)
    #expect(matrix.line.stretch > 1.5 && matrix.line.stretch < 1.8 && matrix.line.milliseconds > 0)
  }

  @Test func roundTripFilesAreChecked() throws {
    let folder = NSTemporaryDirectory() + "rtt-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    #expect(throws: MapError.self) { try RoundTripMatrix(folder: folder) }
    try "1/2/3/0.1:us-east-2\n0.1/0.2/0.3/0:us-east-1\n".write(
      toFile: folder + "/us-east-1.dat", atomically: true, encoding: .utf8)
    try "1/4/3/0.1:us-east-1\n".write(toFile: folder + "/us-east-2.dat", atomically: true, encoding: .utf8)
    let matrix = try RoundTripMatrix(folder: folder)
    #expect(matrix.pairs.count == 1 && matrix.pairs[0].milliseconds == 3)
    try "1/4:us-east-1\n".write(toFile: folder + "/us-east-2.dat", atomically: true, encoding: .utf8)
    let error = #expect(throws: MapError.self) { try RoundTripMatrix(folder: folder) }
    #expect(error?.line == 1)
  }
}
