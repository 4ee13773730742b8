// SPDX-License-Identifier: Apache-2.0

/// How the requests of one inference workload fared. Times in seconds, as users see them: propagation included.
public struct InferenceInfo: Codable, Equatable, Sendable {
  public struct Site: Codable, Equatable, Sendable {
    public var id: String
    public var replicas: Int
    /// Requests whose last token was made here.
    public var requests: Int
    /// Share of time in which its replicas computed.
    public var busy: Double

    public init(id: String, replicas: Int, requests: Int, busy: Double) {
      self.id = id
      self.replicas = replicas
      self.requests = requests
      self.busy = busy
    }
  }

  public var name: String
  public var model: String
  public var requests: Int
  /// The others were too long for the memory of a replica, or no replica ever started.
  public var served: Int
  public var outputTokens: Int
  /// Time to first token.
  public var firstToken: Summary.Statistics
  /// Time per output token after the first, of requests of two tokens and more.
  public var perToken: Summary.Statistics
  public var total: Summary.Statistics
  public var firstTokenObjective: Double
  public var perTokenObjective: Double
  /// Shares of all requests, those that were not served included, that met an objective, and both.
  public var firstTokenAttainment: Double
  public var perTokenAttainment: Double
  public var attainment: Double
  /// Keys and values that moved between sites.
  public var movedBytes: Double
  /// When the last of its replicas started to serve.
  public var lastStart: Double
  public var sites: [Site]

  enum CodingKeys: String, CodingKey {
    case name, model, requests, served, sites
    case outputTokens = "output_tokens"
    case firstToken = "ttft_s"
    case perToken = "tpot_s"
    case total = "latency_s"
    case firstTokenObjective = "slo_ttft_s"
    case perTokenObjective = "slo_tpot_s"
    case firstTokenAttainment = "ttft_attainment"
    case perTokenAttainment = "tpot_attainment"
    case attainment = "slo_attainment"
    case movedBytes = "kv_bytes_moved"
    case lastStart = "last_start_s"
  }

  public init(
    name: String, model: String, requests: Int, served: Int, outputTokens: Int, firstToken: Summary.Statistics,
    perToken: Summary.Statistics, total: Summary.Statistics, firstTokenObjective: Double, perTokenObjective: Double,
    firstTokenAttainment: Double, perTokenAttainment: Double, attainment: Double, movedBytes: Double, lastStart: Double,
    sites: [Site]
  ) {
    self.name = name
    self.model = model
    self.requests = requests
    self.served = served
    self.outputTokens = outputTokens
    self.firstToken = firstToken
    self.perToken = perToken
    self.total = total
    self.firstTokenObjective = firstTokenObjective
    self.perTokenObjective = perTokenObjective
    self.firstTokenAttainment = firstTokenAttainment
    self.perTokenAttainment = perTokenAttainment
    self.attainment = attainment
    self.movedBytes = movedBytes
    self.lastStart = lastStart
    self.sites = sites
  }

  var json: OrderedJSON {
    .object([
      ("name", .string(name)), ("model", .string(model)), ("requests", .integer(requests)),
      ("served", .integer(served)), ("output_tokens", .integer(outputTokens)), ("ttft_s", firstToken.json),
      ("tpot_s", perToken.json), ("latency_s", total.json), ("slo_ttft_s", .number(firstTokenObjective)),
      ("slo_tpot_s", .number(perTokenObjective)), ("ttft_attainment", .number(firstTokenAttainment)),
      ("tpot_attainment", .number(perTokenAttainment)), ("slo_attainment", .number(attainment)),
      ("kv_bytes_moved", .number(movedBytes)), ("last_start_s", .number(lastStart)),
      (
        "sites",
        .array(
          sites.map { site in
            .object([
              ("id", .string(site.id)), ("replicas", .integer(site.replicas)), ("requests", .integer(site.requests)),
              ("busy", .number(site.busy)),
            ])
          })
      ),
    ])
  }
}
