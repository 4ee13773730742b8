// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// Several pieces of work at a time, each in a thread of its own.
enum Workers {
  /// Calls `body` with 0 to `count` - 1, in this order as far as threads are free. After an error nothing more is begun.
  ///
  /// - Throws: the first error.
  static func run(count: Int, jobs: Int, _ body: (Int) throws -> Void) throws {
    struct Board {
      var next = 0
      var error: (any Error)?
    }
    guard count > 0 else { return }
    let board = Mutex(Board())
    // The closure does not outlive this call, and what it shares is for its author to guard.
    try withoutActuallyEscaping(body) { body in
      let work = SharedWork(body)
      DispatchQueue.concurrentPerform(iterations: max(1, min(jobs, count))) { _ in
        while true {
          let index: Int? = board.withLock { b in
            guard b.error == nil, b.next < count else { return nil }
            b.next += 1
            return b.next - 1
          }
          guard let index else { return }
          do {
            try work.body(index)
          } catch {
            board.withLock { if $0.error == nil { $0.error = error } }
          }
        }
      }
      try board.withLock { if let error = $0.error { throw error } }
    }
  }
}

private struct SharedWork: @unchecked Sendable {
  let body: (Int) throws -> Void
  init(_ body: @escaping (Int) throws -> Void) { self.body = body }
}
