// The processes of a program's embedded cluster.
import fs from 'node:fs';

/** Process id of the embedded cluster. */
export function postmaster(program) {
  return Number(fs.readFileSync(`${program.data}/postgres/postmaster.pid`, 'utf8').split('\n')[0]);
}

/** Every process of the cluster stands still while `work` runs. */
export async function withHangingDatabase(program, work) {
  const leader = postmaster(program);
  const children = fs.readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name)).map(Number).filter((pid) => {
    try {
      return fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')[1] === String(leader);
    } catch {
      return false;
    }
  });
  const all = [leader, ...children];
  all.forEach((pid) => process.kill(pid, 'SIGSTOP'));
  try {
    return await work();
  } finally {
    all.forEach((pid) => process.kill(pid, 'SIGCONT'));
  }
}
