// SPDX-License-Identifier: Apache-2.0

import Quantities
import Workload

/// Jobs to run: a window of a trace, or a synthetic class of jobs. Only described here; read elsewhere.
public struct WorkloadSpec: Equatable, Sendable {
  /// Absolute path of the trace's file; nil for a synthetic workload.
  public var trace: String?
  /// One of ``formats``, or the absolute path of a YAML file that maps columns; "synthetic" for a synthetic workload.
  public var format: String
  /// Where the window begins, as the scenario has it: an instant of the trace's own clock, or a time after its first
  /// job. Nil for the first job.
  public var start: String?
  /// Length of the window; nil for all of it.
  public var length: Time?
  /// Name of the profile of synthetic jobs; nil for a trace.
  public var synthetic: String?
  /// Number of synthetic jobs.
  public var jobs: Int?
  /// Of the synthetic jobs; the scenario's own seed unless given.
  public var seed: UInt64?
  /// Jobs of at least this many GPUs may run split over several sites; nil if only the trace says which.
  public var splittableFrom: Int?
  /// Name of the model that its jobs train unless they name one; nil for what the scenario's rule gives them.
  public var model: String?
  /// How its jobs are divided when split, unless they say so themselves; nil for the scenario's way.
  public var parallelism: Parallelism?
  /// Set for a stream of inference requests; ``trace`` and ``synthetic`` are nil then.
  public var serving: ServingSpec?
  /// A synthetic workload that `--trace` replaces.
  public var standIn: Bool
  /// Where the workload is written.
  public var line: Int

  public init(
    trace: String? = nil, format: String = "auto", start: String? = nil, length: Time? = nil,
    synthetic: String? = nil, jobs: Int? = nil, seed: UInt64? = nil, splittableFrom: Int? = nil,
    model: String? = nil, parallelism: Parallelism? = nil, standIn: Bool = false, line: Int = 0
  ) {
    self.trace = trace
    self.format = format
    self.start = start
    self.length = length
    self.synthetic = synthetic
    self.jobs = jobs
    self.seed = seed
    self.splittableFrom = splittableFrom
    self.model = model
    self.parallelism = parallelism
    self.standIn = standIn
    self.line = line
  }

  /// Formats of traces that a scenario can name.
  public static let formats = [
    "auto", "native", "philly", "philly-json", "pai", "pai-sim", "pai-gaia", "openb", "helios", "acme", "swf",
    "azure-llm", "mooncake", "burstgpt", "requests",
  ]

  /// Equal whatever line they are written in.
  public static func == (a: WorkloadSpec, b: WorkloadSpec) -> Bool {
    a.trace == b.trace && a.format == b.format && a.start == b.start && a.length == b.length
      && a.synthetic == b.synthetic && a.jobs == b.jobs && a.seed == b.seed && a.splittableFrom == b.splittableFrom
      && a.model == b.model && a.parallelism == b.parallelism && a.serving == b.serving && a.standIn == b.standIn
  }
}
