// SPDX-License-Identifier: Apache-2.0

/// A policy by a plain name: what a system or a paper is known for, written out as parts.
public struct PolicyPreset: Equatable, Sendable {
  public var name: String
  /// What it stands for: ORDER[+BACKFILL][@PLACEMENT][~SHIFT].
  public var spec: String
  public var definition: String
  public var source: String
}

extension PolicyCatalogue {
  /// Presets come nearest to what they are named after; what is left out stands in the definition.
  public static let presets: [PolicyPreset] = [
    PolicyPreset(
      name: "slurm", spec: "fifo+easy@consolidated",
      definition: "First come, first served with one reservation, on as few nodes as possible; without priorities.",
      source: "Lifka, JSSPP 1995; Yoo et al., JSSPP 2003 (Slurm)"),
    PolicyPreset(
      name: "kubernetes", spec: "fifo-skip@least-loaded",
      definition: "Whatever fits starts, on the site of least utilisation; gangs as a whole.",
      source: "kube-scheduler, score LeastAllocated"),
    PolicyPreset(
      name: "pai", spec: "fifo-skip@first-fit",
      definition: "Whatever fits starts in order of arrival; GPUs are one pool.",
      source: "Weng et al., NSDI 2022 (Alibaba PAI simulator, \"FIFO\")"),
    PolicyPreset(
      name: "helios", spec: "qssf@consolidated",
      definition: "Least predicted GPU-time first, on as few nodes as possible; predictions are running means.",
      source: "Hu et al., SC 2021 (Helios)"),
    PolicyPreset(
      name: "tiresias", spec: "las@consolidated",
      definition: "Discretised two-dimensional least attained service with preemption, on as few nodes as possible.",
      source: "Gu et al., NSDI 2019 (Tiresias)"),
    PolicyPreset(
      name: "gavel", spec: "max-min-skip@earliest-finish",
      definition: "Max-min fairness in rounds; sites by the earliest end.",
      source: "Narayanan et al., OSDI 2020 (Gavel)"),
    PolicyPreset(
      name: "clairvoyant", spec: "srtf-skip@earliest-finish",
      definition: "Least remaining time first with preemption, where each job ends first: what completion times can "
        + "be when run times are known.",
      source: "Schrage, Operations Research 16(3), 1968"),
    PolicyPreset(
      name: "electric-bill", spec: "fifo-skip@cheapest-energy",
      definition: "Whatever fits starts where energy is cheapest now.",
      source: "Qureshi et al., SIGCOMM 2009"),
    PolicyPreset(
      name: "skypilot", spec: "fifo-skip@cheapest-with-egress",
      definition: "Whatever fits starts where energy and moving its data cost least together.",
      source: "Yang et al., NSDI 2023 (SkyPilot)"),
    PolicyPreset(
      name: "iridium", spec: "fifo-skip@bandwidth-aware",
      definition: "Whatever fits starts where its slowest transfer is over first.",
      source: "Pu et al., SIGCOMM 2015 (Iridium)"),
    PolicyPreset(
      name: "gaia", spec: "fifo-skip~carbon-time(slack=24h,short=2h,short_slack=6h)",
      definition: "Jobs start where they save most carbon for each hour in the system: up to 6 h late if they run less "
        + "than 2 h, else 24 h.",
      source: "Hanafy et al., ASPLOS 2024 (GAIA)"),
    PolicyPreset(
      name: "lets-wait-awhile", spec: "fifo-skip@carbon-greedy~wait-awhile(slack=24h)",
      definition: "Jobs run in the cleanest hours of a day more than they need, suspended between them.",
      source: "Wiesner et al., Middleware 2021"),
    PolicyPreset(
      name: "ecovisor", spec: "fifo-skip@carbon-greedy~threshold(slack=24h)",
      definition: "Jobs run while carbon is in the lowest 30 % of the next day, until a day of slack is used up.",
      source: "Souza et al., ASPLOS 2023 (Ecovisor)"),
    PolicyPreset(
      name: "price-chaser", spec: "fifo-skip@cheapest-energy~lowest-window-price(slack=24h)",
      definition: "Jobs start within a day where the energy of their whole run costs least.",
      source: "GAIA's lowest window, on prices: Hanafy et al., ASPLOS 2024"),
  ]
}
