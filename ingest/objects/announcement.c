#include "ingest/objects/announcement.h"

#include <ctype.h>
#include <strings.h>

/* The digits without the zeros in front; data == NULL when it is no number. */
static struct text significant(struct text sequencer)
{
  for (size_t i = 0; i < sequencer.length; i++) {
    if (!isxdigit((unsigned char)sequencer.data[i])) {
      return (struct text){NULL, 0};
    }
  }
  while (sequencer.length > 1 && sequencer.data[0] == '0') {
    sequencer.data++;
    sequencer.length--;
  }
  return sequencer.length != 0 ? sequencer : (struct text){NULL, 0};
}

int announcement_compare_sequencers(struct text a, struct text b)
{
  struct text left = significant(a);
  struct text right = significant(b);
  if (left.length != right.length) {
    return left.length < right.length ? -1 : 1;
  }
  return left.length == 0 ? 0 : strncasecmp(left.data, right.data, left.length);
}
