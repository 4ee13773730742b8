// SPDX-License-Identifier: Apache-2.0

/// What the command line changes in a scenario. Applied before anything is checked, so that a wrong value gets the
/// same message as in the file, with the option in the place of file and line.
public struct ScenarioOverrides: Sendable {
  /// Fields by path, in order; a later one wins. Values are YAML: "256", "800 Gb/s", "{name: dcqcn, preset: paper}".
  public var set: [(path: String, value: String)]
  /// Replaces all trace workloads and the stand-ins for one; other synthetic workloads stay. Relative to the current
  /// directory, unlike paths inside a scenario.
  public var trace: String?
  /// Format of every trace workload, or a YAML file that maps columns, relative to the current directory.
  public var format: String?
  /// Start of every trace workload's window.
  public var start: String?
  /// Length of every workload's window.
  public var until: String?
  public var policy: String?
  /// "ideal", "fluid" or "packet".
  public var network: String?
  public var congestionControl: String?
  public var seed: UInt64?

  public init(
    set: [(path: String, value: String)] = [], trace: String? = nil, format: String? = nil, start: String? = nil,
    until: String? = nil, policy: String? = nil, network: String? = nil, congestionControl: String? = nil,
    seed: UInt64? = nil
  ) {
    self.set = set
    self.trace = trace
    self.format = format
    self.start = start
    self.until = until
    self.policy = policy
    self.network = network
    self.congestionControl = congestionControl
    self.seed = seed
  }

  /// Splits the argument of `--set` at its first '=' outside of brackets.
  public static func split(_ argument: String) throws(ScenarioError) -> (path: String, value: String) {
    var depth = 0
    for index in argument.indices {
      switch argument[index] {
      case "[": depth += 1
      case "]": depth -= 1
      case "=" where depth == 0:
        return (String(argument[..<index]), String(argument[argument.index(after: index)...]))
      default: break
      }
    }
    throw ScenarioError(
      file: "--set \(argument)", line: nil, field: "", message: "expected PATH=VALUE, found no '='",
      advice: "For example: --set 'sites[*].gpus.count=256'")
  }
}
