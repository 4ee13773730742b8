// SPDX-License-Identifier: Apache-2.0

import Quantities
import Workload

/// A stream of inference requests, and the replicas that serve it.
public struct ServingSpec: Equatable, Sendable {
  /// A site by name, and how much there: replicas, or users.
  public struct Share: Equatable, Sendable {
    public var site: String
    public var amount: Double

    public init(site: String, amount: Double) {
      self.site = site
      self.amount = amount
    }
  }

  /// Absolute path of the stream; nil for a synthetic one.
  public var path: String?
  /// Of a synthetic stream.
  public var requests = 1000
  public var perSecond = 1.0
  /// Name of a model of the catalogue that generates tokens.
  public var model: String
  /// Of a weight.
  public var bits = 16
  public var gpusPerReplica: Int
  public var maxBatch = 64
  public var replicas: [Share]
  /// Replicas that compute prompts only; empty where each replica does both.
  public var prefill: [Share] = []
  /// Where users are, as shares.
  public var users: [Share]
  /// One way between a user and the site near them.
  public var access: Time
  public var routing = ServingSimulation.Routing.nearest
  /// What the user was promised.
  public var firstTokenObjective: Time
  public var perTokenObjective: Time

  public init(
    model: String, gpusPerReplica: Int, replicas: [Share], users: [Share], access: Time, firstTokenObjective: Time,
    perTokenObjective: Time
  ) {
    self.model = model
    self.gpusPerReplica = gpusPerReplica
    self.replicas = replicas
    self.users = users
    self.access = access
    self.firstTokenObjective = firstTokenObjective
    self.perTokenObjective = perTokenObjective
  }
}
