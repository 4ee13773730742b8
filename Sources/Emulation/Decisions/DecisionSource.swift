// SPDX-License-Identifier: Apache-2.0

import Scheduling

/// Where decisions come from that no policy of this program composes: another process, a solver, a record.
///
/// The coordinator machine asks it with the number of the decision, which is part of the machine's state. A machine that
/// is rebuilt from a checkpoint asks some numbers again and must hear the same.
public protocol DecisionSource: AnyObject {
  /// - Returns: decisions that the fleet can carry out.
  /// - Throws: ``EmulationError`` when there are none: the run cannot go on.
  func answer(_ view: FleetView, model: any RunTimeModel, decision: UInt64) throws -> PolicyAnswer
  /// Makes durable what a run needs that goes on from a checkpoint written next.
  func flush() throws
  /// Ends what was started. Safe to call twice.
  func finish(_ reason: String)
}

/// A policy that is asked as the run goes: its answers are recorded by ``RecordedDecisions``.
protocol LivePolicy: AnyObject {
  /// Brings a fresh policy to where the one of the earlier life of this run stood, by the same conversation.
  func catchUp(with entries: [DecisionLog.Entry], before view: FleetView) throws
  func decide(_ view: FleetView, model: any RunTimeModel, decision: UInt64) throws -> DecisionLog.Entry
  /// A view that was answered from the record.
  func note(_ view: FleetView)
  func finish(_ reason: String)
}

/// Answers from the record as far as it goes, then from the policy, and records that.
///
/// A decision is in the record before it is carried out, so that a coordinator that is killed at any moment and resumed
/// decides the same again.
public final class RecordedDecisions: DecisionSource {
  private let log: DecisionLog
  private let live: (any LivePolicy)?
  private let name: String
  /// Decisions that were in the record when this life of the run began.
  private let known: Int
  private var isCaughtUp = false

  init(log: DecisionLog, live: (any LivePolicy)?, name: String) {
    self.log = log
    self.live = live
    self.name = name
    known = log.entries.count
  }

  deinit { finish("the run is over") }

  public func answer(_ view: FleetView, model: any RunTimeModel, decision: UInt64) throws -> PolicyAnswer {
    let number = Int(decision)
    if number < known {
      let entry = log.entries[number]
      guard entry.now == JSONValue.seconds(view.now) else {
        throw EmulationError(
          "decision \(number) was recorded at \(entry.now) s in '\(log.path)', but is taken at "
            + "\(JSONValue.seconds(view.now)) s: that record is of another run")
      }
      live?.note(view)
      return try checked(entry, view)
    }
    guard let live else {
      throw EmulationError(
        "decision \(number) is not in the record '\(log.path)', which ends after \(known): it is of another or of an "
          + "unfinished run")
    }
    if !isCaughtUp {
      isCaughtUp = true
      try live.catchUp(with: log.entries, before: view)
    }
    let entry = try live.decide(view, model: model, decision: decision)
    let answer = try checked(entry, view)
    try log.append(entry)
    return answer
  }

  /// Reads an answer and holds it against the fleet.
  private func checked(_ entry: DecisionLog.Entry, _ view: FleetView) throws -> PolicyAnswer {
    func refusal(_ problem: String) -> EmulationError {
      EmulationError("policy \(name), decision \(entry.number) at \(entry.now) s is refused: \(problem)")
    }
    let answer: PolicyAnswer
    do {
      switch try PolicyWord(parsing: Array(entry.answer.utf8), view: view) {
      case .answer(let read): answer = read
      case .failed(let reason): throw refusal("the policy gives up: \(reason)")
      case .hello, .ask, .forecast: throw refusal("\(entry.answer.prefix(600)): expected decisions")
      }
    } catch let error as AnswerError {
      throw refusal(error.description)
    }
    do {
      try checkDecisions(answer.decisions, against: view)
    } catch {
      // The first decision without which the ones before it would do.
      for count in 1...answer.decisions.count {
        do {
          try checkDecisions(Array(answer.decisions.prefix(count)), against: view)
        } catch {
          let wrong = PolicyAnswer(decisions: [answer.decisions[count - 1]]).decisionText
          throw refusal(AnswerError(decision: wrong, problem: error.description).description)
        }
      }
      throw refusal(error.description)
    }
    return answer
  }

  public func flush() throws { try log.flush() }
  public func finish(_ reason: String) { live?.finish(reason) }
}
