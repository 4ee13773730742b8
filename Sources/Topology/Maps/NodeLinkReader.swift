// SPDX-License-Identifier: Apache-2.0

import Foundation
import Quantities

/// Reads graphs in node-link JSON: SNDlib's as TopoHub converts them (`edges`, `pos` as longitude and latitude, no
/// capacities), and TEAL's B4 (`links` in both directions, `capacity` without a unit, no coordinates).
enum NodeLinkReader {
  static func read(_ bytes: [UInt8], file: String) throws(MapError) -> NetworkMap {
    let whole: Any
    do {
      whole = try JSONSerialization.jsonObject(with: Data(bytes))
    } catch {
      throw MapError(
        file: file, line: lineOfError(error, bytes), message: "it is not JSON",
        advice: "expected GML, or JSON with 'nodes' and 'edges' or 'links'")
    }
    guard let root = whole as? [String: Any], let list = root["nodes"] as? [Any] else {
      throw MapError(
        file: file, field: "nodes", message: "expected a list of nodes", advice: "this is no node-link JSON")
    }
    let key = root["edges"] is [Any] ? "edges" : "links"
    guard let links = root[key] as? [Any] else {
      throw MapError(file: file, field: "edges", message: "expected a list called 'edges' or 'links'")
    }
    var nodes: [NetworkMap.Node] = []
    var index: [String: Int] = [:]
    for (k, item) in list.enumerated() {
      let field = "nodes[\(k)]"
      guard let fields = item as? [String: Any], let id = identity(fields["id"]) else {
        throw MapError(file: file, field: field, message: "expected a group with an 'id'")
      }
      guard index[id] == nil else { throw MapError(file: file, field: field, message: "node \(id) is there twice") }
      var node = NetworkMap.Node(id: id, label: fields["name"] as? String ?? fields["label"] as? String ?? "")
      if let place = fields["pos"] {
        guard let pair = place as? [Any], pair.count == 2, let east = number(pair[0]), let north = number(pair[1])
        else {
          throw MapError(file: file, field: "\(field).pos", message: "expected [longitude, latitude]")
        }
        node.at = try GMLReader.coordinates(
          latitude: north, longitude: east, file: file, line: nil, field: "\(field).pos")
      }
      index[id] = nodes.count
      nodes.append(node)
    }
    var edges: [NetworkMap.Edge] = []
    var hasCapacity = false
    for (k, item) in links.enumerated() {
      let fields = item as? [String: Any] ?? [:]
      var ends: [Int] = []
      for end in ["source", "target"] {
        guard let id = identity(fields[end]), let node = index[id] else {
          throw MapError(
            file: file, field: "\(key)[\(k)].\(end)",
            message: identity(fields[end]).map { "there is no node \($0)" } ?? "it is missing")
        }
        ends.append(node)
      }
      var edge = NetworkMap.Edge(ends: (ends[0], ends[1]))
      if let capacity = number(fields["capacity"]), capacity > 0, capacity < 1e9 {
        edge.capacity = BitRate(Int64((capacity * 1e6).rounded()))
        hasCapacity = true
      }
      edges.append(edge)
    }
    guard !nodes.isEmpty else { throw MapError(file: file, field: "nodes", message: "the graph has no nodes") }
    let graph = root["graph"] as? [String: Any]
    var map = NetworkMap(name: graph?["name"] as? String ?? "", nodes: nodes, edges: edges)
    map.isDirected = (root["directed"] as? Bool) ?? false
    if hasCapacity { map.notes.append("Capacities in the map have no unit: Mb/s is assumed, as TEAVAR takes them.") }
    return map
  }

  private static func number(_ value: Any?) -> Double? { (value as? NSNumber)?.doubleValue }

  private static func identity(_ value: Any?) -> String? {
    if let text = value as? String { return text }
    return (value as? NSNumber).map { "\($0)" }
  }

  private static func lineOfError(_ error: any Error, _ bytes: [UInt8]) -> Int? {
    guard let offset = (error as NSError).userInfo["NSJSONSerializationErrorIndex"] as? Int else { return nil }
    return 1 + bytes.prefix(offset).count { $0 == 10 }
  }
}
