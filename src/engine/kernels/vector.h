#pragma once

/* Loops marked with this are compiled for several generations of x86-64 and the best is chosen when
 * the program is loaded. Other processors, and builds with sanitizers (which cannot run the chooser
 * that early), get the plain version alone. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define WHY_VECTOR __attribute__ ((target_clones ("default", "arch=haswell", "arch=skylake-avx512")))
#else
#define WHY_VECTOR
#endif
