// Drives along the imported roads of a database, as lines for bench_roads: drive,second,lon,lat,speed_kmh,heading_deg and the truth
// road_id,is_forward,limit_kmh. usage: node roads.js CONNINFO SEED NOISE_M DRIVES
import { execFileSync } from 'node:child_process';

import { Network, makeDrives } from '../integration/support/drives.js';

const [conninfo, seed, noise, drives] = process.argv.slice(2);
const QUERY = `SELECT json_build_object('road_id', road_id, 'from_node', from_node::text, 'to_node', to_node::text, 'oneway', oneway,
  'forward_kmh', forward_kmh, 'backward_kmh', backward_kmh, 'points', st_asgeojson(st_transform(geom, 4326), 9)::json->'coordinates')
  FROM road_segment ORDER BY road_id`;
const psql = ['psql', '-X', '-q', '-A', '-t', '-d', conninfo, '-c', QUERY];
const [command, ...rest] = process.getuid() === 0 ? ['runuser', '-u', 'postgres', '--', ...psql] : psql;
const segments = execFileSync(command, rest, { cwd: '/', maxBuffer: 2 ** 30 }).toString().trim().split('\n').map((line) => JSON.parse(line));
const lines = makeDrives(new Network(segments), { seed: Number(seed), noise_m: Number(noise), count: Number(drives) })
  .flatMap((drive, number) => drive.map((crumb) => [number, crumb.t_s, crumb.lon.toFixed(7), crumb.lat.toFixed(7),
    crumb.speed_kmh.toFixed(2), crumb.heading_deg, crumb.road_id, crumb.is_forward ? 1 : 0, crumb.limit_kmh].join(',')));
process.stdout.write(`${lines.join('\n')}\n`);
