// SPDX-License-Identifier: Apache-2.0

import CMemory

/// Memory for `count` elements that begins at a cache line, so that an element of 64 bytes is one line and not two.
///
/// Large blocks begin at a large page and ask for such pages: with pages of 4 KiB a network of thousands of hosts misses the
/// translation buffers as often as the caches. It is a wish: where the system has no such pages, nothing else changes.
func alignedBlock<T>(_ count: Int) -> UnsafeMutablePointer<T> {
  let bytes = max(1, count) * MemoryLayout<T>.stride
  let isLarge = bytes >= 1 << 22
  let block = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: isLarge ? 1 << 21 : 64)
  if isLarge { longhaul_prefer_large_pages(block, bytes) }
  return block.bindMemory(to: T.self, capacity: max(1, count))
}
