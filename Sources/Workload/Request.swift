// SPDX-License-Identifier: Apache-2.0

import Quantities

/// One inference request of a request stream: what arrived when, and how many tokens it took. Such a row has no run
/// time and no GPUs of its own; what it costs follows from a model of serving.
public struct Request: Equatable, Sendable {
  /// When it arrived, from the start of the window.
  public var arrival: Time
  /// Tokens of the prompt (context), at least 0.
  public var inputTokens: Int
  /// Tokens generated, at least 0; 0 for a request that failed, where the trace keeps those.
  public var outputTokens: Int
  /// Number of its session, from 0 in the order in which sessions appear in the file; nil without sessions.
  public var session: Int?
  /// Index in ``RequestTrace/models``; nil where the trace names no model.
  public var model: Int?
  /// Ids of the blocks of its prompt, first block first: two requests whose lists begin alike share that prefix. Empty
  /// where the trace has none; ``RequestTrace/blockTokens`` says how many tokens a block holds.
  public var blocks: [UInt32]

  public init(
    arrival: Time, inputTokens: Int, outputTokens: Int, session: Int? = nil, model: Int? = nil, blocks: [UInt32] = []
  ) {
    self.arrival = arrival
    self.inputTokens = inputTokens
    self.outputTokens = outputTokens
    self.session = session
    self.model = model
    self.blocks = blocks
  }
}

/// The requests of a stream's window, sorted by arrival, ties in the order of the file.
public struct RequestTrace: Sendable {
  public var requests: [Request]
  /// Names of the models in the order in which they appear in the file; empty where it names none.
  public var models: [String]
  /// How many sessions there are; 0 without.
  public var sessions: Int
  /// Tokens of one entry of ``Request/blocks``; nil without blocks.
  public var blockTokens: Int?
  /// `jobs` counts the requests; rows == jobs + skipped, as for traces of jobs.
  public var account: TraceAccount

  public init(
    requests: [Request], models: [String] = [], sessions: Int = 0, blockTokens: Int? = nil, account: TraceAccount
  ) {
    self.requests = requests
    self.models = models
    self.sessions = sessions
    self.blockTokens = blockTokens
    self.account = account
  }
}
