// SPDX-License-Identifier: Apache-2.0
internal import CZeroMQ

/// What a poller waits for, and what it reports.
public struct PollEvents: OptionSet, Hashable, Sendable {
  public let rawValue: Int16
  public init(rawValue: Int16) { self.rawValue = rawValue }

  /// At least one message (file descriptor: one byte, or the end of the stream) can be received without waiting.
  public static let readable = PollEvents(rawValue: Int16(ZMQ_POLLIN))
  /// At least one message (file descriptor: one byte) can be sent without waiting.
  public static let writable = PollEvents(rawValue: Int16(ZMQ_POLLOUT))
  /// Reported for file descriptors only: hung up, broken or closed. Reported whether asked for or not.
  public static let error = PollEvents(rawValue: Int16(ZMQ_POLLERR))
}

/// One thing to wait for: a socket (``Socket/pollItem(tag:events:)``), a monitor or a file descriptor.
///
/// An item made from a socket does not keep that socket open. Once the socket has closed, polling the item throws
/// `ENOTSOCK`. For why it cannot dangle, and cannot reach another thread without its socket, see `SocketHandle`.
public struct PollItem {
  enum Source {
    case socket(SocketHandle)
    case fileDescriptor(Int32)
  }

  let source: Source
  /// The caller's name for it.
  public let tag: Int
  /// What to wait for.
  public let events: PollEvents

  /// A file descriptor that the caller keeps open for as long as it is polled.
  public static func fileDescriptor(_ descriptor: Int32, tag: Int, events: PollEvents = .readable) -> PollItem {
    PollItem(source: .fileDescriptor(descriptor), tag: tag, events: events)
  }
}

extension Socket {
  /// This socket as something to wait for.
  public func pollItem(tag: Int, events: PollEvents = .readable) -> PollItem {
    PollItem(source: .socket(handle), tag: tag, events: events)
  }
}

/// Waits for several sockets and file descriptors at once.
public struct Poller: ~Copyable {
  /// An item on which something awaited has happened.
  public struct Ready: Hashable, Sendable {
    public let tag: Int
    public let events: PollEvents

    public init(tag: Int, events: PollEvents) {
      self.tag = tag
      self.events = events
    }
  }

  public enum Outcome: Hashable, Sendable {
    /// What is ready, in the order in which the items were given; never empty.
    case ready([Ready])
    /// The time ran out.
    case timedOut
    /// A signal was handled on this thread meanwhile: look at what its handler noted, then poll again.
    ///
    /// A signal handled before or after ``Poller/poll(milliseconds:)`` does not interrupt it, and a thread of Swift's
    /// or Dispatch's pool handles none. One that must never be missed writes to a pipe that is polled as well.
    case interrupted
  }

  private var items: [PollItem]
  /// The form in which libzmq takes the items, kept between calls to save its allocation.
  private var raw: [zmq_pollitem_t] = []

  public init(_ items: [PollItem] = []) { self.items = items }

  /// Adds an item behind the others. Tags need not differ.
  public mutating func add(_ item: PollItem) { items.append(item) }

  /// Takes out every item with this tag.
  public mutating func remove(tag: Int) { items.removeAll { $0.tag == tag } }

  /// How many items are polled.
  public var count: Int { items.count }

  /// Waits until something is ready, the time runs out or a signal has been handled.
  ///
  /// - Parameter milliseconds: how long to wait; 0 only looks, nil waits without end.
  /// - Throws: `ENOTSOCK` when a polled socket was closed, `ETERM` when a context was shut down.
  public mutating func poll(milliseconds: Int? = nil) throws(ZeroMQError) -> Outcome {
    raw.removeAll(keepingCapacity: true)
    for item in items { raw.append(try item.raw()) }
    guard try SocketHandle.poll(&raw, milliseconds: milliseconds) else { return .interrupted }
    var ready: [Ready] = []
    for (item, raw) in zip(items, raw) where raw.revents != 0 {
      ready.append(Ready(tag: item.tag, events: PollEvents(rawValue: raw.revents)))
    }
    return ready.isEmpty ? .timedOut : .ready(ready)
  }
}
