// SPDX-License-Identifier: Apache-2.0

import Foundation

/// This program, started once more. Known by its id and gone when it has been waited for.
final class ChildProcess {
  let pid: pid_t
  private var isGone = false

  init(_ arguments: [String]) throws {
    let program = "/proc/self/exe"
    var argv: [UnsafeMutablePointer<CChar>?] = (["longhaul-benchmarks"] + arguments).map { strdup($0) }
    argv.append(nil)
    defer { for pointer in argv { free(pointer) } }
    var pid: pid_t = 0
    let status = posix_spawn(&pid, program, nil, nil, argv, environ)
    guard status == 0 else { throw BenchmarkError("cannot start a process: \(String(cString: strerror(status)))") }
    self.pid = pid
  }

  deinit { end() }

  /// Waits for its own end.
  ///
  /// - Returns: CPU seconds of it and of all that it has started and waited for.
  func wait() throws -> Double {
    var status: Int32 = 0
    var usage = rusage()
    while wait4(pid, &status, 0, &usage) < 0 {
      guard errno == EINTR else { throw BenchmarkError("process \(pid) is gone") }
    }
    isGone = true
    guard status == 0 else { throw BenchmarkError("process \(pid) failed with wait status \(status)") }
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return seconds(usage.ru_utime) + seconds(usage.ru_stime)
  }

  func end() {
    guard !isGone else { return }
    isGone = true
    _ = kill(pid, SIGKILL)
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
  }
}
