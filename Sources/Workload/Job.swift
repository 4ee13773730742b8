// SPDX-License-Identifier: Apache-2.0

import Quantities

/// One job of a trace, with everything that the trace lacked filled in by stated assumptions.
public struct Job: Equatable, Sendable {
  /// Unique in a run: the trace's own id, with the workload's name in front when a scenario has several.
  public var id: String
  /// When it joins the queue, from the start of the run.
  public var submit: Time
  /// GPUs requested, in thousandths of a GPU (1000 = one GPU), for traces that share GPUs.
  public var milliGPUs: Int64
  /// Run time on reference GPUs at one site without WAN.
  public var duration: Time
  /// The user's own estimate of the run time, where the trace has one.
  public var requested: Time?
  /// The site that must run it.
  public var pin: String?
  /// Index in ``ModelCatalogue/models``; nil before assignment, or when the trace named none and none was assigned.
  public var model: Int?
  /// Site that holds its data set; index in the fleet's sites sorted by id; nil before assignment.
  public var dataHome: Int?
  /// Name of the home site as the trace gave it.
  public var dataHomeName: String?
  public var deadline: Time?
  /// Whether the job may run split over several sites.
  public var splittable: Bool
  /// Position of its workload in the scenario.
  public var workload: Int
  private var ownParallelism: SharedParallelism?

  public init(
    id: String, submit: Time, milliGPUs: Int64, duration: Time, requested: Time? = nil, pin: String? = nil,
    model: Int? = nil, dataHome: Int? = nil, dataHomeName: String? = nil, deadline: Time? = nil,
    splittable: Bool = false, workload: Int = 0
  ) {
    self.id = id
    self.submit = submit
    self.milliGPUs = milliGPUs
    self.duration = duration
    self.requested = requested
    self.pin = pin
    self.model = model
    self.dataHome = dataHome
    self.dataHomeName = dataHomeName
    self.deadline = deadline
    self.splittable = splittable
    self.workload = workload
  }

  /// How it divides its work when it is split over sites, if the trace says so; nil for what its workload or the
  /// scenario says. Traces have millions of jobs and few of these, so that jobs share them.
  public var parallelism: Parallelism? {
    get { ownParallelism?.value }
    set { ownParallelism = newValue.map { SharedParallelism($0) } }
  }

  /// Takes a value that other jobs have as well.
  mutating func setParallelism(_ shared: SharedParallelism?) { ownParallelism = shared }

  /// Whole GPUs that a placement has to find: fractions are rounded up until sharing is modelled.
  public var gpus: Int { Int((milliGPUs + 999) / 1000) }
}
