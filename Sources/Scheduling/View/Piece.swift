// SPDX-License-Identifier: Apache-2.0

import Simulation

/// GPUs of one node that a job holds.
public struct NodeShare: Equatable, Hashable, Sendable {
  /// Index of the node in its site.
  public var node: Int32
  public var gpus: Int32

  public init(node: Int32, gpus: Int32) {
    self.node = node
    self.gpus = gpus
  }
}

/// The part of a job that stands on one site. A job on one site has one piece, a split job one for each of its sites.
public struct Piece: Equatable, Hashable, Sendable {
  /// Index of the site in the view, where sites are sorted by name.
  public var site: Int32
  public var gpus: Int32
  /// Where in the site, in order of node; the shares sum to `gpus`. Filled by every placement, also by those that
  /// treat a site as one pool, so that the books of nodes are exact. Empty only for a job without GPUs.
  public var nodes: [NodeShare]

  public init(site: Int32, gpus: Int32, nodes: [NodeShare]) {
    self.site = site
    self.gpus = gpus
    self.nodes = nodes
  }
}

extension NodeShare: FixedLayout {
  public func encode(into writer: inout ByteWriter) {
    writer.write(node)
    writer.write(gpus)
  }
  public init(from reader: inout ByteReader) throws(WireError) {
    node = try reader.read()
    gpus = try reader.read()
  }
}

extension Piece: FixedLayout {
  public func encode(into writer: inout ByteWriter) {
    writer.write(site)
    writer.write(gpus)
    writer.write(nodes)
  }
  public init(from reader: inout ByteReader) throws(WireError) {
    site = try reader.read()
    gpus = try reader.read()
    nodes = try reader.readArray()
  }
}
