// SPDX-License-Identifier: Apache-2.0

import ScenarioFile
import Testing

/// Every kind of mistake in an experiment, with the line and the words that a user sees.
@Suite struct ExperimentErrorTests {
  struct Mistake: Sendable, CustomTestStringConvertible {
    var old: String
    var new: String
    var begins: String
    var has: String
    init(_ old: String, _ new: String, _ begins: String, _ has: String = "") {
      (self.old, self.new, self.begins, self.has) = (old, new, begins, has)
    }
    var testDescription: String { new }
  }

  static let mistakes: [Mistake] = [
    // Names
    Mistake("warmup: 100 ms", "wramup: 100 ms", "e.yaml:28: wramup: unknown field", "Did you mean 'warmup'?"),
    Mistake("delay: 0.5 us}", "dealy: 0.5 us}", "e.yaml:5: links[near-tor].dealy: unknown field", "'delay'"),
    Mistake(
      "[near, tor], rate", "[naer, tor], rate", "e.yaml:5: links[naer-tor].between[0]: there is no host", "'near'"),
    Mistake("{from: far, to", "{from: fra, to", "e.yaml:16: flows[1].from: there is no host or switch 'fra'", "'far'"),
    Mistake("to: sink, count: 1", "to: tor, count: 1", "e.yaml:15: flows[0].to: 'tor' is a switch", "Only hosts"),
    Mistake("[near, far, sink]", "[near, far, near]", "e.yaml:2: hosts[2]: the name 'near' is taken", "(in line 2)"),
    Mistake("[near, far, sink]", "[near, far, 'a b', sink]", "e.yaml:2: hosts[2]: expected a name of letters"),
    Mistake("[near, far, sink]", "[near, far, sink, lost]", "e.yaml:2: hosts[3]: no link leads to 'lost'", "links"),
    Mistake("sizes: websearch", "sizes: web-serch", "e.yaml:17: flows[2].arrivals.poisson.sizes:", "'websearch'"),
    Mistake("class: low", "class: lo", "e.yaml:16: flows[1].class: 'lo' is not known here"),
    Mistake("balancing: spray", "balancing: sprey", "e.yaml:6: links[far-tor].balancing: 'sprey'", "'spray'"),
    Mistake("recovery: go-back-n", "recovery: gobackn", "e.yaml:23: host.recovery: 'gobackn' is not known"),
    Mistake(
      "medium: smf", "medium: copper", "e.yaml:6: links[far-tor].medium: 'copper' is not known", "catalog fibres"),
    Mistake("kind: all-reduce", "kind: all-reduec", "e.yaml:19: collectives[0].kind: 'all-reduec'", "'all-reduce'"),
    // Units and numbers
    Mistake("rate: 40 Gb/s, delay", "rate: 40, delay", "e.yaml:5: links[near-tor].rate: expected a rate such as"),
    Mistake(
      "rate: 40 Gb/s, delay", "rate: 0 Gb/s, delay", "e.yaml:5: links[near-tor].rate: expected a rate above zero"),
    Mistake("buffer: 32 MB", "buffer: 32", "e.yaml:10: links[tor-sink].buffer: expected a buffer such as '32 MB'"),
    Mistake("buffer: 32 MB", "buffer: 0 rtt", "e.yaml:10: links[tor-sink].buffer: expected a buffer above zero"),
    Mistake("buffer: 32 MB", "buffer: x rtt", "e.yaml:10: links[tor-sink].buffer: expected a buffer such as '2.5 rtt'"),
    Mistake("max: 2 MB", "max: 500 kB", "e.yaml:11: links[tor-sink].marking.max: expected 'max' to be at least 'min'"),
    Mistake("max: 2 MB", "max: 2 rtt", "e.yaml:11: links[tor-sink].marking.max: expected 'min' and 'max' in one unit"),
    Mistake("probability: 0.05", "probability: 5", "e.yaml:11: links[tor-sink].marking: expected a probability"),
    Mistake("drain: 0.95", "drain: 1.5", "e.yaml:12: links[tor-sink].phantom.drain: expected a share of the line"),
    Mistake("loss: 1e-7", "loss: 1", "e.yaml:6: links[far-tor].loss: expected a share of packets"),
    Mistake("loss: 1e-7", "loss: {every: 0}", "e.yaml:6: links[far-tor].loss.every: expected a number of packets"),
    Mistake("loss: 1e-7", "loss: {}", "e.yaml:6: links[far-tor].loss: expected a share, {every: n} or"),
    Mistake("parallel: 2", "parallel: 0", "e.yaml:6: links[far-tor].parallel: expected a number of links, at least 1"),
    Mistake("load: 0.3", "load: 0", "e.yaml:17: flows[2].arrivals.poisson.load: expected a load above 0"),
    Mistake("count: 2", "count: 0", "e.yaml:16: flows[1].count: expected a number of flows, at least 1"),
    Mistake("bytes: 1 GB", "bytes: 1 Gb", "e.yaml:19: collectives[0].bytes: expected a number of bytes"),
    Mistake("packet: 4096 B", "packet: 1 GB", "e.yaml:24: packet: expected a packet from 64 B"),
    Mistake("header: 64 B", "header: 5 kB", "e.yaml:25: header: headers of 5000 B leave no room"),
    Mistake("round_trip_error: 1.2", "round_trip_error: 0", "e.yaml:26: round_trip_error: expected a factor, from 0.1"),
    Mistake("control_loss: 1 %", "control_loss: 100 %", "e.yaml:27: control_loss: expected a share of control words"),
    Mistake("seeds: [1, 2, 3]", "seeds: [1, 1]", "e.yaml:31: seeds[1]: seed 1 is named twice"),
    Mistake("seeds: [1, 2, 3]", "seeds: [-1]", "e.yaml:31: seeds[0]: expected a seed"),
    Mistake("{beta: 0.7}", "{beta: high}", "e.yaml:22: algorithms[2].parameters.beta: expected a parameter"),
    // What does not fit together
    Mistake("warmup: 100 ms", "warmup: 5 s", "e.yaml:28: warmup: the warm-up of 5 s leaves nothing of the duration"),
    Mistake("start: 100 ms", "start: 5 s", "e.yaml:16: flows[1].start: the run of 5 s is over by then"),
    Mistake("stop: 3 s", "stop: 50 ms", "e.yaml:16: flows[1].stop: the flows stop at 50 ms, before they start"),
    Mistake("from: far, to: sink", "from: sink, to: sink", "e.yaml:16: flows[1].to: 'sink' would send to itself"),
    Mistake("until: 4 s", "count: 4", "e.yaml:17: flows[2].count: 'count' has no meaning beside 'arrivals'"),
    Mistake("at: 2 s", "at: 7 s", "e.yaml:21: changes[0].at: the run of 5 s is over by then"),
    Mistake("link: [tor, sink]", "link: [near, sink]", "e.yaml:21: changes[0].link: no link joins 'near' to 'sink'"),
    Mistake(", rate: 20 Gb/s", "", "e.yaml:21: changes[0]: expected 'rate' or 'delay': nothing changes"),
    Mistake(
      "delay: 0.5 us}", "distance: 1 km, delay: 1 us}", "e.yaml:5: links[near-tor].distance: 'delay' is the whole"),
    Mistake(", delay: 0.5 us}", "}", "e.yaml:5: links[near-tor]: the field 'delay' is missing", "distance: 80 km"),
    Mistake(
      "[far, tor], rate", "[tor, near], rate",
      "e.yaml:6: links[tor-near]: 'tor' and 'near' are joined already in line 5"),
    Mistake(
      "[near, tor], rate", "[tor, tor], rate", "e.yaml:5: links[tor-tor].between: the link joins 'tor' to itself"),
    Mistake("[[near], [far]]", "[[near], [near]]", "e.yaml:19: collectives[0].sites[1]: host 'near' takes part twice"),
    Mistake("[[near], [far]]", "[[near], [far, sink]]", "e.yaml:19: collectives[0].sites[1]: expected 1 hosts"),
    Mistake("[[near], [far]]", "[[near]]", "e.yaml:19: collectives[0].sites: expected at least two hosts"),
    Mistake("packet: 4096 B", "sites: [[near, tor], [far]]", "e.yaml:24: sites: 'sink' is in none of the sites"),
    Mistake(
      "packet: 4096 B", "sites: [[near, tor], [far, tor, sink]]", "e.yaml:24: sites[1][1]: 'tor' is in two sites"),
    Mistake("duration: 5 s", "duration: 0 s", "e.yaml:29: duration: expected a time above zero"),
    Mistake("duration: 5 s", "leaps: true", "e.yaml:1: the field 'duration' is missing"),
    Mistake("packet: 4096 B", "leaps: maybe", "e.yaml:24: leaps: 'maybe' is not known here"),
    Mistake(
      "packet: 4096 B", "fabric: {kind: leaf-spine, hosts: 9, per_leaf: 4, rate: 1 Gb/s, delay: 1 us}",
      "e.yaml:24: fabric.hosts: 9 hosts do not fill leaves of 4"),
    Mistake(
      "packet: 4096 B", "fabric: {kind: leaf-spine, hosts: 8, per_leaf: 4, rate: 1 Gb/s, delay: 1 us}",
      "e.yaml:24: fabric: 2 leaves need at least one spine"),
    Mistake(
      "{from: far, to: sink, count: 2", "{file: none.csv, count: 2", "e.yaml:16: flows[1].count: 'count' has no meaning"
    ),
    Mistake("seeds: [1, 2, 3]", "seeds: [1", "e.yaml:32: not valid YAML"),
  ]

  @Test(arguments: mistakes)
  func explains(_ mistake: Mistake) {
    let text = experimentMessage(twoDistances.replacing(line: mistake.old, by: mistake.new))
    #expect(text.hasPrefix(mistake.begins), "\(text)")
    #expect(mistake.has.isEmpty || text.contains(mistake.has), "\(text)")
  }

  @Test func emptyFilesAndLists() {
    #expect(experimentMessage("").hasPrefix("e.yaml:1: the file is empty"))
    #expect(experimentMessage("duration: 1 s\n").hasPrefix("e.yaml:1: there are no hosts"))
    let silent = "duration: 1 s\nhosts: [a, b]\nlinks: [{between: [a, b], rate: 1 Gb/s, delay: 1 us}]\n"
    #expect(experimentMessage(silent).hasPrefix("e.yaml:1: there is nothing to send"))
    let error = #expect(throws: ScenarioError.self) { try ExperimentReader.read(path: "/nowhere/at-all.yaml") }
    #expect(error?.description.hasPrefix("/nowhere/at-all.yaml: there is no such file") == true)
  }
}
