// A real S3 server that checks signatures: radosgw over one monitor and one object storage daemon that keeps everything in memory,
// all from Debian's packages. A process of its own, so that several test files can share it:
//   node object_store_server.js FOLDER OWNER_PID
// It writes FOLDER/store.json when it is ready or FOLDER/failed when it cannot be, and ends with the process OWNER_PID, on SIGTERM,
// or when one of its daemons ends; then FOLDER is removed. The daemons end with it, whatever ends it.
import { execFile, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';

const [folder, ownerPid] = process.argv.slice(2);
const MEMORY_BYTES = 2 * 1024 ** 3;
const STEP_TIMEOUT_MS = 240_000;
const daemons = [];
let isEnding = false;

const at = (name) => path.join(folder, name);
const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

async function freePorts(count) {
  const servers = Array.from({ length: count }, () => net.createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => server.listening || once(server, 'listening')));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => { server.close(resolve); })));
  return ports;
}

async function tool(command, args) {
  const { stdout } = await promisify(execFile)(command, args, {
    cwd: folder, timeout: STEP_TIMEOUT_MS, env: { ...process.env, CEPH_CONF: at('ceph.conf') }, maxBuffer: 16 * 1024 * 1024,
  });
  return stdout;
}

// In the foreground, and killed by the kernel when this process ends without saying so.
function daemon(command, args) {
  const log = fs.openSync(at(`${command}.out`), 'a');
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', command, '-c', at('ceph.conf'), ...args],
    { cwd: folder, stdio: ['ignore', log, log] });
  fs.closeSync(log);
  child.on('exit', (code, signal) => {
    if (!isEnding) {
      fail(new Error(`${command} ended (${signal ?? code}): ${tail(`${command}.out`)}`));
    }
  });
  daemons.push(child);
}

function tail(name) {
  try {
    return fs.readFileSync(at(name), 'utf8').slice(-2000);
  } catch {
    return '';
  }
}

// Without tcp_nodelay each small answer waits 40 ms for the acknowledgement of its head.
function configuration(fsid, [v2, v1, http]) {
  return `[global]
fsid = ${fsid}
mon_host = [v2:127.0.0.1:${v2},v1:127.0.0.1:${v1}]
mon_initial_members = a
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
public_network = 127.0.0.0/8
cluster_network = 127.0.0.0/8
ms_bind_ipv6 = false
ms_bind_port_min = 20000
ms_bind_port_max = 30000
auth_cluster_required = cephx
auth_service_required = cephx
auth_client_required = cephx
run_dir = ${folder}/run
admin_socket = ${folder}/run/$name.asok
log_file = ${folder}/log/$name.log
pid_file = ${folder}/run/$name.pid
keyring = ${folder}/keyring
mon_data = ${folder}/mon
osd_data = ${folder}/osd
osd_objectstore = memstore
memstore_device_bytes = ${MEMORY_BYTES}
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 4
osd_pool_default_pgp_num = 4
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_warn_on_pool_no_redundancy = false
mon_max_pg_per_osd = 1000
mon_data_avail_warn = 1
mon_data_avail_crit = 1
rgw_dns_name = localhost
rgw_frontends = beast endpoint=127.0.0.1:${http} tcp_nodelay=1
rgw_enable_apis = s3
rgw_thread_pool_size = 32
rgw_gc_max_objs = 1
rgw_lc_max_objs = 1
rgw_enable_usage_log = false
`;
}

async function makeKeys(monmap) {
  await tool('ceph-authtool', ['--create-keyring', at('keyring'), '--gen-key', '-n', 'client.admin',
    '--cap', 'mon', 'allow *', '--cap', 'osd', 'allow *', '--cap', 'mgr', 'allow *']);
  await tool('ceph-authtool', [at('keyring'), '--gen-key', '-n', 'mon.', '--cap', 'mon', 'allow *']);
  await tool('ceph-mon', ['--mkfs', '-i', 'a', '--monmap', monmap, '--keyring', at('keyring')]);
}

async function startStorage() {
  daemon('ceph-mon', ['-f', '-i', 'a']);
  const uuid = randomUUID();
  await tool('ceph', ['--connect-timeout', '200', 'osd', 'new', uuid]);
  const keyring = await tool('ceph', ['auth', 'get-or-create', 'osd.0', 'mon', 'allow profile osd', 'osd', 'allow *']);
  fs.writeFileSync(at('osd/keyring'), keyring);
  await tool('ceph-osd', ['-i', '0', '--mkfs', '--osd-uuid', uuid, '--keyring', at('osd/keyring')]);
  daemon('ceph-osd', ['-f', '-i', '0', '--keyring', at('osd/keyring')]);
}

async function waitForAnswer(url) {
  const deadline = Date.now() + STEP_TIMEOUT_MS;
  while (Date.now() < deadline) {
    const answer = await fetch(url).catch(() => null);
    if (answer) {
      await answer.arrayBuffer();
      return;
    }
    await sleep(100);
  }
  throw new Error(`radosgw does not answer: ${tail('radosgw.out')}`);
}

async function start() {
  fs.writeFileSync(at('pid'), String(process.pid));
  for (const name of ['mon', 'osd', 'run', 'log']) {
    fs.mkdirSync(at(name), { recursive: true });
  }
  const fsid = randomUUID();
  const ports = await freePorts(3);
  fs.writeFileSync(at('ceph.conf'), configuration(fsid, ports));
  await tool('monmaptool', ['--create', '--clobber', '--addv', 'a', `[v2:127.0.0.1:${ports[0]},v1:127.0.0.1:${ports[1]}]`,
    '--fsid', fsid, at('monmap')]);
  await makeKeys(at('monmap'));
  await startStorage();
  const accessKeyId = `TEST${randomBytes(8).toString('hex').toUpperCase()}`;
  const secretAccessKey = randomBytes(20).toString('hex');
  await tool('radosgw-admin', ['user', 'create', '--uid', 'test', '--display-name', 'test', '--max-buckets', '0',
    '--access-key', accessKeyId, '--secret', secretAccessKey]);
  daemon('radosgw', ['-f', '-n', 'client.admin', '--keyring', at('keyring')]);
  const endpoint = `http://127.0.0.1:${ports[2]}`;
  await waitForAnswer(endpoint);
  const state = { endpoint, accessKeyId, secretAccessKey, region: 'us-east-1' };
  fs.writeFileSync(at('store.json.new'), JSON.stringify(state));
  fs.renameSync(at('store.json.new'), at('store.json'));
}

async function end(code) {
  if (isEnding) {
    return;
  }
  isEnding = true;
  const running = daemons.filter((child) => child.exitCode === null && child.signalCode === null);
  running.forEach((child) => child.kill('SIGKILL'));
  await Promise.all(running.map((child) => once(child, 'exit')));
  if (code === 0) {
    fs.rmSync(folder, { recursive: true, force: true });
  }
  process.exit(code);
}

function fail(error) {
  fs.writeFileSync(at('failed'), String(error.stack ?? error));
  end(1);
}

function ownerLives() {
  try {
    process.kill(Number(ownerPid), 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

process.on('SIGTERM', () => end(0));
process.on('SIGINT', () => end(0));
setInterval(() => ownerLives() || end(0), 1000);
start().catch(fail);
