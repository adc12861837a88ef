#include "server/base/grid.h"

#include <math.h>

static const double CELLS_PER_DEGREE = 100.0;

static int32_t clamp_to(double value, int32_t count)
{
  if (value < 0.0) {
    return 0;
  }
  return value >= (double)count ? count - 1 : (int32_t)value;
}

static int32_t column_of(double longitude_deg)
{
  return clamp_to(floor((longitude_deg + 180.0) * CELLS_PER_DEGREE), GRID_COLUMNS);
}

static int32_t row_of(double latitude_deg)
{
  return clamp_to(floor((latitude_deg + 90.0) * CELLS_PER_DEGREE), GRID_ROWS);
}

int32_t grid_cell(double longitude_deg, double latitude_deg)
{
  return row_of(latitude_deg) * GRID_COLUMNS + column_of(longitude_deg);
}

/* Ascending columns, both ends included. */
struct span {
  int32_t first;
  int32_t last;
};

/* Columns of a box as one or two spans, each over-covered by a column. */
static size_t column_spans(struct grid_box box, struct span spans[2])
{
  int32_t west = column_of(box.west_deg);
  int32_t east = column_of(box.east_deg);
  west = west > 0 ? west - 1 : 0;
  east = east < GRID_COLUMNS - 1 ? east + 1 : GRID_COLUMNS - 1;
  if (box.west_deg <= box.east_deg) {
    spans[0] = (struct span){west, east};
    return 1;
  }
  if (west <= east + 1) {
    spans[0] = (struct span){0, GRID_COLUMNS - 1};
    return 1;
  }
  spans[0] = (struct span){0, east};
  spans[1] = (struct span){west, GRID_COLUMNS - 1};
  return 2;
}

/* Rows of a box, over-covered by one at each side. */
static struct span row_span(struct grid_box box)
{
  int32_t south = row_of(box.south_deg);
  int32_t north = row_of(box.north_deg);
  return (struct span){south > 0 ? south - 1 : 0, north < GRID_ROWS - 1 ? north + 1 : GRID_ROWS - 1};
}

void grid_corners(struct grid_box box, int32_t *south_west, int32_t *north_east)
{
  struct span columns[2];
  (void)column_spans(box, columns);
  struct span rows = row_span(box);
  *south_west = rows.first * GRID_COLUMNS + columns[0].first;
  *north_east = rows.last * GRID_COLUMNS + columns[0].last;
}

size_t grid_cells(struct grid_box box, int32_t *cells, size_t capacity)
{
  struct span spans[2];
  size_t span_count = column_spans(box, spans);
  struct span rows = row_span(box);
  size_t count = 0;
  for (int32_t row = rows.first; row <= rows.last; row++) {
    for (size_t i = 0; i < span_count; i++) {
      size_t width = (size_t)(spans[i].last - spans[i].first) + 1;
      if (width > capacity - count) {
        return 0;
      }
      for (int32_t column = spans[i].first; column <= spans[i].last; column++) {
        cells[count++] = row * GRID_COLUMNS + column;
      }
    }
  }
  return count;
}
