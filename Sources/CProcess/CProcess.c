// SPDX-License-Identifier: Apache-2.0
#include "CProcess.h"

#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>

int longhaul_die_with_parent(int signal) {
  return prctl(PR_SET_PDEATHSIG, (unsigned long)signal, 0UL, 0UL, 0UL);
}

long longhaul_peak_rss_kib(void) {
  struct rusage usage;
  if (getrusage(RUSAGE_SELF, &usage) != 0) {
    return -1;
  }
  return usage.ru_maxrss;
}

long longhaul_rss_kib_of(int pid) {
  char path[32];
  char line[256];
  long kib = -1;
  snprintf(path, sizeof path, "/proc/%d/status", pid);
  // "e": not handed on to a program launched meanwhile.
  FILE *status = fopen(path, "re");
  if (status == NULL) {
    return -1;
  }
  while (kib < 0 && fgets(line, sizeof line, status) != NULL) {
    if (sscanf(line, "VmHWM: %ld", &kib) != 1) {
      kib = -1;
    }
  }
  fclose(status);
  return kib;
}
