/* Who is told of an alert's changes, and when: the part of the machine that knows policies, mutes and quiet hours. Only for
 * alert_machine.c.
 *
 * Each call adds at most one entry of the timeline per change, with the messages that go with it, and sets when the machine
 * must look again. Thread: the machine's. */
#ifndef CRUMBTRAIL_INGEST_ALERTS_ALERT_TELLING_H
#define CRUMBTRAIL_INGEST_ALERTS_ALERT_TELLING_H

#include "ingest/alerts/alert_machine.h"

/* An entry of the timeline without messages. Returns its sequence. */
int32_t alert_note_change(struct alert_machine *machine, struct alert *alert, enum alert_change change, struct text by,
                          struct text note);

void alert_tell_beginning(struct alert_machine *machine, struct alert *alert, enum alert_change change);
/* What the time has made due: escalations, repeats, and what was held back. */
void alert_tell_due(struct alert_machine *machine, struct alert *alert);
void alert_tell_acknowledged(struct alert_machine *machine, struct alert *alert, struct text by, struct text note);
void alert_tell_end(struct alert_machine *machine, struct alert *alert, enum alert_change change);

#endif
