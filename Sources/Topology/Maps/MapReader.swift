// SPDX-License-Identifier: Apache-2.0

import Foundation
import Quantities

public enum MapReader {
  /// The most that a map may be; the largest published ones have a few hundred kilobytes.
  static let mostBytes = 64 << 20

  /// Reads a map in GML or node-link JSON, whichever the file holds.
  ///
  /// - Throws: ``MapError`` with line or field for what cannot be read.
  public static func read(path: String) throws(MapError) -> NetworkMap {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw MapError(
        file: path, message: "there is no such file, or it cannot be read",
        advice: "maps of the Internet Topology Zoo end in .gml, those of TopoHub and TEAL in .json")
    }
    guard data.count <= mostBytes else { throw MapError(file: path, message: "it is larger than 64 MB, so no map") }
    let bytes = [UInt8](data)
    let first = bytes.first { $0 > 32 && $0 < 128 }
    var map =
      first == UInt8(ascii: "{")
      ? try NodeLinkReader.read(bytes, file: path) : try GMLReader.read(bytes, file: path)
    if map.name.isEmpty { map.name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent }
    return map
  }

  /// Adds coordinates from a CSV with the columns `id,latitude,longitude`, where id is a node's id or label.
  ///
  /// - Throws: ``MapError`` for a line that has no three fields or names no node.
  public static func addPlaces(_ path: String, to map: inout NetworkMap) throws(MapError) {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
      throw MapError(file: path, message: "there is no such file, or it is not UTF-8 text")
    }
    for (k, line) in text.split(whereSeparator: \.isNewline).enumerated() {
      if k == 0, line.lowercased().hasPrefix("id") || line.hasPrefix("#") { continue }
      let fields = line.split(separator: ",", omittingEmptySubsequences: false).map {
        $0.trimmingCharacters(in: .whitespaces)
      }
      guard fields.count == 3 else {
        throw MapError(file: path, line: k + 1, message: "expected id,latitude,longitude, found '\(line)'")
      }
      guard let latitude = Quantity.parseNumber(fields[1]), let longitude = Quantity.parseNumber(fields[2]) else {
        throw MapError(file: path, line: k + 1, message: "expected degrees north and east, found '\(line)'")
      }
      guard let node = map.nodes.firstIndex(where: { $0.id == fields[0] || $0.label == fields[0] }) else {
        throw MapError(file: path, line: k + 1, field: "id", message: "the map has no node '\(fields[0])'")
      }
      map.nodes[node].at = try GMLReader.coordinates(
        latitude: latitude, longitude: longitude, file: path, line: k + 1, field: "latitude and longitude")
    }
  }
}
