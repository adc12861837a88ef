/* The arithmetic of shadows, as JSON texts: what becomes of a state with an update, and where desired and reported differ.
 *
 * Pure; `out` gets one JSON object appended. NULL stands for an empty object. Thread: any. */
#ifndef CRUMBTRAIL_INGEST_SHADOW_SHADOW_MERGE_H
#define CRUMBTRAIL_INGEST_SHADOW_SHADOW_MERGE_H

#include "server/json/reader.h"
#include "server/json/writer.h"

/* `state` with the members of `patch`: objects are merged member by member, null deletes, everything else (arrays, too) takes
 * the place of what was. Objects that come new lose their null members as well. */
void shadow_write_merged(struct json_writer *out, const struct json *state, const struct json *patch);

/* Those parts of `metadata` whose members `state` has: a shadow's times without those of what was deleted. */
void shadow_write_pruned(struct json_writer *out, const struct json *metadata, const struct json *state);

/* The members of `desired` that `reported` does not have, or has otherwise: of objects their differing members, of everything
 * else the desired value. */
void shadow_write_delta(struct json_writer *out, const struct json *desired, const struct json *reported);

#endif
