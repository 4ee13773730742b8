// SPDX-License-Identifier: Apache-2.0

/// The id of a job in 17 bytes, and a few more where it is long: those of one trace share pages, because a string of its
/// own for each of a million takes as much memory as all the rest.
///
/// Unsafe code: a page's bytes are written once, by the pool, before the name that stands for them is made, and never
/// again; a name keeps its page alive. So names may be read by any thread while the pool goes on behind them.
struct JobName: Equatable, Sendable {
  fileprivate final class Page: @unchecked Sendable {
    static let size = 1 << 14
    let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: Page.size)
    deinit { bytes.deallocate() }
  }

  private enum Storage: Sendable {
    case text(String)
    case packed(Page, start: UInt16, count: UInt16)
  }

  private var storage: Storage

  init(_ text: String) { storage = .text(text) }

  fileprivate init(_ page: Page, start: Int, count: Int) {
    storage = .packed(page, start: UInt16(start), count: UInt16(count))
  }

  var text: String {
    switch storage {
    case .text(let text): text
    case .packed(let page, let start, let count):
      String(decoding: UnsafeBufferPointer(start: page.bytes + Int(start), count: Int(count)), as: UTF8.self)
    }
  }

  var hash: UInt64 {
    switch storage {
    case .text(let text): IdentityHash.of(text.utf8)
    case .packed(let page, let start, let count):
      IdentityHash.of(UnsafeBufferPointer(start: page.bytes + Int(start), count: Int(count)))
    }
  }

  static func == (a: JobName, b: JobName) -> Bool { a.text == b.text }
}

/// Where the long names of one trace go.
struct NamePool {
  private var page = JobName.Page()
  private var used = 0

  /// The same name, packed if a string of its own would be long.
  mutating func packed(_ name: JobName) -> JobName {
    let text = name.text
    let count = text.utf8.count
    // Swift keeps up to 15 bytes within the string itself.
    guard count > 15, count <= JobName.Page.size / 16 else { return name }
    if used + count > JobName.Page.size {
      page = JobName.Page()
      used = 0
    }
    let start = used
    for byte in text.utf8 {
      page.bytes[used] = byte
      used += 1
    }
    return JobName(page, start: start, count: count)
  }
}
