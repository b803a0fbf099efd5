/* SPDX-License-Identifier: MIT */
#include "agent/assign.h"

static bool is_taken(const int *ret, size_t n_wants, size_t have) {
        for (size_t i = 0; i < n_wants; i++)
                if (ret[i] == (int)have)
                        return true;
        return false;
}

void assign(const struct assign_want *wants, size_t n_wants, const struct assign_have *haves,
            size_t n_haves, assign_fits *fits, void *userdata, int *ret) {
        for (size_t i = 0; i < n_wants; i++) {
                ret[i] = -1;
                for (size_t j = 0; j < n_haves && ret[i] < 0; j++)
                        if (strcmp(wants[i].port, haves[j].port) == 0 && !is_taken(ret, i, j) &&
                            fits(userdata, i, j))
                                ret[i] = (int)j;
        }
        for (size_t i = 0; i < n_wants; i++)
                for (size_t j = 0; j < n_haves && ret[i] < 0 && !wants[i].only_there; j++)
                        if (!is_taken(ret, n_wants, j) && fits(userdata, i, j))
                                ret[i] = (int)j;
}
