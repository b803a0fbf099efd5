/* SPDX-License-Identifier: MIT */
#pragma once

/* Incident: the exceptions of all gateways and of the hub itself, in one queue. */

#include "base/jsonw.h"
#include "sync/event.h"
#include "sync/hub/changes.h"
#include "sync/hub/db.h"

/* A gateway's exception event: opened, repeated, acked, resolved. */
MUST_CHECK int incident_from_event(struct db *db, struct changes *changes, const char *site,
                                   const char *gateway, const struct event *event);

/* What the hub finds itself: "hub-N"; the same kind and group again is counted. @evidence: more words, may be "". */
MUST_CHECK int incident_raise(struct db *db, struct changes *changes, const char *site,
                              const struct exception_change *change, const char *gateway,
                              const char *evidence);

/* A central decision. -ENOENT; 0 also when it was resolved before. */
MUST_CHECK int incident_resolve(struct db *db, struct changes *changes, const char *site,
                                const char *id, const char *action, const char *by,
                                const char *note);

/* The payload of /exception/{id}; ret_open false: it is resolved, the topic is cleared. -ENOENT */
MUST_CHECK int incident_write(struct db *db, const char *site, const char *id, struct bytes *out,
                              bool *ret_open);
/* Each open one, most urgent first, as an element of an array. */
MUST_CHECK int incident_list(struct db *db, const char *site, struct jsonw *w);
/* Open ones, and those resolved after @since_ms: marked to be published. */
MUST_CHECK int incident_mark(struct db *db, struct changes *changes, const char *site,
                             int64_t since_ms);
