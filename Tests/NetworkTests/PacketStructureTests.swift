// SPDX-License-Identifier: Apache-2.0

import Network
import Simulation
import Testing

/// The packet level's own containers against the plain ones of the standard library, under random use.
@Suite struct PacketStructureTests {
  /// Events come out sorted by time, then kind, then place, whatever the order in which they went in.
  @Test func eventHeapSorts() {
    var random = RandomStream(seed: 3, name: "heap")
    var heap = EventHeap()
    var model: [(time: Int64, key: UInt32)] = []
    let kinds: [PacketEventKind] = [.arrival, .departure, .card, .sample]
    func event() -> PacketEvent {
      PacketEvent(time: Int64(random.below(500)), kind: kinds[random.below(4)], place: random.below(5000))
    }
    for _ in 0..<20_000 {
      switch random.below(4) {
      case 0, 1, 2:
        let new = event()
        heap.push(new)
        model.append((new.time, new.key))
      case 3 where !model.isEmpty:
        let least = model.indices.min { (model[$0].time, model[$0].key) < (model[$1].time, model[$1].key) }!
        #expect(heap.first.time == model[least].time && heap.first.key == model[least].key)
        heap.removeFirst()
        model.remove(at: least)
      default: #expect(heap.isEmpty == model.isEmpty)
      }
      if model.count > 1500 {
        while model.count > 20 {
          model.sort { ($0.time, $0.key) > ($1.time, $1.key) }
          #expect(heap.first.time == model.last!.time && heap.first.key == model.last!.key)
          heap.removeFirst()
          model.removeLast()
        }
      }
      #expect(heap.count == model.count)
    }
    #expect(heap.nextTime == model.map(\.time).min() ?? .max)
  }

  /// The wheel hands out what the heap does, with events at once, soon and a hundred seconds away, in crowds and alone, while
  /// the width of its buckets changes; and it knows when the next one is due without taking it.
  @Test(arguments: [0, 3, 12, 25]) func eventWheelSorts(shift: Int) {
    var random = RandomStream(seed: 5, name: "wheel").child(shift)
    var wheel = EventWheel(shift: shift)
    var heap = EventHeap()
    var now: Int64 = 0
    func push(_ time: Int64, _ place: Int) {
      let event = PacketEvent(time: time, kind: .arrival, place: place, packet: UInt32(place))
      wheel.push(event)
      heap.push(event)
    }
    for round in 0..<40 {
      let crowd = [3, 60, 1500][round % 3]
      for k in 0..<crowd {
        let reach = [0, 1, 50, 4000, 3_000_000, 10_000_000_000_000][random.below(round % 4 == 0 ? 6 : 4)]
        push(now + Int64(random.below(reach + 1)), k)
      }
      let end = now + Int64(random.below(200_000))
      while true {
        let due = wheel.nextTime
        #expect(due == heap.nextTime)
        // Nothing is due before: the wheel need not look further, and what comes then still finds its place.
        if due > end {
          _ = wheel.head(upTo: end)
          break
        }
        #expect(wheel.head(upTo: random.below(2) == 0 ? end : due) == due)
        now = due
        let event = wheel.removeFirst()
        #expect(event.time == heap.first.time && event.key == heap.first.key && event.packet == UInt32(event.place))
        heap.removeFirst()
        if random.below(3) == 0, wheel.count < 4000 {
          push(now + Int64(random.below(30_000)), 5000 + random.below(5000))
        }
      }
      now = max(now, end)
      #expect(wheel.count == heap.count && wheel.isEmpty == heap.isEmpty)
    }
    var all = 0
    wheel.visit { _ in all += 1 }
    #expect(all == heap.count)
    while !heap.isEmpty {
      #expect(wheel.head(upTo: .max - 1) == heap.nextTime)
      #expect(wheel.removeFirst().key == heap.first.key)
      heap.removeFirst()
    }
    #expect(wheel.nextTime == .max && wheel.head(upTo: .max - 1) == .max)
  }

  /// Kind and place survive being packed into one number.
  @Test func eventsKeepKindAndPlace() {
    for kind: PacketEventKind in [.arrival, .receiverTimer, .sample] {
      for place in [0, 1, 4095, 0x0FFF_FFFF] {
        let event = PacketEvent(time: 7, kind: kind, place: place)
        #expect(event.kind == kind && event.place == place)
      }
    }
    #expect(
      PacketEvent(time: 1, kind: .arrival, place: 9).precedes(PacketEvent(time: 1, kind: .departure, place: 0)))
  }

  /// First in, first out, over many times its first capacity and after being emptied at once.
  @Test func ringIsAQueue() {
    var random = RandomStream(seed: 4, name: "ring")
    var ring = Ring<Int64>()
    var model: [Int64] = []
    for step in 0..<50_000 {
      // Phases that fill and phases that drain.
      if random.below(100) < (step / 2000 % 2 == 0 ? 60 : 42) {
        ring.append(Int64(step))
        model.append(Int64(step))
      } else if !model.isEmpty {
        #expect(ring.first == model[0])
        ring.removeFirst()
        model.removeFirst()
      }
      if random.below(10_000) == 0 {
        ring.removeAll()
        model.removeAll()
      }
      #expect(Int(ring.count) == model.count && ring.isEmpty == model.isEmpty)
    }
    ring.destroy()
  }

  /// A set of numbers that moves up: membership, double insertion and removal as a set has them. Numbers that lie a
  /// multiple of the capacity apart share a bit, so the range moves over many capacities.
  @Test func packetSetIsASet() {
    var random = RandomStream(seed: 5, name: "set")
    var set = PacketSet()
    var model: Set<UInt32> = []
    var lowest: UInt32 = 0
    for step in 0..<50_000 {
      let span = step < 25_000 ? 200 : 3000
      let number = lowest + UInt32(random.below(span))
      switch random.below(8) {
      case 0...3:
        #expect(set.insert(number, lowest: lowest, highest: number) == model.insert(number).inserted)
      case 4: #expect(set.remove(number) == (model.remove(number) != nil))
      case 5, 6:
        // As the receiver does it: what is in order goes.
        while set.remove(lowest) {
          #expect(model.remove(lowest) != nil)
          lowest += 1
        }
        #expect(!model.contains(lowest))
        lowest += 1
      default: #expect(set.contains(number) == model.contains(number))
      }
      #expect(Int(set.count) == model.count && set.isEmpty == model.isEmpty)
    }
    set.destroy()
  }

  /// The card's heap of flows gives the one that may send first, the lower number among equals, while times change.
  @Test func cardHeapSorts() {
    let count = 200
    let senders = UnsafeMutablePointer<PacketSender>.allocate(capacity: count)
    senders.initialize(repeating: PacketSender(), count: count)
    defer {
      senders.deinitialize(count: count)
      senders.deallocate()
    }
    var random = RandomStream(seed: 6, name: "card")
    var card = PacketCard()
    defer { card.destroy() }
    var waiting: Set<Int> = []
    for _ in 0..<30_000 {
      let flow = random.below(count)
      switch random.below(3) {
      case 0 where !waiting.contains(flow):
        senders[flow].nextSend = Int64(random.below(50))
        card.insertWaiting(UInt32(flow), senders)
        waiting.insert(flow)
      case 1 where waiting.contains(flow):
        senders[flow].nextSend = Int64(random.below(50))
        card.moveWaiting(UInt32(flow), senders)
      case 2 where waiting.contains(flow):
        card.removeWaiting(UInt32(flow), senders)
        #expect(senders[flow].heapIndex == .max)
        waiting.remove(flow)
      default: break
      }
      #expect(card.waiting == waiting.count)
      if let first = waiting.min(by: { (senders[$0].nextSend, $0) < (senders[$1].nextSend, $1) }) {
        #expect(Int(card.firstWaiting) == first)
      }
    }
  }
}
