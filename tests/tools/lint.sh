#!/bin/sh
# SPDX-License-Identifier: MIT
# lint.sh [FILE.c...]: cppcheck, then clang-tidy on all C files (or those named), JOBS at a time.
# CFLAGS_FOR_LINT: what the compiler needs to find the headers.
set -eu
jobs=${JOBS:-$(nproc)}
flags=${CFLAGS_FOR_LINT:--std=gnu17 -D_GNU_SOURCE -I.}
[ $# -gt 0 ] || set -- $(find base drivers sync agent tests -name '*.c' | sort)
status=0

echo "cppcheck: $# files"
cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr -j "$jobs" \
        --error-exitcode=1 --suppressions-list=tests/tools/cppcheck.txt -I. -D_GNU_SOURCE -D__GNUC__ \
        "$@" || status=1

echo "clang-tidy: $# files"
# One file a process: the flags stand behind --, so no compilation database is needed.
# shellcheck disable=SC2086 # a list of words
printf '%s\n' "$@" | xargs -P "$jobs" -I{} sh -c 'out=$(clang-tidy --quiet {} -- "$@" 2>/dev/null) ||
        { printf "%s\n" "$out"; exit 1; }' sh $flags || status=1
[ $status = 1 ] || echo "lint: ok"
exit $status
