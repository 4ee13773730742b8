// SPDX-License-Identifier: Apache-2.0

import Quantities

/// Reads job traces of every format, a line at a time, and accounts for every row.
///
/// A row that cannot be used is skipped under a named reason. A file that is missing, empty, no text, without the
/// header of its format, or without a single job in the window is an error.
public enum TraceReader {
  public static func read(
    path: String, format: TraceFormat = .auto, window: TraceWindow = TraceWindow()
  ) throws(TraceError) -> Trace {
    var lines = try LineReader(path: path, source: try FileSource(path: path))
    let rows = try rows(of: format, path: path, head: lines.firstLine())
    var collector = try TraceCollector(path: path, window: window, rows: rows)
    try collector.collect(&lines)
    return try collector.finish(sha256: lines.source.digest())
  }

  private static func rows(
    of format: TraceFormat, path: String, head: Record
  ) throws(TraceError) -> any TraceRows {
    var wanted = format
    if format == .auto {
      guard let found = TraceFormat.recognise(head) else {
        let start = String(decoding: head.bytes.prefix(120), as: UTF8.self)
        throw TraceError(
          file: path, line: 1,
          expected: "the first line of one of " + TraceFormat.readable.map(\.rawValue).joined(separator: ", "),
          found: "'\(start)'",
          advice: "name the format, or give the file the header job_id,submit_s,gpus,duration_s of 'native'")
      }
      wanted = found
    }
    switch wanted {
    case .philly: return PhillyRows(path: path)
    case .paiSim: return PAISimRows(path: path)
    case .swf: return SWFRows()
    case .native: return NativeRows(path: path)
    default:
      throw TraceError(
        file: path, field: "format",
        expected: "one of " + TraceFormat.readable.map(\.rawValue).joined(separator: ", "),
        found: "'\(wanted.rawValue)'",
        advice: "format '\(wanted.rawValue)' is not read by this version: convert the trace to 'native' first")
    }
  }
}
