/* SPDX-License-Identifier: MIT */
#pragma once

/* What a person can do about a port that cannot be opened or has failed. @error is negative; the words are constant. */
const char *port_cure(const char *port, int error);
