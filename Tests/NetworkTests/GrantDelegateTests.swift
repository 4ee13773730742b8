// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Network
import Quantities
import Simulation
import Testing

/// Delegates, which stand for the flows of a whole site, in the ledger of a far port.
@Suite struct GrantDelegateTests {
  private let usable: Int64 = 99_000_000_000

  private func ledger(_ random: inout RandomStream, delegates: Int) -> GrantLedger {
    var book = GrantLedger()
    for _ in 0..<delegates {
      var entry = GrantLedger.Entry(loop: .microseconds(Int64(1 + random.below(20_000))))
      entry.isDelegate = true
      entry.weight = 0
      book.entries.append(entry)
    }
    return book
  }

  /// Says a random claim for one entry: of a delegate, that of some flows that are content and some that want more.
  private func change(_ book: inout GrantLedger, _ random: inout RandomStream, step: Int) {
    let index = random.below(book.entries.count)
    let claim = Int64(random.below(120)) * 1_000_000_000
    book.hear(claim: BitRate(claim), sequence: UInt32(step), at: index)
    // All those that are content fit together, or the level that they were judged by was another one.
    book.entries[index].weight = claim == 0 ? 0 : Int64(1 + random.below(5))
    book.entries[index].base = min(claim / Int64(2 + random.below(8)), 20_000_000_000)
  }

  /// Delegates among themselves: whatever they claim and however many flows they stand for, what is committed stays
  /// within what may be handed out, at every instant.
  @Test(arguments: 0..<20) func commitmentsStayWithinTheCapacity(seed: UInt64) {
    var random = RandomStream(seed: seed, name: "delegates")
    var book = ledger(&random, delegates: 1 + random.below(8))
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

  /// A fall of what a site wants is told only after it has lasted as long as the way there and back; a rise at once, and
  /// so is what it leaves to others in the meantime.
  @Test func fallsAreToldLate() throws {
    var delegate = GrantDelegate(capacity: 50_000_000_000)
    var ledger = GrantLedger()
    ledger.entries = [GrantLedger.Entry(loop: .microseconds(1)), GrantLedger.Entry(loop: .microseconds(1))]
    let patience = Time.microseconds(1000)
    ledger.hear(claim: .gigabits(80), sequence: 1, at: 0)
    ledger.hear(claim: .gigabits(20), sequence: 1, at: 1)
    let first = try #require(delegate.word(for: ledger.entries, at: .zero, patience: patience).word)
    #expect(first.claim == 100_000_000_000 && first.weight == 2)
    ledger.hear(claim: .gigabits(0), sequence: 2, at: 0)
    let (none, again) = delegate.word(for: ledger.entries, at: .microseconds(10), patience: patience)
    #expect(none == GrantDelegate.Word(claim: first.claim, base: 0, weight: 2, present: 20_000_000_000))
    #expect(again == .microseconds(1000))
    let fall = try #require(delegate.word(for: ledger.entries, at: .microseconds(1000), patience: patience).word)
    #expect(fall.claim == 20_000_000_000)
    ledger.hear(claim: .gigabits(60), sequence: 3, at: 0)
    #expect(
      delegate.word(for: ledger.entries, at: .microseconds(1001), patience: patience).word?.claim == 80_000_000_000)
  }
}
