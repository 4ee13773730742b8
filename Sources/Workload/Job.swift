// SPDX-License-Identifier: Apache-2.0

import Quantities

/// One job of a trace, with everything that the trace lacked filled in by stated assumptions.
///
/// Traces have millions of them, so what most jobs lack is stored small: a job takes 80 bytes, and jobs of one user
/// share its name.
public struct Job: Equatable, Sendable {
  private(set) var name: JobName
  /// Whether the job may run split over several sites.
  public var splittable: Bool
  private var workloadIndex: Int32 = 0
  /// When it joins the queue, from the start of the run.
  public var submit: Time
  /// GPUs requested, in thousandths of a GPU (1000 = one GPU), for traces that share GPUs.
  public var milliGPUs: Int64
  /// Run time on reference GPUs at one site without WAN.
  public var duration: Time
  // Int64.min stands for nil.
  private var requestedTicks = Int64.min
  private var deadlineTicks = Int64.min
  // -1 stands for nil.
  private var modelIndex: Int32 = -1
  private var dataHomeIndex: Int32 = -1
  private var labels: Labels?

  /// Names, and the way of splitting, that a job shares with many others.
  public final class Labels: Hashable, Sendable {
    public let pin, dataHomeName, user, group, gpuModels: String?
    public let parallelism: Parallelism?

    public init(
      pin: String? = nil, dataHomeName: String? = nil, user: String? = nil, group: String? = nil,
      gpuModels: String? = nil, parallelism: Parallelism? = nil
    ) {
      self.pin = pin
      self.dataHomeName = dataHomeName
      self.user = user
      self.group = group
      self.gpuModels = gpuModels
      self.parallelism = parallelism
    }

    var isEmpty: Bool {
      pin == nil && dataHomeName == nil && user == nil && group == nil && gpuModels == nil && parallelism == nil
    }

    public static func == (a: Labels, b: Labels) -> Bool {
      a === b
        || (a.pin == b.pin && a.dataHomeName == b.dataHomeName && a.user == b.user && a.group == b.group
          && a.gpuModels == b.gpuModels && a.parallelism == b.parallelism)
    }

    public func hash(into hasher: inout Hasher) {
      hasher.combine(user)
      hasher.combine(group)
      hasher.combine(pin)
    }
  }

  public init(
    id: String, submit: Time, milliGPUs: Int64, duration: Time, requested: Time? = nil, pin: String? = nil,
    model: Int? = nil, dataHome: Int? = nil, dataHomeName: String? = nil, deadline: Time? = nil,
    splittable: Bool = false, workload: Int = 0, user: String? = nil, group: String? = nil, gpuModels: String? = nil
  ) {
    name = JobName(id)
    self.submit = submit
    self.milliGPUs = milliGPUs
    self.duration = duration
    self.splittable = splittable
    self.requested = requested
    self.model = model
    self.dataHome = dataHome
    self.deadline = deadline
    self.workload = workload
    setLabels(Labels(pin: pin, dataHomeName: dataHomeName, user: user, group: group, gpuModels: gpuModels))
  }

  /// Unique in a run: the trace's own id, with the workload's name in front when a scenario has several.
  public var id: String {
    get { name.text }
    set { name = JobName(newValue) }
  }

  mutating func pack(_ pool: inout NamePool) { name = pool.packed(name) }

  /// The user's own estimate of the run time, where the trace has one.
  public var requested: Time? {
    get { requestedTicks == .min ? nil : Time(ticks: requestedTicks) }
    set { requestedTicks = newValue?.ticks ?? .min }
  }

  public var deadline: Time? {
    get { deadlineTicks == .min ? nil : Time(ticks: deadlineTicks) }
    set { deadlineTicks = newValue?.ticks ?? .min }
  }

  /// Index in ``ModelCatalogue/models``; nil before assignment, or when the trace named none and none was assigned.
  public var model: Int? {
    get { modelIndex < 0 ? nil : Int(modelIndex) }
    set { modelIndex = Int32(newValue ?? -1) }
  }

  /// Site that holds its data set; index in the fleet's sites sorted by id; nil before assignment.
  public var dataHome: Int? {
    get { dataHomeIndex < 0 ? nil : Int(dataHomeIndex) }
    set { dataHomeIndex = Int32(newValue ?? -1) }
  }

  /// Position of its workload in the scenario.
  public var workload: Int {
    get { Int(workloadIndex) }
    set { workloadIndex = Int32(newValue) }
  }

  /// The site that must run it.
  public var pin: String? {
    get { labels?.pin }
    set { change(pin: newValue, dataHomeName, user, group, gpuModels) }
  }

  /// Name of the home site as the trace gave it.
  public var dataHomeName: String? {
    get { labels?.dataHomeName }
    set { change(pin: pin, newValue, user, group, gpuModels) }
  }

  /// Who submitted it.
  public var user: String? {
    get { labels?.user }
    set { change(pin: pin, dataHomeName, newValue, group, gpuModels) }
  }

  /// The virtual cluster, queue or group that it was charged to.
  public var group: String? {
    get { labels?.group }
    set { change(pin: pin, dataHomeName, user, newValue, gpuModels) }
  }

  /// GPU models that will do, in the words of the trace, with `|` between them; nil for any. Placement does not look
  /// at it.
  public var gpuModels: String? {
    get { labels?.gpuModels }
    set { change(pin: pin, dataHomeName, user, group, newValue) }
  }

  /// How it divides its work when it is split over sites, if the trace says so; nil for what its workload or the
  /// scenario says.
  public var parallelism: Parallelism? {
    get { labels?.parallelism }
    set {
      setLabels(
        Labels(
          pin: pin, dataHomeName: dataHomeName, user: user, group: group, gpuModels: gpuModels, parallelism: newValue))
    }
  }

  /// Takes names as they are, shared with other jobs.
  mutating func setLabels(_ shared: Labels?) { labels = shared.flatMap { $0.isEmpty ? nil : $0 } }

  private mutating func change(
    pin: String?, _ dataHomeName: String?, _ user: String?, _ group: String?, _ gpuModels: String?
  ) {
    setLabels(
      Labels(
        pin: pin, dataHomeName: dataHomeName, user: user, group: group, gpuModels: gpuModels, parallelism: parallelism))
  }

  /// Whole GPUs that a placement has to find: fractions are rounded up until sharing is modelled.
  public var gpus: Int { Int((milliGPUs + 999) / 1000) }
}
