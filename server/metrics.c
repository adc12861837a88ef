#include "server/metrics.h"

#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/base/error.h"

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

struct counter {
  _Atomic uint64_t value;
};

struct gauge {
  _Atomic double value;
};

struct histogram {
  const double *bounds;
  int bound_count;
  _Atomic double sum;
  _Atomic uint64_t buckets[]; /* each its own, the last is +Inf; added up when rendered */
};

/* One combination of labels. */
struct series {
  struct series *next;
  char *labels;
  void *handle;
};

/* All series of one name. */
struct family {
  struct family *next;
  char *name;
  char *help;
  enum metric_kind kind;
  struct series *first;
  struct series *last;
};

struct metrics {
  pthread_mutex_t lock; /* guards the lists; the values are atomic */
  struct family *families;
  struct family *last;
};

const double METRICS_BOUNDS_SECONDS[14] = {0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10};
const double METRICS_BOUNDS_ROWS[9] = {1, 3, 10, 30, 100, 300, 1000, 3000, 10000};

/* Zeroes. */
static void *allocate(size_t bytes)
{
  void *memory = calloc(1, bytes);
  if (memory == NULL) {
    error_out_of_memory(bytes);
  }
  return memory;
}

static char *copy_text(const char *text)
{
  size_t bytes = strlen(text) + 1;
  return memcpy(allocate(bytes), text, bytes);
}

struct metrics *metrics_new(void)
{
  struct metrics *metrics = allocate(sizeof *metrics);
  pthread_mutex_init(&metrics->lock, NULL);
  return metrics;
}

static void family_free(struct family *family)
{
  while (family->first != NULL) {
    struct series *series = family->first;
    family->first = series->next;
    free(series->handle);
    free(series->labels);
    free(series);
  }
  free(family->name);
  free(family->help);
  free(family);
}

void metrics_free(struct metrics *metrics)
{
  if (metrics == NULL) {
    return;
  }
  while (metrics->families != NULL) {
    struct family *family = metrics->families;
    metrics->families = family->next;
    family_free(family);
  }
  pthread_mutex_destroy(&metrics->lock);
  free(metrics);
}

static struct family *find_family(struct metrics *metrics, const char *name, const char *help, enum metric_kind kind)
{
  for (struct family *family = metrics->families; family != NULL; family = family->next) {
    if (strcmp(family->name, name) == 0) {
      assert(family->kind == kind);
      return family;
    }
  }
  struct family *family = allocate(sizeof *family);
  family->name = copy_text(name);
  family->help = copy_text(help);
  family->kind = kind;
  if (metrics->last == NULL) {
    metrics->families = family;
  } else {
    metrics->last->next = family;
  }
  metrics->last = family;
  return family;
}

/* The handle of a series; a new one has handle_bytes of zeroes. */
static void *find_handle(struct family *family, const char *labels, size_t handle_bytes)
{
  for (struct series *series = family->first; series != NULL; series = series->next) {
    if (strcmp(series->labels, labels) == 0) {
      return series->handle;
    }
  }
  struct series *series = allocate(sizeof *series);
  series->labels = copy_text(labels);
  series->handle = allocate(handle_bytes);
  if (family->last == NULL) {
    family->first = series;
  } else {
    family->last->next = series;
  }
  family->last = series;
  return series->handle;
}

struct counter *metrics_counter(struct metrics *metrics, const char *name, const char *labels, const char *help)
{
  pthread_mutex_lock(&metrics->lock);
  struct counter *counter = find_handle(find_family(metrics, name, help, METRIC_COUNTER), labels, sizeof *counter);
  pthread_mutex_unlock(&metrics->lock);
  return counter;
}

struct gauge *metrics_gauge(struct metrics *metrics, const char *name, const char *labels, const char *help)
{
  pthread_mutex_lock(&metrics->lock);
  struct gauge *gauge = find_handle(find_family(metrics, name, help, METRIC_GAUGE), labels, sizeof *gauge);
  pthread_mutex_unlock(&metrics->lock);
  return gauge;
}

struct histogram *metrics_histogram(struct metrics *metrics, const char *name, const char *labels, const char *help,
                                    const double *bounds, int bound_count)
{
  assert(bound_count > 0);
  size_t bytes = sizeof(struct histogram) + ((size_t)bound_count + 1) * sizeof(_Atomic uint64_t);
  pthread_mutex_lock(&metrics->lock);
  struct histogram *histogram = find_handle(find_family(metrics, name, help, METRIC_HISTOGRAM), labels, bytes);
  if (histogram->bounds == NULL) {
    histogram->bounds = bounds;
    histogram->bound_count = bound_count;
  }
  pthread_mutex_unlock(&metrics->lock);
  return histogram;
}

void counter_add(struct counter *counter, uint64_t amount)
{
  atomic_fetch_add_explicit(&counter->value, amount, memory_order_relaxed);
}

uint64_t counter_value(const struct counter *counter)
{
  return atomic_load_explicit(&counter->value, memory_order_relaxed);
}

void gauge_set(struct gauge *gauge, double value)
{
  atomic_store_explicit(&gauge->value, value, memory_order_relaxed);
}

static void add_double(_Atomic double *sum, double amount)
{
  double before = atomic_load_explicit(sum, memory_order_relaxed);
  while (!atomic_compare_exchange_weak_explicit(sum, &before, before + amount, memory_order_relaxed, memory_order_relaxed)) {
  }
}

void histogram_observe(struct histogram *histogram, double value)
{
  int bucket = 0;
  while (bucket < histogram->bound_count && !(value <= histogram->bounds[bucket])) {
    bucket++;
  }
  atomic_fetch_add_explicit(&histogram->buckets[bucket], 1, memory_order_relaxed);
  add_double(&histogram->sum, value);
}

static void render_help(struct buffer *out, const struct family *family)
{
  static const char *const kinds[] = {[METRIC_COUNTER] = "counter", [METRIC_GAUGE] = "gauge", [METRIC_HISTOGRAM] = "histogram"};
  buffer_printf(out, "# HELP %s ", family->name);
  for (const char *at = family->help; *at != '\0'; at++) {
    if (*at == '\\' || *at == '\n') {
      buffer_append(out, *at == '\n' ? "\\n" : "\\\\", 2);
    } else {
      buffer_append_char(out, *at);
    }
  }
  buffer_printf(out, "\n# TYPE %s %s\n", family->name, kinds[family->kind]);
}

static void render_number(struct buffer *out, double value)
{
  if (isnan(value) || isinf(value)) {
    buffer_append_text(out, isnan(value) ? TEXT("NaN") : value > 0 ? TEXT("+Inf") : TEXT("-Inf"));
  } else if (value == floor(value) && fabs(value) < 1e15) {
    buffer_append_int64(out, (int64_t)value);
  } else {
    buffer_printf(out, "%.15g", value);
  }
  buffer_append_char(out, '\n');
}

/* The name, a suffix and the labels with one more label (or NULL), up to the space before the value. */
static void render_name(struct buffer *out, const char *name, const char *suffix, const char *labels, const char *more)
{
  buffer_printf(out, "%s%s", name, suffix);
  if (labels[0] != '\0' || more != NULL) {
    bool both = labels[0] != '\0' && more != NULL;
    buffer_printf(out, "{%s%s%s}", labels, both ? "," : "", more != NULL ? more : "");
  }
  buffer_append_char(out, ' ');
}

static void render_histogram(struct buffer *out, const char *name, const char *labels, struct histogram *histogram)
{
  /* The count is the sum of the buckets read here, so that it fits them while others observe. */
  uint64_t count = 0;
  for (int i = 0; i <= histogram->bound_count; i++) {
    count += atomic_load_explicit(&histogram->buckets[i], memory_order_relaxed);
    char bound[48] = "le=\"+Inf\"";
    if (i < histogram->bound_count) {
      snprintf(bound, sizeof bound, "le=\"%.15g\"", histogram->bounds[i]);
    }
    render_name(out, name, "_bucket", labels, bound);
    buffer_append_int64(out, (int64_t)count);
    buffer_append_char(out, '\n');
  }
  render_name(out, name, "_sum", labels, NULL);
  render_number(out, atomic_load_explicit(&histogram->sum, memory_order_relaxed));
  render_name(out, name, "_count", labels, NULL);
  buffer_append_int64(out, (int64_t)count);
  buffer_append_char(out, '\n');
}

static void render_series(struct buffer *out, const struct family *family, const struct series *series)
{
  if (family->kind == METRIC_HISTOGRAM) {
    render_histogram(out, family->name, series->labels, series->handle);
    return;
  }
  render_name(out, family->name, "", series->labels, NULL);
  if (family->kind == METRIC_COUNTER) {
    buffer_printf(out, "%llu\n", (unsigned long long)counter_value(series->handle));
  } else {
    struct gauge *gauge = series->handle;
    render_number(out, atomic_load_explicit(&gauge->value, memory_order_relaxed));
  }
}

void metrics_render(struct metrics *metrics, struct buffer *out)
{
  pthread_mutex_lock(&metrics->lock);
  for (const struct family *family = metrics->families; family != NULL; family = family->next) {
    render_help(out, family);
    for (const struct series *series = family->first; series != NULL; series = series->next) {
      render_series(out, family, series);
    }
  }
  pthread_mutex_unlock(&metrics->lock);
}
