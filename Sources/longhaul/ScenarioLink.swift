// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Quantities
import Report
import ScenarioFile
import Topology

struct ScenarioLink: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "link",
    abstract: "How the links of a scenario are built: budget of light, delay, power and cost, term by term.",
    discussion: """
      For example: longhaul scenario link Scenarios/two-sites.yaml --set 'links[*].medium=hollow-core'. A link that does \
      not close is refused with its budget and the nearest module that would close it. Documentation/Optics.md has the \
      formulas.
      """)

  @Argument(help: "The scenario, a YAML file.") var scenario: String
  @Argument(help: "Id of a link; all of them if left out.") var link: String?
  @OptionGroup var changes: OverrideArguments
  @Flag(help: "One row a link, as CSV.") var csv = false

  func run() throws {
    let read = try ScenarioReader.read(path: scenario, overrides: try changes.overrides(policy: nil))
    let ids = read.fleet.links.map(\.id)
    if let link, !ids.contains(link) {
      let near = Spelling.nearest(link, in: ids).map { "did you mean '\($0)'?" }
      throw ValidationError("there is no link '\(link)'; \(near ?? "there are \(ids.joined(separator: ", "))")")
    }
    let chosen = read.fleet.links.filter { link == nil || $0.id == link }
    if csv {
      print(LinkReport.header)
      for link in chosen { print(LinkReport(link).row) }
      return
    }
    print(chosen.map { LinkReport($0).description }.joined(separator: "\n"), terminator: "")
    if link == nil {
      for site in read.fleet.sites { print(LinkReport.fabric(of: site), terminator: "") }
    }
  }
}
