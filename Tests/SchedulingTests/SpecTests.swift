// SPDX-License-Identifier: Apache-2.0

import Scheduling
import Testing

struct SpecTests {
  @Test(arguments: [
    "fifo", "sjf-skip@most-free", "fifo+easy@balanced(cost=1,latency=0.2,capacity=0.5)",
    "srtf-skip(checkpoint=30min)@consolidated", "fifo~wait-awhile(slack=24h)", "longhaul(time=0.5,carbon=100)",
    "sjf@most-free~lowest-window-price(slack=12h,forecast=noise,error=0.1)", "sjf+easy@cheapest-energy(max_sites=2)",
  ])
  func writtenOutAgain(text: String) throws {
    let spec = try PolicySpec(parsing: text)
    #expect(spec.text == text)
    #expect(try PolicySpec(parsing: spec.text) == spec)
  }

  @Test func spacesDoNotMatter() throws {
    let spec = try PolicySpec(parsing: " fifo + easy @ balanced ( cost = 1 , latency=0.2 ) ")
    #expect(spec.text == "fifo+easy@balanced(cost=1,latency=0.2)")
    #expect(spec.placement?.arguments.map(\.value) == [1, 0.2])
  }

  @Test func durationsAreInSeconds() throws {
    for (text, seconds) in [("90s", 90.0), ("1.5min", 90), ("24h", 86400), ("7 d", 604_800)] {
      #expect(try PolicySpec(parsing: "srtf(checkpoint=\(text))").order.arguments[0].value == seconds)
    }
  }

  private func failure(_ text: String) -> PolicySpecError? {
    do {
      _ = try PolicySpec(parsing: text)
      return nil
    } catch { return error }
  }

  @Test(arguments: [
    ("fifi", 1, "fifi", "fifo"), ("fifo+esy", 6, "esy", "easy"), ("sjf-skp", 1, "sjf-skp", "sjf-skip"),
    ("fifo @ balnced(cost=1)", 8, "balnced", "balanced"), ("fifo@balanced(cots=1)", 15, "cots", "cost"),
    ("fifo@first_fit", 6, "first_fit", "first-fit"),
  ])
  func typingErrorsGetASuggestion(text: String, column: Int, found: String, suggestion: String) throws {
    let error = try #require(failure(text))
    #expect(error.column == column && error.found == found && error.suggestion == suggestion)
    #expect(error.known.contains(suggestion))
    #expect(error.description.contains("'\(text)'") && error.description.contains("did you mean '\(suggestion)'"))
  }

  @Test(arguments: [
    ("", 1, "name of the order is missing"), ("@first-fit", 1, "name of the order is missing"),
    ("fifo@", 6, "name of the placement is missing"), ("balanced", 1, "write 'fifo@balanced'"),
    ("easy", 1, "write 'fifo+easy'"), ("fifo+balanced", 6, "not a kind of backfill but of placement"),
    ("fifo@first-fit+easy", 15, "comes too late"), ("fifo@first-fit@most-free", 15, "twice"),
    ("fifo~", 6, "name of the shift is missing"), ("fifo~run-now@first-fit", 13, "comes too late"),
    ("fifo~lowest-slot(forecast=guess)", 27, "one of scenario, perfect"),
    ("wait-awhile", 1, "write 'fifo~wait-awhile'"),
    ("longhaul@first-fit", 9, "takes no other parts"), ("fifo@longhaul", 6, "a whole policy"),
    ("helios@first-fit", 1, "stands alone"), ("fifo-skip+easy", 10, "nothing is reserved"),
    ("srtf+easy", 5, "preempts"), ("fifo(x=1)", 6, "takes no parameters"),
    ("fifo@balanced(cost)", 15, "has no value"), ("fifo@balanced(cost=1", 14, "not closed"),
    ("fifo@balanced(cost=1,cost=2)", 22, "given twice"), ("fifo@balanced(cost=cheap)", 20, "a number"),
    ("fifo@balanced(cost=-1)", 20, "a number from 0"), ("fifo@balanced(cost=inf)", 20, "a number"),
    ("fifo@first-fit(max_sites=1.5)", 26, "whole number"), ("fifo@first-fit(max_sites=0)", 26, "from 1"),
    ("srtf(checkpoint=30)", 17, "with its unit"), ("fifo@first-fit(max_sites=2)x", 28, "should be"),
    ("external:python p.py", 1, "another process"), ("zzzzzz", 1, "there is no order"),
  ])
  func errorsSayWhatAndWhere(text: String, column: Int, problem: String) throws {
    let error = try #require(failure(text), "'\(text)' should be refused")
    #expect(error.column == column, "\(error)")
    #expect(error.problem.contains(problem), "\(error)")
    #expect(error.suggestion == nil, "\(error)")
  }

  @Test func everyPartOfTheCatalogueCanBeUsed() throws {
    let parts = PolicyCatalogue.parts
    #expect(Set(parts.map { "\($0.kind) \($0.name)" }).count == parts.count)
    for part in parts {
      #expect(!part.definition.isEmpty && !part.source.isEmpty)
      let arguments = part.parameters.map { parameter in
        #expect(parameter.value(of: parameter.defaultText) == parameter.defaultValue, "\(part.name)")
        return "\(parameter.name)=\(parameter.defaultText)"
      }
      let text = part.name + (arguments.isEmpty ? "" : "(\(arguments.joined(separator: ",")))")
      let prefix = [
        PolicyPartKind.order: "", .policy: "", .backfill: "fifo+", .placement: "fifo@", .shift: "fifo~",
      ][part.kind]
      _ = ComposedPolicy(try PolicySpec(parsing: try #require(prefix) + text))
    }
    let orders = PolicyCatalogue.parts(of: .order).map(\.name)
    for name in ["fifo", "sjf", "srtf", "las", "themis"] {
      #expect(orders.contains(name) && orders.contains(name + "-skip"))
    }
    // Without counting `-skip` and `-price`.
    let own = parts.count { !$0.name.hasSuffix("-skip") && !$0.name.hasSuffix("-price") }
    #expect(own >= 35)
  }

  @Test func presetsStandForTheirSpecs() throws {
    let names = PolicyCatalogue.presets.map(\.name)
    #expect(Set(names).count == names.count && Set(names).isDisjoint(with: PolicyCatalogue.parts.map(\.name)))
    for preset in PolicyCatalogue.presets {
      #expect(!preset.definition.isEmpty && !preset.source.isEmpty)
      let spec = try PolicySpec(parsing: preset.name)
      #expect(spec.text == preset.spec)
      #expect(try PolicySpec(parsing: preset.spec) == spec)
    }
  }
}
