// SPDX-License-Identifier: Apache-2.0

import CProcess
import Glibc

/// Launches agents as processes and tells how they ended. Processes are known by their id, never by name.
final class AgentProcess {
  let pid: pid_t
  /// Known once the process has been reaped.
  private var ended: String?

  private init(pid: pid_t) { self.pid = pid }

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
    // Threads of the runtime block signals, and a child inherits that: the agent must hear when its parent ends.
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setsigmask(&attributes, &none)
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
    if let ended { return ended }
    var status: Int32 = 0
    let result = waitpid(pid, &status, WNOHANG)
    if result == 0 { return nil }
    if result < 0 {
      ended = "is gone"
    } else {
      let signal = status & 0x7F
      ended =
        signal == 0
        ? "ended with status \((status >> 8) & 0xFF)"
        : "was ended by signal \(signal) (\(String(cString: strsignal(signal))))"
    }
    return ended
  }

  /// Ends the process and waits until it is gone.
  func kill() {
    guard ending() == nil else { return }
    _ = Glibc.kill(pid, SIGKILL)
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
    ended = "was ended by signal \(SIGKILL)"
  }

  /// Whether the process has ended. Does not reap it, so that its number stays its own.
  var hasEnded: Bool {
    if ended != nil { return true }
    var information = siginfo_t()
    let result = waitid(P_PID, id_t(pid), &information, WEXITED | WNOHANG | WNOWAIT)
    return result != 0 || information.si_signo != 0
  }

  /// Ends the process, if it lives, and with it what it has started in its group.
  func endWithGroup() {
    // Until it is reaped, no other group can have its number.
    if ended == nil { _ = Glibc.kill(-pid, SIGKILL) }
    if hasEnded { _ = ending() } else { kill() }
  }

  /// The most memory that it has held, in MB.
  var peakMegabytes: Double { Double(max(0, longhaul_rss_kib_of(pid))) / 1024 }
}

/// A run that cannot go on.
public struct EmulationError: Error, CustomStringConvertible, Equatable {
  public var description: String
  public init(_ description: String) { self.description = description }
}
