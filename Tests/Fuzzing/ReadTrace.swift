// SPDX-License-Identifier: Apache-2.0

import Glibc
import Quantities
import Workload

// What scripts/fuzz-readers.sh feeds with bytes. LONGHAUL_FUZZ names the reader: a format, `columns` for a mapping, or
// `packed` for whatever the file itself says.

private let wanted = getenv("LONGHAUL_FUZZ").map { String(cString: $0) } ?? "auto"

private let columns: ColumnMapping = {
  var mapping = ColumnMapping(
    name: "fuzz", submit: .init(column: "t", unit: .unixMilliseconds),
    runTime: .between(.init(column: "b", unit: .date), .init(column: "e", unit: .date)),
    gpus: .init(column: "g", unit: .perCent, times: "n"))
  mapping.names = ["t", "b", "e", "g", "n", "s"]
  mapping.requested = .init(column: "n", unit: .days)
  mapping.skip = [.init(column: "s", values: ["x"])]
  return mapping
}()

/// Ends the process, which the fuzzer reports with the input, if `holds` is false.
private func require(_ holds: Bool, _ what: String) {
  if !holds { fatalError(what) }
}

private func read(_ bytes: [UInt8]) throws(TraceError) -> TraceContents {
  switch wanted {
  case "columns": return try TraceReader.contents(bytes: bytes, name: "fuzz", columns: columns)
  case "packed": return try TraceReader.contents(bytes: bytes, name: "fuzz")
  case "pai":
    // The two tables with a line of '=' between them.
    let parts = bytes.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
    return .jobs(try TraceReader.readPAI(jobs: Array(parts[0]), tasks: parts.count > 1 ? Array(parts[1]) : []))
  default:
    // Half of the inputs are read in a window, which rows leave at either end.
    let length = bytes.count % 2 == 0 ? Time.hour * 5 : nil
    return try TraceReader.contents(
      bytes: bytes, name: "fuzz", format: try TraceFormat.named(wanted), window: TraceWindow(length: length))
  }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func readTrace(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: data, count: count))
  guard let contents = try? read(bytes) else { return 0 }
  require(contents.account.isComplete, "rows are missing from the account")
  switch contents {
  case .jobs(let trace):
    require(trace.jobs.count == trace.account.jobs, "the count of jobs is wrong")
    require(Set(trace.jobs.map(\.id)).count == trace.jobs.count, "an id occurs twice")
    for job in trace.jobs {
      require(job.milliGPUs > 0 && job.duration > .zero && job.submit >= .zero, "a job makes no sense: \(job)")
      require(job.submit + job.duration < .never, "a job ends beyond virtual time: \(job)")
    }
    require(zip(trace.jobs, trace.jobs.dropFirst()).allSatisfy { $0.submit <= $1.submit }, "jobs are out of order")
    _ = TraceStatistics(trace)
  case .requests(let trace):
    require(trace.requests.count == trace.account.jobs, "the count of requests is wrong")
    require(trace.requests.allSatisfy { $0.inputTokens >= 0 && $0.outputTokens >= 0 }, "tokens below 0")
    require(
      zip(trace.requests, trace.requests.dropFirst()).allSatisfy { $0.arrival <= $1.arrival }, "out of order")
    _ = RequestStatistics(trace)
  case .inventory: break
  }
  return 0
}
