// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

/// A ledger and who is in it: at a port for one class of traffic, or at a delegate. The same at packet and at fluid level.
struct GrantDesk: Sendable {
  enum Member: Equatable, Sendable {
    case delegate(Int32)
    /// `home` is where its source hears words: a node at packet level, a part at fluid level.
    case flow(UInt64, hop: UInt8, home: Int32)
  }

  var ledger = GrantLedger()
  /// In the order of the ledger: delegates by number, then flows by name, so that nothing depends on who came first.
  private(set) var members: [Member] = []
  private(set) var delegates = 0
  /// When it looks at its ledger next; never if nothing is to come.
  private var due = Time.never
  /// Of a delegate's desk.
  var delegate: GrantDelegate?
  /// Of a port's desk.
  var watch = GrantWatch()

  // MARK: Members

  mutating func add(delegate number: Int32, _ entry: GrantLedger.Entry) {
    members.insert(.delegate(number), at: delegates)
    ledger.entries.insert(entry, at: delegates)
    delegates += 1
  }

  func index(ofDelegate number: Int32) -> Int? { members[..<delegates].firstIndex(of: .delegate(number)) }

  /// Where a flow is, or should be put.
  private func place(of flow: UInt64) -> (index: Int, isThere: Bool) {
    var low = delegates
    var high = members.count
    while low < high {
      let middle = (low + high) / 2
      guard case .flow(let other, _, _) = members[middle] else { preconditionFailure("flows follow delegates") }
      if other == flow { return (middle, true) }
      if other < flow { low = middle + 1 } else { high = middle }
    }
    return (low, false)
  }

  func index(ofFlow flow: UInt64) -> Int? {
    let (index, isThere) = place(of: flow)
    return isThere ? index : nil
  }

  /// The entry of a flow, made if there is none. `loop` is the time from the desk to the source and back.
  mutating func enter(flow: UInt64, hop: UInt8, home: Int32, loop: Time) -> Int {
    let (index, isThere) = place(of: flow)
    if !isThere {
      members.insert(.flow(flow, hop: hop, home: home), at: index)
      ledger.entries.insert(GrantLedger.Entry(loop: loop), at: index)
    }
    return index
  }

  mutating func leave(flow: UInt64) {
    guard let index = index(ofFlow: flow) else { return }
    members.remove(at: index)
    ledger.entries.remove(at: index)
  }

  // MARK: Time

  /// Measures what the port does; returns whether to go on.
  mutating func look(_ view: GrantWatch.View, at now: Time) -> Bool { watch.look(view, ledger.entries, at: now) }

  /// Has the desk look at its ledger at `time`. False if it does so before anyway.
  mutating func wake(at time: Time) -> Bool {
    guard time < due else { return false }
    due = time
    return true
  }

  /// An event for the desk has come up. False if there is nothing to do for it.
  mutating func comesUp(at now: Time) -> Bool {
    guard due <= now else { return false }
    due = .never
    return true
  }
}

extension GrantDesk: FixedLayout {
  func encode(into writer: inout ByteWriter) {
    writer.write(ledger.entries)
    writer.write(UInt32(delegates))
    for member in members {
      switch member {
      case .delegate(let number): writer.write(number)
      case .flow(let flow, let hop, let home):
        writer.write(flow)
        writer.write(hop)
        writer.write(home)
      }
    }
    writer.write(due)
    writer.write(optional: delegate)
    writer.write(watch)
  }

  init(from reader: inout ByteReader) throws(WireError) {
    ledger.entries = try reader.readArray()
    delegates = Int(try reader.read(UInt32.self))
    guard delegates <= ledger.entries.count else { throw .badValue("\(delegates) delegates at a desk") }
    for index in ledger.entries.indices {
      if index < delegates {
        members.append(.delegate(try reader.read()))
      } else {
        members.append(.flow(try reader.read(), hop: try reader.read(), home: try reader.read()))
      }
    }
    due = try reader.readTime()
    delegate = try reader.readOptional()
    watch = try reader.read()
  }
}
