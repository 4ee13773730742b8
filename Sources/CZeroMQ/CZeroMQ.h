// SPDX-License-Identifier: Apache-2.0
// The one place where the C interface of libzmq (4.3 or newer) enters the package; `ZeroMQ` is the only importer.
#ifndef LONGHAUL_CZEROMQ_H
#define LONGHAUL_CZEROMQ_H

#include <zmq.h>

#endif
