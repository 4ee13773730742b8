// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Network
import Quantities
import Simulation
import Testing

/// Delegates, which stand for the flows of a whole site, in the ledger of a far port.
@Suite struct GrantDelegateTests {
  private let usable: Int64 = 99_000_000_000

  /// What an entry would have at a common level: a flow its claim or the level; a delegate what its contented flows claim
  /// and the level for each of the others.
  private func share(_ entry: GrantLedger.Entry, _ level: Int64) -> Int64 {
    entry.isDelegate ? min(entry.claim, entry.base + entry.weight * level) : min(entry.claim, level)
  }

  /// The highest common level that fits.
  private func level(_ entries: [GrantLedger.Entry]) -> Int64 {
    var low: Int64 = 0
    var high: Int64 = 4 * usable
    while low < high {
      let middle = (low + high + 1) / 2
      if entries.reduce(0, { $0 + share($1, middle) }) <= usable { low = middle } else { high = middle - 1 }
    }
    return low
  }

  private func ledger(_ random: inout RandomStream, flows: Int, delegates: Int) -> GrantLedger {
    var book = GrantLedger()
    for k in 0..<flows + delegates {
      var entry = GrantLedger.Entry(loop: .microseconds(Int64(1 + random.below(20_000))))
      entry.isDelegate = k >= flows
      if entry.isDelegate { entry.weight = 0 }
      book.entries.append(entry)
    }
    return book
  }

  /// Says a random claim for one entry: of a delegate, that of some flows that are content and some that want more.
  private func change(_ book: inout GrantLedger, _ random: inout RandomStream, step: Int) {
    let index = random.below(book.entries.count)
    let claim = Int64(random.below(120)) * 1_000_000_000
    book.hear(claim: BitRate(claim), sequence: UInt32(step), at: index)
    if book.entries[index].isDelegate {
      // All those that are content fit together, or the level that they were judged by was another one.
      book.entries[index].weight = claim == 0 ? 0 : Int64(1 + random.below(5))
      book.entries[index].base = min(claim / Int64(2 + random.below(8)), 20_000_000_000)
    }
  }

  /// Delegates among themselves: whatever they claim and however many flows they stand for, what is committed stays
  /// within what may be handed out, at every instant.
  @Test(arguments: 0..<20) func commitmentsStayWithinTheCapacity(seed: UInt64) {
    var random = RandomStream(seed: seed, name: "delegates")
    var book = ledger(&random, flows: 0, delegates: 1 + random.below(8))
    var now = Time.zero
    var release = Time.never
    for step in 0..<400 {
      let next = now + .microseconds(Int64(random.below(2000)))
      now = release > now ? min(next, release) : next
      if now == next { change(&book, &random, step: step) }
      let result = book.allocate(usable: usable, at: now, rule: GrantRule())
      release = result.release
      for index in result.notices { _ = book.tell(index) }
      #expect(book.committed <= usable, "seed \(seed), step \(step)")
    }
  }

  /// Flows from nearby beside delegates, after a storm of claims: when all is quiet, commitments fit, everybody has at
  /// least the share at the common level within the threshold, and what nobody claims stands with the delegates.
  @Test(arguments: 0..<20) func settlesAtMaxMin(seed: UInt64) {
    var random = RandomStream(seed: seed, name: "mixture")
    var book = ledger(&random, flows: 1 + random.below(5), delegates: 1 + random.below(4))
    var now = Time.zero
    var release = Time.never
    for step in 0..<200 {
      now += .microseconds(Int64(random.below(2000)))
      change(&book, &random, step: step)
      let result = book.allocate(usable: usable, at: now, rule: GrantRule())
      release = result.release
      for index in result.notices { _ = book.tell(index) }
    }
    var rounds = 0
    while release < .never, rounds < 100 {
      now = release
      let result = book.allocate(usable: usable, at: now, rule: GrantRule())
      release = result.release
      for index in result.notices { _ = book.tell(index) }
      rounds += 1
    }
    #expect(release == .never, "held capacity is released at last")
    #expect(book.committed <= usable)
    let common = level(book.entries)
    let shares = book.entries.map { share($0, common) }
    let left = usable - shares.reduce(0, +)
    let delegates = Int64(book.entries.filter(\.isDelegate).count)
    for (entry, share) in zip(book.entries, shares) {
      let expected = Double(share + (entry.isDelegate ? max(0, left) / delegates : 0))
      // Changes below half a per cent are not told.
      #expect(abs(Double(entry.grant) - expected) <= 0.0051 * max(expected, Double(entry.grant)) + 100, "seed \(seed)")
    }
  }

  /// A fall of what a site wants is told only after it has lasted as long as the way there and back; a rise at once.
  @Test func fallsAreToldLate() throws {
    var delegate = GrantDelegate(capacity: 50_000_000_000)
    delegate.ledger.entries = [GrantLedger.Entry(loop: .microseconds(1)), GrantLedger.Entry(loop: .microseconds(1))]
    let patience = Time.microseconds(1000)
    delegate.ledger.hear(claim: .gigabits(80), sequence: 1, at: 0)
    delegate.ledger.hear(claim: .gigabits(20), sequence: 1, at: 1)
    let first = try #require(delegate.word(at: .zero, patience: patience).word)
    #expect(first.claim == 100_000_000_000 && first.weight == 2)
    delegate.ledger.hear(claim: .gigabits(0), sequence: 2, at: 0)
    let (none, again) = delegate.word(at: .microseconds(10), patience: patience)
    #expect(none == nil && again == .microseconds(1000))
    let fall = try #require(delegate.word(at: .microseconds(1000), patience: patience).word)
    #expect(fall.claim == 20_000_000_000)
    delegate.ledger.hear(claim: .gigabits(60), sequence: 3, at: 0)
    #expect(delegate.word(at: .microseconds(1001), patience: patience).word?.claim == 80_000_000_000)
  }
}
