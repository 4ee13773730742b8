// SPDX-License-Identifier: Apache-2.0

import Quantities

/// What a policy answers with when it is asked: decisions, in the order in which they are carried out, and when it wants
/// to be asked again though nothing happens.
public struct PolicyAnswer: Equatable, Sendable {
  public var decisions: [Decision]
  /// Never: only when something happens.
  public var look: Time

  public init(decisions: [Decision] = [], look: Time = .never) {
    self.decisions = decisions
    self.look = look
  }
}

/// Why an answer is refused. `decision` is the part of the answer that is wrong, as it was sent.
public struct AnswerError: Error, Equatable, CustomStringConvertible {
  public var decision: String
  public var problem: String
  public var description: String { decision.isEmpty ? problem : "\(decision): \(problem)" }

  public init(decision: String, problem: String) {
    self.decision = decision.utf8.count > 600 ? String(decision.prefix(600)) + "..." : decision
    self.problem = problem
  }
}

/// What a policy may send.
public enum PolicyWord: Equatable, Sendable {
  case hello(name: String)
  case answer(PolicyAnswer)
  /// How long would this job hold its GPUs on these pieces?
  case ask(job: Int32, pieces: [Piece])
  /// What will energy cost there in that time, as far as it may be known?
  case forecast(site: Int32, from: Time, until: Time)
  /// It gives up, and says why.
  case failed(String)

  /// Reads what a policy sent, and completes it: pieces without nodes are laid on free GPUs in order of node, each after
  /// the starts before it.
  ///
  /// - Throws: ``AnswerError`` for what is no JSON, no word of the protocol, or cannot be read against the view. What the
  ///   fleet cannot carry out beyond that, ``checkDecisions(_:against:)`` refuses.
  public init(parsing bytes: [UInt8], view: FleetView) throws(AnswerError) {
    let sent = String(decoding: bytes.prefix(600), as: UTF8.self)
    let value: JSONValue
    do {
      value = try JSONValue(parsing: bytes)
    } catch {
      throw AnswerError(decision: sent, problem: "this is no JSON: \(error)")
    }
    guard let type = value["type"]?.text else {
      throw AnswerError(decision: sent, problem: "expected an object with a field 'type'")
    }
    switch type {
    case "hello":
      guard value["protocol"]?.whole == PolicyProtocol.version else {
        throw AnswerError(
          decision: sent, problem: "the policy speaks another protocol, expected \"protocol\":\(PolicyProtocol.version)"
        )
      }
      self = .hello(name: value["name"]?.text ?? "")
    case "error": self = .failed(value["reason"]?.text ?? sent)
    case "ask":
      var reader = AnswerReader(view)
      let job = try reader.job(value)
      self = .ask(job: job, pieces: try reader.pieces(value, of: job, isBooked: false))
    case "forecast":
      let reader = AnswerReader(view)
      let (from, until) = (try reader.instant(value, "from_s"), try reader.instant(value, "until_s"))
      guard let site = reader.site(value) else {
        throw AnswerError(decision: sent, problem: "expected a 'site' from 0 to \(view.sites.count - 1), or its name")
      }
      guard from >= view.now, until > from else {
        throw AnswerError(
          decision: sent,
          problem:
            "expected a time from now on, which is \(JSONValue.seconds(view.now)) s, and an end after its beginning")
      }
      self = .forecast(site: site, from: from, until: until)
    case "decisions":
      var reader = AnswerReader(view)
      self = .answer(try reader.answer(value))
    default:
      throw AnswerError(
        decision: sent, problem: "unknown type '\(type)', expected hello, decisions, ask, forecast or error")
    }
  }
}

/// Reads decisions one by one, with a ledger of what those before have taken.
private struct AnswerReader {
  let view: FleetView
  var sites: [SiteState]

  init(_ view: FleetView) {
    self.view = view
    sites = view.sites
  }

  mutating func answer(_ value: JSONValue) throws(AnswerError) -> PolicyAnswer {
    var answer = PolicyAnswer()
    guard let list = value["decisions"]?.items else {
      throw AnswerError(decision: value.line, problem: "expected a list 'decisions'")
    }
    for item in list {
      switch item["type"]?.text {
      case "start":
        let job = try job(item)
        answer.decisions.append(.start(job: job, pieces: try pieces(item, of: job, isBooked: true)))
      case "preempt": answer.decisions.append(.preempt(job: try job(item)))
      case "retune": answer.decisions.append(.retune(wavelengths: try wavelengths(item)))
      default:
        throw AnswerError(decision: item.line, problem: "expected a 'type' of start, preempt or retune")
      }
    }
    if let look = value["look_s"], look != .null {
      // As text, so that what is recorded reads back to the tick.
      guard case .number(let text) = look, let time = try? Time.parse(text + " s") else {
        throw AnswerError(
          decision: "\"look_s\":\(look.line)", problem: "expected seconds from the start of the run as a number")
      }
      answer.look = time
      guard answer.look > view.now else {
        throw AnswerError(
          decision: "\"look_s\":\(look.line)",
          problem: "expected an instant after now, which is \(JSONValue.seconds(view.now)) s")
      }
    }
    return answer
  }

  private func wavelengths(_ item: JSONValue) throws(AnswerError) -> [Int32] {
    let list = (item["wavelengths"]?.items ?? []).compactMap { $0.whole.flatMap { Int32(exactly: $0) } }
    guard !list.isEmpty, list.count == item["wavelengths"]?.items?.count else {
      throw AnswerError(decision: item.line, problem: "expected whole numbers 'wavelengths', one for each link")
    }
    return list
  }

  /// By number or by name; nil if there is none.
  func site(_ item: JSONValue) -> Int32? {
    if let name = item["site"]?.text { return view.sites.firstIndex { $0.name == name }.map { Int32($0) } }
    guard let index = item["site"]?.whole, index >= 0, index < view.sites.count else { return nil }
    return Int32(index)
  }

  /// From the text, which is exact.
  func instant(_ item: JSONValue, _ name: String) throws(AnswerError) -> Time {
    guard case .number(let text)? = item[name], let time = try? Time.parse(text + " s") else {
      throw AnswerError(
        decision: item.line, problem: "expected seconds from the start of the run as a number '\(name)'")
    }
    return time
  }

  func job(_ item: JSONValue) throws(AnswerError) -> Int32 {
    guard let number = item["job"]?.whole, let job = Int32(exactly: number) else {
      throw AnswerError(decision: item.line, problem: "expected a whole number 'job'")
    }
    return job
  }

  mutating func pieces(_ item: JSONValue, of job: Int32, isBooked: Bool) throws(AnswerError) -> [Piece] {
    guard let list = item["on"]?.items else {
      throw AnswerError(decision: item.line, problem: "expected a list 'on' of where the job stands")
    }
    var pieces: [Piece] = []
    for part in list { pieces.append(try piece(part, item, isBooked: isBooked)) }
    return pieces.sorted { $0.site < $1.site }
  }

  private mutating func piece(
    _ part: JSONValue, _ item: JSONValue, isBooked: Bool
  ) throws(AnswerError) -> Piece {
    func wrong(_ problem: String) -> AnswerError { AnswerError(decision: item.line, problem: problem) }
    var index = part["site"]?.whole.flatMap { Int32(exactly: $0) }
    if let name = part["site"]?.text {
      index = view.sites.firstIndex { $0.name == name }.map { Int32($0) }
      guard index != nil else { throw wrong("there is no site '\(name)'") }
    }
    guard let index, sites.indices.contains(Int(index)) else {
      throw wrong("expected a 'site' from 0 to \(sites.count - 1), or its name")
    }
    guard let gpus = part["gpus"]?.whole.flatMap({ Int32(exactly: $0) }), gpus >= 0 else {
      throw wrong("expected a whole number 'gpus' of at least 0")
    }
    let site = sites[Int(index)]
    var piece = Piece(site: index, gpus: gpus, nodes: [])
    if let nodes = part["nodes"]?.items {
      for node in nodes {
        guard let pair = node.items, pair.count == 2, let number = pair[0].whole.flatMap({ Int32(exactly: $0) }),
          let count = pair[1].whole.flatMap({ Int32(exactly: $0) })
        else { throw wrong("expected 'nodes' as pairs [node, gpus]") }
        piece.nodes.append(NodeShare(node: number, gpus: count))
      }
    } else if isBooked {
      guard gpus <= site.free else {
        throw wrong("it takes \(gpus) GPUs of site '\(site.name)', of which \(site.free) are free")
      }
      if let filled = Packing.pool.pack(gpus, on: site, index: index) { piece = filled }
    }
    if isBooked { book(piece) }
    return piece
  }

  /// Takes what is there; what is not is for the check of decisions to say.
  private mutating func book(_ piece: Piece) {
    let site = Int(piece.site)
    for share in piece.nodes {
      let node = Int(share.node)
      guard sites[site].nodeFree.indices.contains(node) else { continue }
      let taken = min(max(0, share.gpus), sites[site].nodeFree[node])
      sites[site].nodeFree[node] -= taken
      sites[site].free -= taken
    }
  }
}

extension PolicyAnswer {
  /// As a policy would send it, nodes written out; what the record of decisions holds.
  public var line: String {
    let look = look < .never ? ",\"look_s\":\(JSONValue.seconds(look))" : ""
    return "{\"type\":\"decisions\",\"decisions\":[\(decisionText)]\(look)}"
  }

  /// The decisions alone, separated by commas.
  public var decisionText: String {
    let list = decisions.map { decision in
      switch decision {
      case .start(let job, let pieces):
        "{\"type\":\"start\",\"job\":\(job),\"on\":\(PolicyProtocol.pieces(pieces))}"
      case .preempt(let job): "{\"type\":\"preempt\",\"job\":\(job)}"
      case .retune(let wavelengths):
        "{\"type\":\"retune\",\"wavelengths\":[\(wavelengths.map { "\($0)" }.joined(separator: ","))]}"
      }
    }
    return list.joined(separator: ",")
  }
}
