// SPDX-License-Identifier: Apache-2.0
#define _DEFAULT_SOURCE
#include "CMemory.h"
#include <sys/mman.h>

void longhaul_prefer_large_pages(void *address, size_t bytes) {
#ifdef MADV_HUGEPAGE
  (void)madvise(address, bytes, MADV_HUGEPAGE);
#endif
}
