// SPDX-License-Identifier: Apache-2.0
// The C interfaces of COIN-OR's LP and MILP solvers.
#include <coin/Clp_C_Interface.h>
#include <coin/Cbc_C_Interface.h>
