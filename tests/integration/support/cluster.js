// A database that a test stops and starts: the cluster that the program made for itself, run by the test.
import { execFile } from 'node:child_process';
import path from 'node:path';
import { after } from 'node:test';
import { promisify } from 'node:util';

import { Program } from './program.js';

const controls = [];

after(async () => {
  for (const control of controls) {
    await control('stop', '-m', 'immediate').catch(() => {}); // It does not run.
  }
});

async function runAsOwner(command, args) {
  const user = process.getuid() === 0 ? ['runuser', ['-u', 'postgres', '--', command]] : [command, []];
  await promisify(execFile)(user[0], [...user[1], ...args], { cwd: '/' });
}

/** Made by a program of its own, and started. await control('stop', '-m', 'fast'), control('start'). */
export async function makeCluster() {
  const owner = await new Program().start();
  if (await owner.stop() !== 0) {
    throw new Error(`the program did not stop well:\n${owner.log}`);
  }
  const folder = path.join(owner.data, 'postgres');
  const sockets = path.join(owner.data, 'run');
  const control = (...args) => runAsOwner('/usr/lib/postgresql/15/bin/pg_ctl', ['-D', folder, '-w', '-l',
    path.join(folder, 'test.log'), '-o', `-c listen_addresses='' -c unix_socket_directories='${sockets}'`, ...args]);
  await control('start');
  controls.push(control);
  const user = process.getuid() === 0 ? 'postgres' : process.env.USER;
  return { control, folder, database: `host=${sockets} dbname=crumbtrail user=${user}` };
}
