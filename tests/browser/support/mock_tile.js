// One small vector tile in the Protomaps vocabulary, the same everywhere: land, a park, a named road.

const varint = (value) => {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value & 127) | 128);
  return [...bytes, value];
};
const field = (number, bytes) => [...varint(number * 8 + 2), ...varint(bytes.length), ...bytes];
const text = (number, value) => field(number, [...Buffer.from(value)]);
const number = (id, value) => [...varint(id * 8), ...varint(value)];
const zigzag = (value) => (value << 1) ^ (value >> 31);

/** MoveTo, LineTo and, for a ring, ClosePath. */
function geometry(points, closed) {
  const commands = [];
  let [x, y] = [0, 0];
  points.forEach(([nextX, nextY], index) => {
    if (index === 0) commands.push(9);
    if (index === 1) commands.push(((points.length - 1) << 3) | 2);
    commands.push(zigzag(nextX - x), zigzag(nextY - y));
    [x, y] = [nextX, nextY];
  });
  if (closed) commands.push(15);
  return commands.flatMap(varint);
}

function layer(name, type, points, tags) {
  const keys = Object.keys(tags);
  const feature = [...field(2, keys.flatMap((_, index) => [index, index])), ...number(3, type), ...field(4, geometry(points, type === 3))];
  const body = [...text(1, name), ...field(2, feature), ...keys.flatMap((key) => text(3, key)),
    ...Object.values(tags).flatMap((value) => field(4, text(1, value))), ...number(5, 4096), ...number(15, 2)];
  return field(3, body);
}

export function makeTile() {
  const square = (from, to) => [[from, from], [to, from], [to, to], [from, to]];
  return Buffer.from([
    ...layer('earth', 3, square(0, 4096), { kind: 'earth' }),
    ...layer('landuse', 3, square(500, 1600), { kind: 'park' }),
    ...layer('roads', 2, [[0, 2000], [4096, 2600]], { kind: 'major_road', kind_detail: 'primary', name: 'Mock Road' }),
    ...layer('roads2', 2, [[2000, 0], [2300, 4096]], { kind: 'minor_road' }),
  ]);
}
