/* Ids numbered from 0 in the order in which they came, so that sums over them are arrays. Owns its memory. Thread: one at a
 * time. */
#ifndef CRUMBTRAIL_API_SPEEDING_ID_SLOTS_H
#define CRUMBTRAIL_API_SPEEDING_ID_SLOTS_H

#include <stddef.h>
#include <stdint.h>

struct id_slots {
  int64_t *ids; /* by slot */
  size_t count;
  uint32_t *table; /* slot + 1; 0: free */
  size_t table_size;
};

/* All zero is an empty one. */
uint32_t id_slots_add(struct id_slots *slots, int64_t id); /* the slot it has, or gets now */
void id_slots_free(struct id_slots *slots);                /* leaves an empty one */

#endif
