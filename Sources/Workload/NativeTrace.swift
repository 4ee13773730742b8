// SPDX-License-Identifier: Apache-2.0

import Glibc
import Quantities

/// Writes jobs in the native format, which ``TraceReader`` reads back to equal jobs.
public enum NativeTrace {
  /// Columns of the file, in order.
  public static let header =
    "job_id,submit_s,gpus,duration_s,pin,model,data_home,deadline_s,splittable,requested_s,user,group,gpu_models,"
    + "parallelism"

  /// Columns of a file of requests, in order.
  public static let requestHeader = "arrival_s,input_tokens,output_tokens,session,model,blocks"

  /// Writes `jobs` to `path`, whole or not at all. Times keep every digit.
  public static func write(jobs: [Job], to path: String) throws(TraceError) {
    try write(header, to: path, count: jobs.count) { index throws(TraceError) in
      let job = jobs[index]
      let names = [job.id, job.pin, job.dataHomeName, job.user, job.group, job.gpuModels]
      for name in names.compactMap({ $0 }) where name.utf8.contains(where: { $0 == 10 || $0 == 13 }) {
        throw TraceError(
          file: path, field: "job '\(job.id)'", expected: "names of one line", found: "one with a line end",
          advice: "rename it")
      }
      return line(job)
    }
  }

  /// Writes the requests of a stream to `path` in the format `requests`, whole or not at all.
  public static func write(requests trace: RequestTrace, to path: String) throws(TraceError) {
    try write(requestHeader, to: path, count: trace.requests.count) { index throws(TraceError) in
      let request = trace.requests[index]
      let fields = [
        seconds(request.arrival), String(request.inputTokens), String(request.outputTokens),
        request.session.map(String.init) ?? "", quoted(request.model.map { trace.models[$0] } ?? ""),
        request.blocks.map(String.init).joined(separator: " "),
      ]
      return fields.joined(separator: ",") + "\n"
    }
  }

  private static func write(
    _ header: String, to path: String, count: Int, line: (Int) throws(TraceError) -> String
  ) throws(TraceError) {
    let temporary = path + ".partial"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure(path) }
    var text: [UInt8] = Array((header + "\n").utf8)
    var isWhole = true
    do throws(TraceError) {
      for index in 0..<count {
        text.append(contentsOf: try line(index).utf8)
        if text.count >= 1 << 18 {
          isWhole = isWhole && put(text, descriptor)
          text.removeAll(keepingCapacity: true)
        }
      }
    } catch {
      close(descriptor)
      unlink(temporary)
      throw error
    }
    isWhole = isWhole && put(text, descriptor)
    isWhole = close(descriptor) == 0 && isWhole
    guard isWhole, rename(temporary, path) == 0 else {
      let error = failure(path)
      unlink(temporary)
      throw error
    }
  }

  /// One job as a line of the file, with its end.
  static func line(_ job: Job) -> String {
    let fields: [String] = [
      quoted(job.id), seconds(job.submit), decimal(job.milliGPUs, digits: 3), seconds(job.duration),
      quoted(job.pin ?? ""), job.model.map { ModelCatalogue.models[$0].name } ?? "", quoted(job.dataHomeName ?? ""),
      job.deadline.map(seconds) ?? "", job.splittable ? "true" : "false", job.requested.map(seconds) ?? "",
      quoted(job.user ?? ""), quoted(job.group ?? ""), quoted(job.gpuModels ?? ""),
      quoted(job.parallelism?.text ?? ""),
    ]
    return fields.joined(separator: ",") + "\n"
  }

  static func seconds(_ time: Time) -> String { decimal(time.ticks, digits: 11) }

  /// `value` divided by ten to the power `digits`, exact, without trailing zeros.
  static func decimal(_ value: Int64, digits: Int) -> String {
    var unit: Int64 = 1
    for _ in 0..<digits { unit *= 10 }
    let magnitude = value.magnitude
    let whole = magnitude / UInt64(unit)
    var fraction = magnitude % UInt64(unit)
    let sign = value < 0 ? "-" : ""
    if fraction == 0 { return "\(sign)\(whole)" }
    var width = digits
    while fraction % 10 == 0 {
      fraction /= 10
      width -= 1
    }
    let tail = String(fraction)
    return "\(sign)\(whole)." + String(repeating: "0", count: width - tail.utf8.count) + tail
  }

  private static func quoted(_ text: String) -> String {
    let needs =
      text.utf8.contains { $0 == 34 || $0 == 44 } || text.hasPrefix("#") || text.hasPrefix(" ")
      || text.hasSuffix(" ")
    guard needs else { return text }
    return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }

  private static func put(_ bytes: [UInt8], _ descriptor: Int32) -> Bool {
    bytes.withUnsafeBytes { buffer in
      var written = 0
      while written < buffer.count {
        let count = Glibc.write(descriptor, buffer.baseAddress.map { $0 + written }, buffer.count - written)
        if count < 0 {
          if errno == EINTR { continue }
          return false
        }
        written += count
      }
      return true
    }
  }

  private static func failure(_ path: String) -> TraceError {
    TraceError(
      file: path, expected: "a file that can be written", found: String(cString: strerror(errno)),
      advice: "check that the folder exists, may be written to and has space")
  }
}
