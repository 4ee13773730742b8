// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// How a training job that is split over sites divides its work, and so what has to cross between them.
///
/// Written as a name with parameters in brackets, in scenarios (`models: {parallelism: ...}`) and in traces:
///
///     data                                            all-reduce of all gradients in every step
///     data(overlap=none, precision=32)
///     pipeline(micro_batches=32, stages=2, in_flight=4)
///     diloco(local_steps=100)                         all-reduce of all parameters every so many steps
///     streaming-diloco(local_steps=100, fragment_layers=3, overlap_steps=1, precision=4)
///
/// What each costs is in ``IterationTime`` and in Documentation/JobModels.md.
public struct Parallelism: Equatable, Hashable, Sendable {
  public enum Kind: UInt8, CaseIterable, Sendable {
    /// Synchronous data-parallel training: hierarchical all-reduce of the gradients in every step.
    case data = 0
    /// Layers are cut into stages, a run of stages for each site; activations and their gradients cross.
    case pipeline = 1
    /// Distributed low-communication training (DiLoCo, arXiv 2311.08105): sites train alone for some steps, then
    /// average. Also covers DiLoCoX's one-step delay (`overlap_steps` = `local_steps`) and compression.
    case diloco = 2
    /// Streaming DiLoCo (arXiv 2501.18512): the same, a fragment of the layers at a time.
    case streamingDiloco = 3

    public var name: String {
      switch self {
      case .data: "data"
      case .pipeline: "pipeline"
      case .diloco: "diloco"
      case .streamingDiloco: "streaming-diloco"
      }
    }
  }

  public var kind: Kind
  /// Data-parallel: gradients of a layer travel between sites while layers below it are still computed. Inside a site
  /// they always do.
  public var overlap = true
  /// Bits of each number that crosses between sites.
  public var precision: UInt16 = 16
  /// How much smaller what crosses is beside its precision, by low rank or sparsity.
  public var compression: UInt16 = 1
  /// Steps of a site between two synchronisations of the same parameters.
  public var localSteps: UInt16 = 100
  /// Layers of a fragment.
  public var fragmentLayers: UInt16 = 3
  /// Whole steps for which a site computes on while a synchronisation is under way.
  public var overlapSteps: UInt16 = 0
  public var microBatches: UInt16 = 32
  /// Stages of the whole pipeline; 0 for one at each site.
  public var stages: UInt16 = 0
  /// Micro-batches that may be under way at once; 0 for one for each stage, as in the 1F1B schedule.
  public var inFlight: UInt16 = 0

  public init(_ kind: Kind) {
    self.kind = kind
    if kind == .streamingDiloco {
      // The method as its paper recommends it.
      precision = 4
      overlapSteps = 1
    }
  }

  public static let data = Parallelism(.data)

  /// Whether sites train alone between synchronisations.
  public var isLocal: Bool { kind == .diloco || kind == .streamingDiloco }

  // MARK: Text

  /// A parameter, with what it may be.
  struct Parameter: Sendable {
    var name: String
    var field: WritableKeyPath<Parallelism, UInt16> & Sendable
    var range: ClosedRange<Int>
  }

  static func parameters(of kind: Kind) -> [Parameter] {
    let precision = Parameter(name: "precision", field: \.precision, range: 1...64)
    let compression = Parameter(name: "compression", field: \.compression, range: 1...10_000)
    let local = Parameter(name: "local_steps", field: \.localSteps, range: 1...10_000)
    let overlap = Parameter(name: "overlap_steps", field: \.overlapSteps, range: 0...10_000)
    switch kind {
    case .data: return [precision]
    case .pipeline:
      return [
        Parameter(name: "micro_batches", field: \.microBatches, range: 1...10_000),
        Parameter(name: "stages", field: \.stages, range: 0...10_000),
        Parameter(name: "in_flight", field: \.inFlight, range: 0...10_000), precision,
      ]
    case .diloco: return [local, overlap, precision, compression]
    case .streamingDiloco:
      return [
        local, Parameter(name: "fragment_layers", field: \.fragmentLayers, range: 1...10_000), overlap, precision,
        compression,
      ]
    }
  }

  /// Every parameter written out; ``init(parsing:)`` reads it back as the same value.
  public var text: String {
    var parts = Parallelism.parameters(of: kind).map { "\($0.name)=\(self[keyPath: $0.field])" }
    if kind == .data { parts.insert("overlap=\(overlap ? "layers" : "none")", at: 0) }
    return "\(kind.name)(\(parts.joined(separator: ", ")))"
  }

  /// Why a text names no parallelism that a job can have across sites.
  public struct Refusal: Error, Equatable, CustomStringConvertible {
    public var message: String
    public var advice: String
    public init(message: String, advice: String) {
      self.message = message
      self.advice = advice
    }
    public var description: String { advice.isEmpty ? message : "\(message); \(advice)" }
  }

  /// Reads "data" or "diloco(local_steps=50, precision=4)".
  public init(parsing text: String) throws(Refusal) {
    let trimmed = text.filter { !$0.isWhitespace }
    var name = trimmed
    var list: [(String, String)] = []
    if let open = trimmed.firstIndex(of: "(") {
      guard trimmed.hasSuffix(")") else {
        throw Refusal(
          message: "'\(text)' opens a bracket that it does not close", advice: "write name(parameter=value)")
      }
      name = String(trimmed[..<open])
      for part in trimmed[trimmed.index(after: open)...].dropLast().split(separator: ",") {
        let pair = part.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
        guard pair.count == 2, !pair[0].isEmpty else {
          throw Refusal(
            message: "expected parameter=value, found '\(part)'", advice: "write, for example, precision=16")
        }
        list.append((pair[0], pair[1]))
      }
    }
    try self.init(name: name, parameters: list)
  }

  /// - Parameter parameters: names and values in any order.
  public init(name: String, parameters: [(String, String)]) throws(Refusal) {
    if name == "expert" || name == "expert-parallel" || name == "mixture-of-experts" {
      throw Parallelism.expertRefusal
    }
    guard let kind = Kind.allCases.first(where: { $0.name == name }) else {
      let known = Kind.allCases.map(\.name)
      let near = Spelling.nearest(name, in: known).map { "did you mean '\($0)'?" }
      throw Refusal(
        message: "'\(name)' is not a parallelism", advice: near ?? "known are \(known.joined(separator: ", "))")
    }
    self.init(kind)
    var seen: Set<String> = []
    for (key, value) in parameters {
      guard seen.insert(key).inserted else {
        throw Refusal(message: "'\(key)' is given twice", advice: "keep one of them")
      }
      if kind == .data, key == "overlap" {
        guard ["layers", "none"].contains(value) else {
          throw Refusal(message: "expected overlap=layers or overlap=none, found '\(value)'", advice: "")
        }
        overlap = value == "layers"
        continue
      }
      let known = Parallelism.parameters(of: kind)
      guard let parameter = known.first(where: { $0.name == key }) else {
        let names = (kind == .data ? ["overlap"] : []) + known.map(\.name)
        let near = Spelling.nearest(key, in: names).map { "did you mean '\($0)'?" }
        throw Refusal(
          message: "'\(kind.name)' has no parameter '\(key)'",
          advice: near ?? "it has \(names.joined(separator: ", "))")
      }
      guard let number = Int(value), parameter.range.contains(number) else {
        throw Refusal(
          message: "expected \(key) from \(parameter.range.lowerBound) to \(parameter.range.upperBound), a whole "
            + "number, found '\(value)'", advice: "")
      }
      self[keyPath: parameter.field] = UInt16(number)
    }
  }

  /// Why experts of one model are not spread over sites.
  public static let expertRefusal = Refusal(
    message:
      "the experts of a mixture are not spread over sites: every mixture layer sends its tokens to their experts "
      + "and back, forward and again backward, four all-to-all exchanges that the next operation waits for. 61 layers "
      + "(DeepSeek-V3) at 10 ms of round trip wait 61 x 4 x 5 ms = 1.2 s a micro-batch for propagation alone, and "
      + "nothing is left to compute meanwhile",
    advice: "split it by 'data', 'pipeline', 'diloco' or 'streaming-diloco': each site then holds all experts of its "
      + "layers")
}

extension Parallelism: FixedLayout {
  public func encode(into writer: inout ByteWriter) {
    writer.write(kind.rawValue)
    writer.write(overlap)
    for value in [
      precision, compression, localSteps, fragmentLayers, overlapSteps, microBatches, stages, inFlight,
    ] { writer.write(value) }
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    let raw: UInt8 = try reader.read()
    guard let kind = Kind(rawValue: raw) else { throw .badValue("parallelism \(raw)") }
    self.init(kind)
    overlap = try reader.readBool()
    precision = try reader.read()
    compression = try reader.read()
    localSteps = try reader.read()
    fragmentLayers = try reader.read()
    overlapSteps = try reader.read()
    microBatches = try reader.read()
    stages = try reader.read()
    inFlight = try reader.read()
  }
}
