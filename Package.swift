// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

// Warnings are errors where the project is checked, not where a newer compiler finds new ones.
let settings: [SwiftSetting] =
  Context.environment["CI"] != nil ? [.treatAllWarnings(as: .error)] : []

/// One of our own modules. Lower floors never import upper ones: see CONTRIBUTING.md.
func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(name: "\(name)Tests", dependencies: dependencies, swiftSettings: settings)
}

let base: [Target.Dependency] = ["Quantities", "Simulation"]

let package = Package(
  name: "longhaul",
  products: [
    .executable(name: "longhaul", targets: ["longhaul"]),
    .executable(name: "longhaul-site", targets: ["longhaul-site"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
  ],
  targets: [
    // The command line and what it shows.
    .executableTarget(
      name: "longhaul",
      dependencies: [
        "Report", "Runs", "Results", "Congestion", "Emulation", "ScenarioFile", "Workload", "Scheduling",
        "CongestionControl", "Topology", "Energy", "Records", "Network", "Site", "CProcess",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ] + base, swiftSettings: settings),
    module("Report", ["Results", "Congestion", "ScenarioFile", "Topology"] + base),
    // From a scenario to a finished run directory.
    module(
      "Runs",
      [
        "Emulation", "Results", "Congestion", "ScenarioFile", "Workload", "Topology", "Energy", "Records", "Network",
        "CProcess", "Bounds", "Scheduling", "Site",
      ]
        + base),
    // From a congestion experiment to plans of networks, and from their results to files.
    module(
      "Congestion",
      ["Results", "ScenarioFile", "Network", "CongestionControl", "Workload", "Topology"] + base),
    module(
      "Results",
      [
        "Records", "Topology", "Energy", "Workload", .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
      ] + base),
    // The emulation.
    module(
      "Emulation",
      [
        "Site", "Bounds", "Scheduling", "ScenarioFile", "Network", "CongestionControl", "Topology", "Energy",
        "Workload", "Records", "ZeroMQ", "CProcess",
      ] + base),
    module(
      "ScenarioFile", ["Topology", "Energy", "Workload", .product(name: "Yams", package: "Yams")] + base),
    module("Scheduling", ["Energy"] + base),
    // What needs a solver: limits that no policy can beat, and a policy that plans over a rolling horizon.
    module("Bounds", ["CBC", "Scheduling"] + base),
    .executableTarget(
      name: "longhaul-site", dependencies: ["Site", "ZeroMQ", "CProcess"], path: "Agents/site",
      swiftSettings: settings),
    module("Site", ["Network", "Energy", "Workload", "Records"] + base),
    module("Network", ["CongestionControl", "Topology", "CMemory"] + base),
    module("CongestionControl", base),
    // The models and their readers.
    module("Energy", base),
    module("Workload", ["CZlib", "CLZMA"] + base),
    module("Topology", base),
    // The ground.
    module("Records", base),
    module("Simulation", ["Quantities"]),
    module("Quantities"),
    module("ZeroMQ", ["CZeroMQ"]),
    .target(name: "CProcess"),
    .target(name: "CMemory"),
    .systemLibrary(name: "CZeroMQ", providers: [.apt(["libzmq3-dev"])]),
    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CLZMA", providers: [.apt(["liblzma-dev"])]),
    .systemLibrary(name: "CBC", providers: [.apt(["coinor-libcbc-dev"])]),

    .executableTarget(
      name: "longhaul-benchmarks",
      dependencies: [
        "Emulation", "Runs", "ScenarioFile", "Workload", "Network", "CongestionControl", "Topology", "Site", "ZeroMQ",
        "CProcess", "Records", "Results",
      ] + base, path: "Benchmarks", exclude: ["README.md"], swiftSettings: settings),

    tests("Quantities", base),
    tests("Simulation", base),
    tests("Topology", ["Topology"] + base),
    tests("Energy", ["Energy"] + base),
    tests("Workload", ["Workload"] + base),
    tests("ScenarioFile", ["ScenarioFile", "Topology", "Energy", "Workload"] + base),
    tests(
      "Congestion",
      ["Congestion", "ScenarioFile", "Network", "CongestionControl", "Workload", "Results", "Topology"] + base),
    tests("CongestionControl", ["CongestionControl"] + base),
    tests("Network", ["Network", "CongestionControl", "Topology"] + base),
    tests("Scheduling", ["Scheduling", "Energy"] + base),
    tests("Bounds", ["Bounds", "Scheduling"] + base),
    tests("Site", ["Site", "Energy", "Network", "Records", "Workload"] + base),
    tests("ZeroMQ", ["ZeroMQ", "CProcess"]),
    tests(
      "Results",
      ["Results", "Records", "Topology", "Energy", "Workload", .product(name: "GRDB", package: "GRDB.swift")] + base),
    tests("Report", ["Report", "Results", "Records", "Topology", "Workload"] + base),
    tests(
      "Emulation",
      [
        "Emulation", "Report", "Runs", "ScenarioFile", "Workload", "Records", "Results", "Site", "Scheduling",
        "Topology", "Energy", "Network", "CongestionControl",
      ] + base),
    tests(
      "Reference",
      [
        "Emulation", "Runs", "Congestion", "CongestionControl", "ScenarioFile", "Workload", "Records", "Results",
        "Network", "Topology",
      ] + base),
    tests("CommandLine", base),
  ],
  swiftLanguageModes: [.v6]
)
