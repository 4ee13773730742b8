// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Network
import Quantities
import Simulation
import Testing

/// The books of distance-aware flows, without any engine around them.
@Suite struct GrantLedgerTests {
  private func ledger(loops: [Time]) -> GrantLedger {
    var ledger = GrantLedger()
    ledger.entries = loops.map { GrantLedger.Entry(loop: $0) }
    return ledger
  }

  /// Two flows at a port of 100 Gb/s, 99 of them handed out. What the first gives up arrives no longer after the way to
  /// its source and back: 10 ms. The second is told then less its own loop, so that it takes over at that instant.
  @Test func capacityIsGrantedWhenItsReleaseHasArrived() {
    var book = ledger(loops: [.microseconds(10_000), .microseconds(100)])
    let rule = GrantRule()
    book.hear(claim: .gigabits(400), sequence: 1, at: 0)
    var result = book.allocate(capacity: .gigabits(100), at: .zero, rule: rule)
    #expect(result.notices == [0, 1] && book.entries[0].grant == 99_000_000_000)
    _ = book.tell(0)
    book.hear(claim: .gigabits(400), sequence: 1, at: 1)
    result = book.allocate(capacity: .gigabits(100), at: .seconds(1), rule: rule)
    #expect(book.entries.map(\.grant) == [49_500_000_000, 0])
    #expect(result.release == .seconds(1) + .microseconds(9_900))
    result = book.allocate(capacity: .gigabits(100), at: result.release, rule: rule)
    #expect(book.entries.map(\.grant) == [49_500_000_000, 49_500_000_000])
    #expect(result.release == .seconds(1) + .microseconds(10_000))
    result = book.allocate(capacity: .gigabits(100), at: result.release, rule: rule)
    #expect(result.release == .never && book.entries.allSatisfy { $0.held == 0 })
  }

  /// The same two, but the port may let 10 Mbit wait: over 10 ms that is 1 Gb/s for the near one at once. Where a release
  /// may come late, nothing is told ahead of it.
  @Test func theBufferTakesWhatIsNotReleased() {
    var book = ledger(loops: [.microseconds(10_000), .microseconds(100)])
    let rule = GrantRule()
    book.hear(claim: .gigabits(400), sequence: 1, at: 0)
    _ = book.allocate(capacity: .gigabits(100), at: .zero, rule: rule)
    _ = book.tell(0)
    book.hear(claim: .gigabits(400), sequence: 1, at: 1)
    var late = book
    // What is held is known at the first look and lent at the next one.
    _ = book.allocate(usable: 99_000_000_000, credit: 1e7, at: .seconds(1), rule: rule)
    _ = book.allocate(usable: 99_000_000_000, credit: 1e7, at: .seconds(1), rule: rule)
    #expect(book.entries[0].grant == 49_500_000_000 && abs(book.entries[1].grant - 1_000_000_000) <= 10)
    let result = late.allocate(usable: 99_000_000_000, anticipates: false, at: .seconds(1), rule: rule)
    #expect(result.release == .seconds(1) + .microseconds(10_000))
  }

  /// Whatever claims come, what arrives stays within the capacity, nobody is granted more than was claimed, and once all
  /// is quiet everybody has the max-min share. Fair rates are those of a flow that wants everything.
  @Test(arguments: 0..<20) func commitmentsStayWithinTheCapacity(seed: UInt64) {
    var random = RandomStream(seed: seed, name: "ledger")
    let count = 1 + random.below(12)
    let loops = (0..<count).map { _ in Time.microseconds(Int64(random.below(20_000))) }
    var book = ledger(loops: loops)
    var arrivals = Arrivals(loops: loops)
    let rule = GrantRule()
    let usable: Int64 = 99_000_000_000
    var now = Time.zero
    var release = Time.never
    for step in 0..<300 {
      let next = now + .microseconds(Int64(random.below(500)))
      now = release > now ? min(next, release) : next
      if now == next {
        let (claim, index) = (Int64(random.below(200)) * 1_000_000_000, random.below(count))
        #expect(arrivals.most(until: now) <= usable)
        book.hear(claim: BitRate(claim), sequence: UInt32(step), at: index)
        arrivals.claim(claim, by: index)
      }
      let result = book.allocate(capacity: .gigabits(100), at: now, rule: rule)
      release = result.release
      for i in result.notices { arrivals.tell(book.tell(i).grant.bitsPerSecond, to: i, at: now) }
      #expect(arrivals.most(until: now) <= usable)
      for entry in book.entries { #expect(entry.grant <= entry.claim || entry.held > 0) }
    }
    while release < .never {
      now = release
      let result = book.allocate(capacity: .gigabits(100), at: now, rule: rule)
      release = result.release
      for i in result.notices { arrivals.tell(book.tell(i).grant.bitsPerSecond, to: i, at: now) }
      #expect(arrivals.most(until: now) <= usable)
    }
    #expect(arrivals.most(until: now + .seconds(1)) <= usable)
    let claims = book.entries.map(\.claim)
    for (i, entry) in book.entries.enumerated() {
      let share = Double(GrantLedgerTests.share(of: claims[i], among: claims, of: usable))
      #expect(abs(Double(entry.grant) - share) <= 0.0051 * max(share, Double(entry.grant)) + 1)
      var others = claims
      others[i] = usable
      let fair = min(GrantLedgerTests.share(of: usable, among: others, of: usable), 4 * max(1, claims[i], usable / 256))
      #expect(abs(Double(entry.fairSent - fair)) <= 0.0101 * Double(max(fair, entry.fairSent)) + 1)
    }
  }

  /// Max-min by raising a common level until the capacity is full.
  private static func share(of claim: Int64, among claims: [Int64], of capacity: Int64) -> Int64 {
    var low: Int64 = 0
    var high = capacity
    while low < high {
      let level = (low + high + 1) / 2
      if claims.reduce(0, { $0 + min($1, level) }) <= capacity { low = level } else { high = level - 1 }
    }
    return min(claim, low)
  }

  /// A source claims at each port what the others leave it, lowers itself to its own claims at once, and believes in a
  /// grant only as far as it takes those claims into account.
  @Test func claimsFollowFromTheOtherPorts() {
    var book = ClaimBook(hops: 3)
    #expect(book.claims(demand: .gigabits(400)).map(\.rate) == [.gigabits(400), .gigabits(400), .gigabits(400)])
    #expect(book.granted == .zero && !book.isOpen)
    book.hear(hop: 0, grant: .gigabits(300), fair: .gigabits(350), basedOn: 1)
    let claims = book.claims(demand: .gigabits(400))
    #expect(claims.map(\.hop) == [1, 2] && claims.map(\.rate) == [.gigabits(350), .gigabits(350)])
    // This grant was given before the claim of 350 came in.
    book.hear(hop: 1, grant: .gigabits(400), fair: .gigabits(400), basedOn: 1)
    #expect(book.hops[1].grant == .gigabits(350))
    book.hear(hop: 2, grant: .gigabits(100), fair: .gigabits(100), basedOn: 2)
    #expect(book.isOpen && book.granted == .gigabits(100))
    book.leave()
    #expect(!book.isKnown && book.granted == .zero)
    // It comes back with new numbers, so that a desk can tell.
    #expect(book.claims(demand: .gigabits(400)).map(\.sequence) == [2, 3, 3])
  }
}
