// SPDX-License-Identifier: Apache-2.0

/// Cuts the text of a policy into its parts and looks each of them up in the catalogue.
struct PolicySpecParser {
  private let spec: String
  private let characters: [Character]
  private var position = 0

  init(_ text: String) {
    spec = text
    characters = Array(text)
  }

  /// The sign before each kind of part, in the order in which they must stand.
  private static let signs: [(sign: Character, kind: PolicyPartKind)] = [
    ("+", .backfill), ("@", .placement), ("~", .shift),
  ]

  mutating func parse() throws(PolicySpecError) -> (
    order: PolicyPartUse, backfill: PolicyPartUse?, placement: PolicyPartUse?, shift: PolicyPartUse?
  ) {
    if spec.hasPrefix("external:") {
      throw PolicySpecError(
        spec: spec, found: spec, column: 1,
        problem: "a policy in another process has no parts: it is not a composed policy")
    }
    let order = try parsePart(.order)
    if PolicyCatalogue.policies.contains(where: { $0.part.name == order.name }), position < characters.count {
      throw failure(
        "'\(order.name)' decides everything itself and takes no other parts", found: String(characters[position]),
        at: position)
    }
    var uses: [PolicyPartKind: PolicyPartUse] = [:]
    var allowed = 0
    while position < characters.count {
      let sign = characters[position]
      guard let index = Self.signs.firstIndex(where: { $0.sign == sign }) else {
        throw failure("'\(sign)' where '+', '@', '~' or the end should be", found: String(sign), at: position)
      }
      let kind = Self.signs[index].kind
      guard index >= allowed else {
        throw failure(
          "'\(sign)' comes too late or twice: the form is ORDER[+BACKFILL][@PLACEMENT][~SHIFT]", found: String(sign),
          at: position)
      }
      allowed = index + 1
      let start = position
      position += 1
      uses[kind] = try parsePart(kind)
      if kind == .backfill { try checkBackfill(of: order, at: start) }
    }
    return (order, uses[.backfill], uses[.placement], uses[.shift])
  }

  /// Backfilling puts a reservation in front of jobs that do not fit; an order that skips or preempts has none.
  private func checkBackfill(of order: PolicyPartUse, at start: Int) throws(PolicySpecError) {
    let (type, skips) = PolicyCatalogue.order(named: order.name)
    let strict = PolicyCatalogue.orders.filter { !$0.preempts }.map { $0.part.name }.joined(separator: ", ")
    if type.preempts {
      throw failure(
        "'\(order.name)' preempts, so no job waits behind a reservation: leave out '+', or use one of: \(strict)",
        found: order.name, at: start)
    }
    if skips {
      throw failure(
        "'\(order.name)' already starts whatever fits, so nothing is reserved: write '\(type.part.name)+...'",
        found: order.name, at: start)
    }
  }

  private mutating func parsePart(_ kind: PolicyPartKind) throws(PolicySpecError) -> PolicyPartUse {
    let (name, start) = readWord(endingAt: "+@~()")
    let isFirst = kind == .order
    let parts = PolicyCatalogue.parts(of: kind) + (isFirst ? PolicyCatalogue.parts(of: .policy) : [])
    // A preset may stand where an order does, alone; here it is only a name that is known.
    let names = parts.map(\.name) + (isFirst ? PolicyCatalogue.presets.map(\.name) : [])
    guard !name.isEmpty else {
      throw failure("the name of the \(kind.rawValue) is missing", found: "", at: start, known: names)
    }
    guard let part = parts.first(where: { $0.name == name }) else {
      throw unknownPart(name, kind: kind, names: names, at: start)
    }
    var arguments: [PolicyPartUse.Argument] = []
    if position < characters.count, characters[position] == "(" {
      arguments = try parseArguments(of: part)
    }
    return PolicyPartUse(name: name, arguments: arguments)
  }

  private func unknownPart(_ name: String, kind: PolicyPartKind, names: [String], at start: Int) -> PolicySpecError {
    if let preset = PolicyCatalogue.presets.first(where: { $0.name == name }) {
      return failure(
        "'\(name)' is a preset and stands alone: write out what it stands for, '\(preset.spec)'", found: name, at: start
      )
    }
    if PolicyCatalogue.parts(of: .policy).contains(where: { $0.name == name }) {
      return failure("'\(name)' is a whole policy and stands alone", found: name, at: start)
    }
    for (sign, other) in Self.signs where other != kind {
      if PolicyCatalogue.parts(of: other).contains(where: { $0.name == name }) {
        let example = kind == .order ? "fifo\(sign)\(name)" : "...\(sign)\(name)"
        return failure(
          "'\(name)' is not a kind of \(kind.rawValue) but of \(other.rawValue): write '\(example)'", found: name,
          at: start, known: names)
      }
    }
    return failure(
      "there is no \(kind.rawValue) '\(name)'", found: name, at: start,
      suggestion: nearestName(to: name, among: names), known: names)
  }

  /// Reads `(name=value,...)`, from the opening bracket on.
  private mutating func parseArguments(of part: PolicyPart) throws(PolicySpecError) -> [PolicyPartUse.Argument] {
    let opening = position
    let names = part.parameters.map(\.name)
    var arguments: [PolicyPartUse.Argument] = []
    repeat {
      position += 1
      let (name, start) = readWord(endingAt: "=,()")
      guard let parameter = part.parameters.first(where: { $0.name == name }) else {
        let problem =
          names.isEmpty ? "'\(part.name)' takes no parameters" : "'\(part.name)' takes no parameter '\(name)'"
        throw failure(
          problem, found: name, at: start, suggestion: nearestName(to: name, among: names), known: names)
      }
      guard !arguments.contains(where: { $0.name == name }) else {
        throw failure("'\(name)' is given twice", found: name, at: start)
      }
      guard position < characters.count, characters[position] == "=" else {
        throw failure("'\(name)' has no value: write '\(name)=...'", found: name, at: start)
      }
      position += 1
      let (text, valueStart) = readWord(endingAt: ",()")
      guard let value = parameter.value(of: text) else {
        throw failure("'\(name)' is '\(text)' where \(parameter.form) should be", found: text, at: valueStart)
      }
      arguments.append(.init(name: name, text: text, value: value))
    } while position < characters.count && characters[position] == ","
    guard position < characters.count, characters[position] == ")" else {
      throw failure("this bracket is not closed", found: "(", at: opening)
    }
    position += 1
    while position < characters.count, characters[position] == " " { position += 1 }
    return arguments
  }

  /// Reads up to one of the given characters and leaves out spaces around. Also tells where the word starts.
  private mutating func readWord(endingAt stops: String) -> (word: String, start: Int) {
    while position < characters.count, characters[position] == " " { position += 1 }
    let start = position
    while position < characters.count, !stops.contains(characters[position]) { position += 1 }
    var end = position
    while end > start, characters[end - 1] == " " { end -= 1 }
    return (String(characters[start..<end]), start)
  }

  private func failure(
    _ problem: String, found: String, at start: Int, suggestion: String? = nil, known: [String] = []
  ) -> PolicySpecError {
    PolicySpecError(
      spec: spec, found: found, column: start + 1, problem: problem, suggestion: suggestion, known: known)
  }
}

extension PolicySpecParser {
  /// Reads a policy that is no composition: the name of `part`, and its parameters in brackets.
  mutating func parseAlone(_ part: PolicyPart) throws(PolicySpecError) -> PolicyPartUse {
    _ = readWord(endingAt: "(")
    var arguments: [PolicyPartUse.Argument] = []
    if position < characters.count { arguments = try parseArguments(of: part) }
    guard position == characters.count else {
      throw failure("something follows the closing bracket", found: String(characters[position...]), at: position)
    }
    return PolicyPartUse(name: part.name, arguments: arguments)
  }
}
