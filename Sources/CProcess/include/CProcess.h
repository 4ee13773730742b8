// SPDX-License-Identifier: Apache-2.0
// Three questions to the operating system that Swift cannot ask by itself: prctl(2) takes a variable number of
// arguments, which Swift does not call, and the other two are kept beside it because they serve the same processes.
#ifndef LONGHAUL_CPROCESS_H
#define LONGHAUL_CPROCESS_H

#include "CSignals.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Asks the kernel to send `signal` to this process when its parent ends; 0 takes the wish back.
///
/// The signal is sent when the *thread* that launched this process ends. The parent may already be gone when this is
/// called, so call it first and compare getppid() with the expected parent afterwards.
/// Returns 0, or -1 with errno set (EINVAL: no such signal).
int longhaul_die_with_parent(int signal);

/// The most memory this process ever held resident, in KiB, from getrusage(2); -1 on failure.
///
/// Linux carries this number across exec(2), so a program launched by a larger one may be told the peak of its
/// launcher. For a freshly launched process prefer `longhaul_rss_kib_of(getpid())`.
long longhaul_peak_rss_kib(void);

/// The most memory the process `pid` ever held resident since its last exec(2), in KiB, from the line VmHWM of
/// /proc/<pid>/status; -1 when the process is gone (also when it has ended and waits to be reaped).
long longhaul_rss_kib_of(int pid);

#ifdef __cplusplus
}
#endif

#endif
