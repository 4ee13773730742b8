// SPDX-License-Identifier: Apache-2.0

import Foundation

// Performance, separate from the tests: a number here can be bad, but not wrong. See README.md in this folder.

let benchmarks: [Benchmark] = [
  .eventQueue, .idealNetwork, .packets, .fluidEvents, .levels, .leaps, .traces, .traceMemory, .states, .fleetEvents,
  .pools, .rounds, .week,
]

func complain(_ text: String) -> Never {
  FileHandle.standardError.write(Data("longhaul-benchmarks: \(text)\n".utf8))
  exit(2)
}

let arguments = Array(CommandLine.arguments.dropFirst())
do {
  // Hidden: what this program starts itself as.
  if arguments.first == EchoAgent.option {
    try EchoAgent.serve(Array(arguments.dropFirst()))
  } else if arguments.first == TraceMemory.option {
    try TraceMemory.perform(Array(arguments.dropFirst()))
  } else if arguments.first == Pools.option {
    try Pools.perform(Array(arguments.dropFirst()))
  } else if arguments.first == WeekRun.option {
    try WeekRun.perform(Array(arguments.dropFirst()))
  } else if arguments.contains("--help") || arguments.contains("-h") {
    print("usage: longhaul-benchmarks [NAME ...]      without names: all of them\n")
    for benchmark in benchmarks {
      print("  " + benchmark.name.padding(toLength: 10, withPad: " ", startingAt: 0) + benchmark.summary)
    }
  } else {
    for name in arguments where !benchmarks.contains(where: { $0.name == name }) {
      complain("no benchmark '\(name)'; there are \(benchmarks.map(\.name).joined(separator: ", "))")
    }
    #if DEBUG
      print("NOTE: a debug build measures nothing of use; run with: swift run -c release longhaul-benchmarks\n")
    #endif
    print("\(sysconf(Int32(_SC_NPROCESSORS_ONLN))) processors; median of several runs (least-most).\n")
    for benchmark in benchmarks where arguments.isEmpty || arguments.contains(benchmark.name) {
      let began = Stopwatch()
      print("== \(benchmark.name): \(benchmark.summary)")
      fflush(nil)
      try benchmark.run()
      print("   [\(figure(began.wallSeconds)) s in all]\n")
      fflush(nil)
    }
  }
} catch {
  complain("\(error)")
}
