// SPDX-License-Identifier: Apache-2.0
// What Swift cannot say about memory: that a cache line will be wanted soon, that a block is best kept in large pages.
#ifndef LONGHAUL_CMEMORY_H
#define LONGHAUL_CMEMORY_H

#include <stddef.h>

/// Asks for the cache line at `address`. Only ever a hint: any address will do, and nothing waits for it.
static inline void longhaul_prefetch(const void *address) { __builtin_prefetch(address, 1, 3); }

/// Asks the system to keep a block that begins at a page in large pages; madvise(2). A wish, whose refusal changes nothing.
void longhaul_prefer_large_pages(void *address, size_t bytes);

#endif
