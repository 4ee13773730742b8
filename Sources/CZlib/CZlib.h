// SPDX-License-Identifier: Apache-2.0
// The one place where the C interface of zlib (1.2 or newer) enters the package; `Workload` is the only importer.
#ifndef LONGHAUL_CZLIB_H
#define LONGHAUL_CZLIB_H

#include <zlib.h>

// inflateInit2 is a macro, which Swift does not see. 31: the largest window, gzip framing only.
static inline int longhaul_inflate_gzip(z_stream *stream) { return inflateInit2(stream, 31); }

#endif
