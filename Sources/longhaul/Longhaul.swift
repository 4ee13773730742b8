// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Emulation
import Foundation
import Results
import ScenarioFile
import Topology
import Workload

@main
struct Longhaul: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "longhaul",
    abstract: "Emulates a fleet of data centres joined by long fibres, under a trace of jobs and a placement policy.",
    version: "0.1.0",
    subcommands: [
      Emulate.self, Resume.self, Compare.self, ReportCommand.self, CongestionCommand.self, TraceCommand.self,
      ModelCommand.self, ScenarioCommand.self, TopologyCommand.self, SiteCommand.self, Catalog.self, Doctor.self,
    ])

  static func main() {
    var command: any ParsableCommand
    do {
      command = try parseAsRoot()
    } catch {
      // Help and version are no failure; anything else is bad usage.
      let text = fullMessage(for: error)
      if exitCode(for: error) == .success {
        print(text)
        Foundation.exit(0)
      }
      complain(text)
      Foundation.exit(2)
    }
    do {
      try command.run()
    } catch let error as ExitCode {
      Foundation.exit(error.rawValue)
    } catch {
      // "--help" of the program itself arrives here: parsing gives a command that throws what it has to say.
      if exitCode(for: error) == .success {
        print(fullMessage(for: error))
        Foundation.exit(0)
      }
      complain("longhaul: \(describe(error))")
      Foundation.exit(status(of: error))
    }
  }

  static func complain(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }

  static func describe(_ error: any Error) -> String {
    "\(error)"
  }

  /// 2 for what the user can mend in the input, 1 for a run that failed, 130 for one that was interrupted.
  static func status(of error: any Error) -> Int32 {
    switch error {
    case is ScenarioError, is TraceError, is ResultsError, is MapError, is ValidationError: return 2
    case is Conductor.Interrupted, is ExperimentConductor.Interrupted: return 130
    default: return 1
    }
  }
}
