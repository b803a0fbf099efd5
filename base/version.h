/* SPDX-License-Identifier: MIT */
#pragma once

/* The one version of all programs of this tree. */
#define TALLYMAN_VERSION "0.1.0"
