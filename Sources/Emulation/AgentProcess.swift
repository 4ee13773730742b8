// SPDX-License-Identifier: Apache-2.0

import CProcess
import Glibc

/// Launches agents as processes and tells how they ended. Processes are known by their id, never by name.
struct AgentProcess {
  let pid: pid_t

  /// - Parameters:
  ///   - log: file to which the agent's standard output and error are appended.
  /// - Throws: ``EmulationError`` if the program cannot be started.
  static func launch(program: String, arguments: [String], log: String) throws(EmulationError) -> AgentProcess {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o644)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // A group of its own: an interrupt from the terminal is for the coordinator, which then ends its agents in order.
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
    posix_spawnattr_setpgroup(&attributes, 0)
    var argv: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) }
    argv.append(nil)
    defer { for pointer in argv { free(pointer) } }
    var pid: pid_t = 0
    let status = posix_spawn(&pid, program, &actions, &attributes, argv, environ)
    guard status == 0 else {
      throw EmulationError(
        "cannot start the agent '\(program)': \(String(cString: strerror(status))); build the project anew")
    }
    return AgentProcess(pid: pid)
  }

  /// How the process ended, or nil while it lives. Reaps it.
  func ending() -> String? {
    var status: Int32 = 0
    let result = waitpid(pid, &status, WNOHANG)
    if result == 0 { return nil }
    if result < 0 { return "is gone" }
    let signal = status & 0x7F
    if signal == 0 { return "ended with status \((status >> 8) & 0xFF)" }
    return "was ended by signal \(signal) (\(String(cString: strsignal(signal))))"
  }

  /// Ends the process and waits until it is gone.
  func kill() {
    _ = Glibc.kill(pid, SIGKILL)
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
  }

  /// The most memory that it has held, in MB.
  var peakMegabytes: Double { Double(max(0, longhaul_rss_kib_of(pid))) / 1024 }
}

/// A run that cannot go on.
public struct EmulationError: Error, CustomStringConvertible, Equatable {
  public var description: String
  public init(_ description: String) { self.description = description }
}
