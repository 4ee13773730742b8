// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// An algorithm with its constants, as a scenario names it: the recipe from which each flow gets its controller.
public enum Algorithm: Equatable, Sendable {
  case distanceAware(DistanceAwareParameters)
  case cubic(Cubic.Parameters)
  case dcqcn(DCQCN.Parameters)

  /// Name, what it is, presets: for the catalogue and for error messages.
  public static let catalogue: [(name: String, definition: String, presets: [String])] = [
    ("cubic", "CUBIC, RFC 9438: loss-based window", []),
    ("dcqcn", "DCQCN, SIGCOMM 2015: rate from ECN marks", ["paper", "vendor", "long-haul"]),
    (
      "distance-aware",
      "explicit max-min rates from the ports, granted only as capacity is released; modelled on what is public of "
        + "Spectrum-XGS", []
    ),
  ]

  public var name: String {
    switch self {
    case .distanceAware: return "distance-aware"
    case .cubic: return "cubic"
    case .dcqcn: return "dcqcn"
    }
  }

  public var signals: Signals {
    switch self {
    case .distanceAware: return [.explicitRate, .loss]
    case .cubic: return [.delay, .loss]
    case .dcqcn: return [.marks, .loss]
    }
  }

  /// How long the algorithm's steady state takes to repeat.
  public var cycle: Cycle {
    switch self {
    case .distanceAware: return .none
    case .cubic: return .betweenDecreases
    case .dcqcn: return .roundTrips(32)
    }
  }

  /// - Throws: ``AlgorithmError`` that names what is known when a name, preset or parameter is not, and for a value that a
  ///   parameter cannot take.
  public init(name: String, preset: String?, parameters: [(String, Double)]) throws(AlgorithmError) {
    guard let row = Algorithm.catalogue.first(where: { $0.name == name }) else {
      throw AlgorithmError(
        message: "unknown congestion control '\(name)'",
        known: Algorithm.catalogue.map(\.name))
    }
    if let preset, !row.presets.contains(preset) {
      throw AlgorithmError(message: "'\(name)' has no preset '\(preset)'", known: row.presets)
    }
    // From here on every name is known and every value possible.
    try Algorithm.check(parameters, of: name)
    switch name {
    case "cubic":
      var p = Cubic.Parameters()
      for (key, value) in parameters {
        switch key {
        case "scale": p.scale = value
        case "beta": p.beta = value
        case "fast_convergence": p.fastConvergence = value != 0
        case "initial_packets": p.initialPackets = value
        default: break
        }
      }
      self = .cubic(p)
    case "dcqcn":
      var p: DCQCN.Parameters
      switch preset {
      case "vendor": p = .vendor
      case "long-haul": p = .longHaul
      default: p = .paper
      }
      for (key, value) in parameters {
        switch key {
        case "g": p.g = value
        case "alpha_timer_us": p.alphaTimer = .seconds(value / 1e6)
        case "notification_interval_us": p.notificationInterval = .seconds(value / 1e6)
        case "increase_timer_us": p.increaseTimer = .seconds(value / 1e6)
        case "byte_counter": p.byteCounter = value
        case "fast_recovery": p.fastRecovery = Int(value)
        case "additive_mbps": p.additive = value * 1e6
        case "hyper_mbps": p.hyper = value * 1e6
        default: break
        }
      }
      self = .dcqcn(p)
    default:
      var p = DistanceAwareParameters()
      for (key, value) in parameters {
        switch key {
        case "utilisation": p.utilisation = value
        case "threshold": p.threshold = value
        default: break
        }
      }
      guard p.threshold <= 1 - p.utilisation + 1e-12 else {
        throw AlgorithmError(
          message: "parameter 'threshold' of '\(name)': expected at most 1 - utilisation = \(1 - p.utilisation), found "
            + "\(p.threshold)", known: [])
      }
      self = .distanceAware(p)
    }
  }

  public func controller(for context: FlowContext) -> Controller {
    switch self {
    case .distanceAware: return .distanceAware(DistanceAware(context: context))
    case .cubic(let p): return .cubic(Cubic(context: context, parameters: p))
    case .dcqcn(let p): return .dcqcn(DCQCN(context: context, parameters: p))
    }
  }
}

/// What ports do for distance-aware flows.
public struct DistanceAwareParameters: Equatable, Sendable {
  /// Share of the capacity that ports hand out; the rest drains what a change of capacity has queued.
  public var utilisation = 0.99
  /// Relative changes of a grant below this are not sent. At most 1 - utilisation, or commitments could exceed the
  /// capacity.
  public var threshold = 0.005
  public init() {}
}

public struct AlgorithmError: Error, Equatable, CustomStringConvertible {
  public var message: String
  public var known: [String]
  public var description: String {
    known.isEmpty ? message : "\(message): known are \(known.joined(separator: ", "))"
  }
}

/// One of the controllers, without the cost of an existential.
public enum Controller: CongestionController, Equatable {
  case distanceAware(DistanceAware)
  case cubic(Cubic)
  case dcqcn(DCQCN)

  public var rate: BitRate {
    switch self {
    case .distanceAware(let c): return c.rate
    case .cubic(let c): return c.rate
    case .dcqcn(let c): return c.rate
    }
  }
  public var window: Double? {
    switch self {
    case .distanceAware(let c): return c.window
    case .cubic(let c): return c.window
    case .dcqcn(let c): return c.window
    }
  }
  public var deadline: Time {
    switch self {
    case .distanceAware(let c): return c.deadline
    case .cubic(let c): return c.deadline
    case .dcqcn(let c): return c.deadline
    }
  }
  public var decreases: UInt32 {
    switch self {
    case .distanceAware(let c): return c.decreases
    case .cubic(let c): return c.decreases
    case .dcqcn(let c): return c.decreases
    }
  }

  public mutating func update(_ feedback: Feedback) {
    switch self {
    case .distanceAware(var c):
      c.update(feedback)
      self = .distanceAware(c)
    case .cubic(var c):
      c.update(feedback)
      self = .cubic(c)
    case .dcqcn(var c):
      c.update(feedback)
      self = .dcqcn(c)
    }
  }

  public mutating func skip(from: Time, to: Time) {
    switch self {
    case .distanceAware: break
    case .cubic(var c):
      c.skip(from: from, to: to)
      self = .cubic(c)
    case .dcqcn(var c):
      c.skip(from: from, to: to)
      self = .dcqcn(c)
    }
  }

  public func encode(into writer: inout ByteWriter) {
    switch self {
    case .distanceAware(let c):
      writer.write(UInt8(0))
      writer.write(c)
    case .cubic(let c):
      writer.write(UInt8(1))
      writer.write(c)
    case .dcqcn(let c):
      writer.write(UInt8(2))
      writer.write(c)
    }
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    let tag: UInt8 = try reader.read()
    switch tag {
    case 0: self = .distanceAware(try reader.read())
    case 1: self = .cubic(try reader.read())
    case 2: self = .dcqcn(try reader.read())
    default: throw .badValue("kind of controller \(tag)")
    }
  }
}
