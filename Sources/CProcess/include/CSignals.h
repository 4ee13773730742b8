// SPDX-License-Identifier: Apache-2.0
// Signal handlers: the little that must run as one, kept in C because a handler may call only what POSIX allows.
#ifndef LONGHAUL_CSIGNALS_H
#define LONGHAUL_CSIGNALS_H

#ifdef __cplusplus
extern "C" {
#endif

/// Ends this process when its parent does, removing the parent's socket file and its folder on the way (both may be
/// gone already). The paths are copied. Interrupts from the terminal are ignored: the parent decides what they mean.
/// Returns 0, or -1 with errno set.
int longhaul_leave_with_parent(const char *socket_path, const char *folder_path);

/// From now on SIGINT, SIGTERM and SIGHUP do not end this process but are remembered.
int longhaul_catch_interrupts(void);

/// How often one of them has arrived.
int longhaul_interrupts(void);

#ifdef __cplusplus
}
#endif

#endif
