#include "ingest/alerts/alerts.h"

#include <stdlib.h>

#include "ingest/alerts/alert_desk.h"
#include "ingest/alerts/alert_engine.h"
#include "ingest/alerts/courier.h"
#include "ingest/alerts/mail_message.h"
#include "server/base/clock.h"

enum { STATEMENT_TIMEOUT_MS = 10000 };

struct alerts {
  struct alerts_settings settings;
  struct arena *arena;
  struct egress egress;
  struct alert_engine *engine;
  struct courier *courier;
  struct alert_desk desk;
};

static struct db_settings database_of(const struct alerts *alerts, const char *name)
{
  struct db_settings database = alerts->settings.database;
  database.application_name = name;
  database.statement_timeout_ms = STATEMENT_TIMEOUT_MS;
  return database;
}

static struct error check_mail(const struct config *config)
{
  const struct text url = text_from(config->smtp_url);
  if (url.length == 0) {
    return error_none();
  }
  if (!text_starts_with(url, TEXT("smtp://")) && !text_starts_with(url, TEXT("smtps://"))) {
    return error_at(ERROR_SETUP, "smtp-url", "expected smtp://HOST:PORT or smtps://HOST:PORT");
  }
  const struct error error = mail_address_check("mail-from", mail_address_of(text_from(config->mail_from)));
  return error.code == ERROR_NONE
             ? error_none()
             : error_at(ERROR_SETUP, "mail-from", "expected the sender's address, such as Fleet <fleet@example.org>");
}

static struct error start_engine(struct alerts *alerts)
{
  const struct config *config = alerts->settings.config;
  const struct alert_engine_settings engine = {.database = database_of(alerts, "crumbtrail alerts"),
                                               .max_age_s = config->alert_max_age_s,
                                               .silent_after_s = config->silent_after_s,
                                               .tells_silence = strcmp(config->silent_alerts, "none") != 0,
                                               .tells_parked = strcmp(config->silent_alerts, "all") == 0,
                                               .metrics = alerts->settings.metrics};
  return alert_engine_start(engine, &alerts->engine);
}

static struct error start_parts(struct alerts *alerts)
{
  const struct config *config = alerts->settings.config;
  TRY(egress_parse(alerts->arena, "webhook-hosts-allowed", text_from(config->webhook_hosts_allowed), &alerts->egress));
  TRY(check_mail(config));
  alerts->desk = (struct alert_desk){.egress = &alerts->egress,
                                     .max_age_us = config->alert_max_age_s * US_PER_SECOND,
                                     .has_mail = config->smtp_url[0] != '\0'};
  TRY(start_engine(alerts));
  const struct courier_settings courier = {.database = database_of(alerts, "crumbtrail courier"),
                                           .config = config,
                                           .egress = &alerts->egress,
                                           .aws = alerts->settings.aws,
                                           .metrics = alerts->settings.metrics};
  return courier_start(courier, &alerts->courier);
}

struct error alerts_start(struct alerts_settings settings, struct alerts **started)
{
  struct alerts *alerts = calloc(1, sizeof *alerts);
  if (alerts == NULL) {
    error_out_of_memory(sizeof *alerts);
  }
  alerts->settings = settings;
  alerts->arena = arena_new(4096);
  *started = alerts;
  return start_parts(alerts);
}

struct route_table alerts_routes(struct alerts *alerts)
{
  return alert_desk_routes(&alerts->desk);
}

void alerts_stop(struct alerts *alerts)
{
  if (alerts != NULL) {
    alert_engine_stop(alerts->engine);
    courier_stop(alerts->courier);
    alerts->engine = NULL;
    alerts->courier = NULL;
  }
}

void alerts_free(struct alerts *alerts)
{
  if (alerts != NULL) {
    alerts_stop(alerts);
    arena_free(alerts->arena);
    free(alerts);
  }
}
