// SPDX-License-Identifier: Apache-2.0
#include "CSignals.h"
#include "CProcess.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

static char socket_file[256];
static char socket_folder[256];
static volatile sig_atomic_t interrupts = 0;

static void leave(int signal) {
  (void)signal;
  if (socket_file[0] != 0) {
    unlink(socket_file);
  }
  if (socket_folder[0] != 0) {
    rmdir(socket_folder);
  }
  _exit(0);
}

static void remember(int signal) {
  (void)signal;
  interrupts = interrupts + 1;
}

static int handle(int signal, void (*handler)(int)) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  if (sigaction(signal, &action, NULL) != 0) {
    return -1;
  }
  // Whoever launched this process may have handed on a mask that blocks it.
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal);
  return sigprocmask(SIG_UNBLOCK, &set, NULL);
}

int longhaul_leave_with_parent(const char *socket_path, const char *folder_path) {
  strncpy(socket_file, socket_path, sizeof socket_file - 1);
  strncpy(socket_folder, folder_path, sizeof socket_folder - 1);
  // A signal that nobody else sends: an agent that is merely asked to end must leave the socket to the others, and
  // getppid() does not tell the cases apart while threads of the parent are still dying.
  if (handle(SIGUSR2, leave) != 0 || handle(SIGINT, SIG_IGN) != 0) {
    return -1;
  }
  return longhaul_die_with_parent(SIGUSR2);
}

int longhaul_catch_interrupts(void) {
  if (handle(SIGINT, remember) != 0 || handle(SIGTERM, remember) != 0) {
    return -1;
  }
  return handle(SIGHUP, remember);
}

int longhaul_interrupts(void) { return (int)interrupts; }
