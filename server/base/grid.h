/* A 32-bit grid over the globe: the cell of a point, and the cells that cover a box.
 *
 * A cell is 0.01 degrees wide and high and numbered row by row from the south-west (-180, -90), so it fits a PostgreSQL integer
 * and a row of a box is one range of numbers. What is stored and what is looked for come from the same function: the same
 * formula written again in SQL loses points at the edges of cells. Units: degrees, WGS 84. Thread: any; pure. */
#ifndef CRUMBTRAIL_SERVER_BASE_GRID_H
#define CRUMBTRAIL_SERVER_BASE_GRID_H

#include <stddef.h>
#include <stdint.h>

enum { GRID_COLUMNS = 36000, GRID_ROWS = 18000 };

struct grid_box {
  double west_deg;
  double south_deg;
  double east_deg; /* less than west: the box crosses the antimeridian */
  double north_deg;
};

/* Outside the globe counts as its nearest edge; coordinates must not be NaN. */
int32_t grid_cell(double longitude_deg, double latitude_deg);

/* Every cell of the box and one more at each side, ascending, for `cell = ANY($n)`: a btree on (cell, time) then visits only
 * the wanted time of each. Returns how many; 0 when they are more than `capacity`: the box is then too large for the index to
 * help. */
size_t grid_cells(struct grid_box box, int32_t *cells, size_t capacity);

/* The corners of the same cells, for a box that does not cross the antimeridian: a cell is one of them when it lies from
 * *south_west to *north_east and its column (cell % GRID_COLUMNS) from that of the one to that of the other. */
void grid_corners(struct grid_box box, int32_t *south_west, int32_t *north_east);

#endif
