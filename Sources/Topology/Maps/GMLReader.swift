// SPDX-License-Identifier: Apache-2.0

import Quantities

/// Reads graphs in GML (Himsolt 1997) as the Internet Topology Zoo writes them: nodes with `Latitude`, `Longitude` and
/// `hyperedge`, edges with `LinkSpeedRaw` in bits a second.
enum GMLReader {
  static func read(_ bytes: [UInt8], file: String) throws(MapError) -> NetworkMap {
    var scanner = GMLScanner(bytes: bytes, file: file)
    let top = try scanner.list(closing: false)
    guard case .list(let graph)? = top.first(where: { $0.key == "graph" })?.value else {
      throw MapError(file: file, message: "expected 'graph [', found none", advice: "this is no graph in GML")
    }
    var nodes: [NetworkMap.Node] = []
    var index: [String: Int] = [:]
    for entry in graph where entry.key == "node" {
      guard case .list(let fields) = entry.value else {
        throw MapError(file: file, line: entry.line, field: "node", message: "expected 'node ['")
      }
      guard let id = text(fields, "id") else {
        throw MapError(file: file, line: entry.line, field: "node", message: "it has no 'id'")
      }
      guard index[id] == nil else {
        throw MapError(file: file, line: entry.line, field: "node.id", message: "node \(id) is there twice")
      }
      var node = NetworkMap.Node(id: id, label: text(fields, "label") ?? "")
      node.at = try coordinates(
        latitude: number(fields, "Latitude"), longitude: number(fields, "Longitude"), file: file, line: entry.line)
      node.isHyperedge = number(fields, "hyperedge") == 1
      index[id] = nodes.count
      nodes.append(node)
    }
    var edges: [NetworkMap.Edge] = []
    for entry in graph where entry.key == "edge" {
      guard case .list(let fields) = entry.value else {
        throw MapError(file: file, line: entry.line, field: "edge", message: "expected 'edge ['")
      }
      var ends: [Int] = []
      for end in ["source", "target"] {
        guard let id = text(fields, end) else {
          throw MapError(file: file, line: entry.line, field: "edge", message: "it has no '\(end)'")
        }
        guard let node = index[id] else {
          throw MapError(file: file, line: entry.line, field: "edge.\(end)", message: "there is no node \(id)")
        }
        ends.append(node)
      }
      var edge = NetworkMap.Edge(ends: (ends[0], ends[1]))
      if let rate = number(fields, "LinkSpeedRaw"), rate >= 1, rate < 1e15 { edge.capacity = BitRate(Int64(rate)) }
      edges.append(edge)
    }
    guard !nodes.isEmpty else { throw MapError(file: file, message: "the graph has no nodes") }
    var map = NetworkMap(name: text(graph, "label") ?? text(graph, "Network") ?? "", nodes: nodes, edges: edges)
    map.isDirected = number(graph, "directed") == 1
    return map
  }

  /// - Throws: for degrees that are none. One without the other counts as unknown.
  static func coordinates(
    latitude: Double?, longitude: Double?, file: String, line: Int?, field: String = "node"
  ) throws(MapError) -> Coordinates? {
    guard let latitude, let longitude else { return nil }
    guard abs(latitude) <= 90, abs(longitude) <= 180 else {
      throw MapError(
        file: file, line: line, field: field, message: "expected degrees, found \(latitude) north and \(longitude) east"
      )
    }
    return Coordinates(latitude: latitude, longitude: longitude)
  }

  private static func text(_ fields: [GMLScanner.Entry], _ key: String) -> String? {
    guard let entry = fields.first(where: { $0.key == key }), case .text(let text) = entry.value else { return nil }
    return text
  }

  private static func number(_ fields: [GMLScanner.Entry], _ key: String) -> Double? {
    text(fields, key).flatMap { Quantity.parseNumber($0) }
  }
}

/// Keys and values of GML, with the line of each.
struct GMLScanner {
  struct Entry {
    var key: String
    var value: Value
    var line: Int
  }
  indirect enum Value {
    case text(String)
    case list([Entry])
  }

  let bytes: [UInt8]
  let file: String
  private var at = 0
  private var line = 1
  private var depth = 0

  init(bytes: [UInt8], file: String) {
    self.bytes = bytes
    self.file = file
  }

  /// Entries up to the end of the list or of the file.
  mutating func list(closing: Bool) throws(MapError) -> [Entry] {
    var entries: [Entry] = []
    let begin = line
    while true {
      skipBlanks()
      guard at < bytes.count else {
        if closing { throw MapError(file: file, line: begin, message: "the list that begins here is not closed") }
        return entries
      }
      if bytes[at] == UInt8(ascii: "]") {
        guard closing else { throw MapError(file: file, line: line, message: "']' closes nothing") }
        at += 1
        return entries
      }
      let place = line
      let key = word()
      guard let first = key.utf8.first, (first | 32) >= 97, (first | 32) <= 122 else {
        throw MapError(file: file, line: place, message: "expected a key, found '\(key.prefix(20))'")
      }
      skipBlanks()
      entries.append(Entry(key: key, value: try value(of: key), line: place))
    }
  }

  private mutating func value(of key: String) throws(MapError) -> Value {
    guard at < bytes.count else { throw MapError(file: file, line: line, field: key, message: "it has no value") }
    switch bytes[at] {
    case UInt8(ascii: "["):
      at += 1
      depth += 1
      guard depth <= 32 else {
        throw MapError(file: file, line: line, field: key, message: "lists are nested too deep")
      }
      let entries = try list(closing: true)
      depth -= 1
      return .list(entries)
    case UInt8(ascii: "\""):
      let begin = line
      at += 1
      let start = at
      while at < bytes.count, bytes[at] != UInt8(ascii: "\"") {
        if bytes[at] == 10 { line += 1 }
        at += 1
      }
      guard at < bytes.count else {
        throw MapError(file: file, line: begin, field: key, message: "the text that begins here is not closed")
      }
      let text = String(decoding: bytes[start..<at], as: UTF8.self)
      at += 1
      return .text(GMLScanner.withoutEntities(text))
    default: return .text(word())
    }
  }

  private mutating func skipBlanks() {
    while at < bytes.count {
      if bytes[at] == 10 { line += 1 }
      if bytes[at] == UInt8(ascii: "#") {
        while at < bytes.count, bytes[at] != 10 { at += 1 }
      } else if bytes[at] <= 32 {
        at += 1
      } else {
        return
      }
    }
  }

  private mutating func word() -> String {
    let start = at
    while at < bytes.count, bytes[at] > 32, bytes[at] != UInt8(ascii: "["), bytes[at] != UInt8(ascii: "]") { at += 1 }
    if at == start, at < bytes.count { at += 1 }
    return String(decoding: bytes[start..<at], as: UTF8.self)
  }

  /// GML keeps other characters than ASCII as `&name;` or `&#number;`.
  static func withoutEntities(_ text: String) -> String {
    guard text.contains("&") else { return text }
    let names = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": " "]
    var result = ""
    var rest = text[...]
    while let begin = rest.firstIndex(of: "&") {
      result += rest[..<begin]
      rest = rest[begin...]
      guard let end = rest.firstIndex(of: ";"), rest.distance(from: begin, to: end) <= 10 else { break }
      let name = String(rest[rest.index(after: begin)..<end])
      var value = names[name]
      if name.hasPrefix("#") {
        let digits = name.dropFirst()
        let code = digits.hasPrefix("x") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
        value = code.flatMap { Unicode.Scalar($0) }.map { String(Character($0)) }
      }
      result += value ?? String(rest[begin...end])
      rest = rest[rest.index(after: end)...]
    }
    return result + rest
  }
}
