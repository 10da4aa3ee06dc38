#pragma once

#include <glib.h>
#include <stdint.h>

G_BEGIN_DECLS

/* Reads damaged files by the thousand. Each fuzz-NAME.c defines LLVMFuzzerTestOneInput(), which ends the process where
 * the reader does anything but read or refuse. Built plainly it is a test: its seeds, which it makes itself, then
 * mutations of them for two seconds; the seed of GLib's test framework makes a run repeatable. Where the compiler is
 * clang, fuzz-NAME-libfuzzer is built on demand as well (with -DWHY_LIBFUZZER), for as long as one likes:
 *
 *   CC=clang CXX=clang++ meson setup build-fuzz -Db_sanitize=address,undefined -Db_lundef=false \
 *     -Dc_args=-fsanitize=fuzzer-no-link
 *   ninja -C build-fuzz tests/fuzz-dicom tests/fuzz-dicom-libfuzzer
 *   mkdir corpus && WHYLIGHT_FUZZ_CORPUS=corpus build-fuzz/tests/fuzz-dicom
 *   build-fuzz/tests/fuzz-dicom-libfuzzer -max_total_time=240 corpus */

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t n_bytes);

/**
 * fuzz_mutations:
 * @seeds: GByteArray each; the files of the folder that WHYLIGHT_FUZZ_SEEDS names are added
 *
 * The plain test. Where WHYLIGHT_FUZZ_CORPUS names a folder the seeds are written there, to begin with for libFuzzer.
 */
void fuzz_mutations (GPtrArray *seeds);

G_END_DECLS
