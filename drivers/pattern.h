/* SPDX-License-Identifier: MIT */
#pragma once

/* Pattern: which POSIX extended regular expressions of a profile may be compiled. */

#include <stdbool.h>

/*
 * Whether compiling it costs little. The C library copies what a + or {…} repeats, and copies the copies where one stands
 * within another: some forty characters are enough for more memory than there is. Three groups within each other may be
 * repeated; counts in braces, a repetition of a repetition and references back may not.
 */
bool pattern_is_tame(const char *pattern);
