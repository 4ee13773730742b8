// SPDX-License-Identifier: Apache-2.0
// The one place where the C interface of liblzma (5.2 or newer) enters the package; `Workload` is the only importer.
#ifndef LONGHAUL_CLZMA_H
#define LONGHAUL_CLZMA_H

#include <lzma.h>

// LZMA_STREAM_INIT and LZMA_CONCATENATED are macros, which Swift does not see.
static inline lzma_stream longhaul_lzma_stream(void) {
  lzma_stream stream = LZMA_STREAM_INIT;
  return stream;
}

static inline lzma_ret longhaul_lzma_decoder(lzma_stream *stream, uint64_t memory) {
  return lzma_stream_decoder(stream, memory, LZMA_CONCATENATED);
}

#endif
