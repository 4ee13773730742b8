// SPDX-License-Identifier: Apache-2.0

import Quantities

/// A published map of a network, as its file has it: nodes that may lack coordinates, and edges that may be parallel.
public struct NetworkMap: Sendable {
  public struct Node: Equatable, Sendable {
    /// As the file numbers it.
    public var id: String
    /// Its city or name; may be empty or shared with others.
    public var label: String
    public var at: Coordinates?
    /// Stands for a link of more than two ends, not for a place.
    public var isHyperedge = false
  }

  public struct Edge: Equatable, Sendable {
    /// Positions in ``NetworkMap/nodes``.
    public var ends: (Int, Int)
    public var capacity: BitRate?

    public static func == (a: Edge, b: Edge) -> Bool { a.ends == b.ends && a.capacity == b.capacity }
  }

  public var name: String
  public var nodes: [Node]
  public var edges: [Edge]
  /// Each edge is one direction only.
  public var isDirected = false
  /// What the reader had to take on trust, a sentence each.
  public var notes: [String] = []

  public init(name: String, nodes: [Node], edges: [Edge]) {
    self.name = name
    self.nodes = nodes
    self.edges = edges
  }
}

/// Why a map cannot be used.
public struct MapError: Error, Equatable, CustomStringConvertible, Sendable {
  public var file: String
  public var line: Int?
  public var field: String
  public var message: String
  public var advice: String

  public init(file: String, line: Int? = nil, field: String = "", message: String, advice: String = "") {
    self.file = file
    self.line = line
    self.field = field
    self.message = message
    self.advice = advice
  }

  public var description: String {
    var text = file
    if let line { text += ", line \(line)" }
    if !field.isEmpty { text += ", \(field)" }
    return text + ": " + message + (advice.isEmpty ? "" : "; \(advice)")
  }
}
