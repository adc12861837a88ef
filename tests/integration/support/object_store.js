// A real S3 server for a test file, and independent writers of objects (boto3, awscli). The server (object_store_server.js) is
// shared by the test files of one run when CRUMBTRAIL_OBJECT_STORE names a folder for it, as tests/run does; else it is the test
// file's own and ends with it. Buckets are everybody's: take makeBucket() for one of your own.
import { execFile, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { after } from 'node:test';

const HERE = import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname);
const NEEDED = ['ceph-mon', 'ceph-osd', 'ceph', 'radosgw', 'radosgw-admin', 'monmaptool', 'ceph-authtool', 'setpriv', 'aws'];
const READY_TIMEOUT_MS = 600_000;
let own = null;
let shared = null;

const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

function isInstalled(command) {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'];
  return folders.some((folder) => fs.existsSync(path.join(folder, command)));
}

function hasBoto3() {
  try {
    execFileSync('/usr/bin/python3', ['-c', 'import boto3'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Reason to skip a test that needs the S3 server, or false; fails instead under CI=true. */
export function skipWithoutObjectStore() {
  const missing = NEEDED.filter((command) => !isInstalled(command));
  if (!hasBoto3()) {
    missing.push('python3-boto3');
  }
  if (missing.length === 0) {
    return false;
  }
  if (process.env.CI === 'true') {
    throw new Error(`the S3 server for tests must be installed under CI=true; missing: ${missing.join(', ')}`);
  }
  return `no S3 server for tests: ${missing.join(', ')} not installed (tests/packages)`;
}

/** The running server; starts it when it does not run yet. */
export async function objectStore() {
  shared ??= start();
  return shared;
}

async function start() {
  const given = process.env.CRUMBTRAIL_OBJECT_STORE;
  const folder = given ?? fs.mkdtempSync(path.join(os.tmpdir(), 'crumbtrail-store-'));
  const owner = given ? process.env.CRUMBTRAIL_OBJECT_STORE_OWNER : String(process.pid);
  if (claim(folder)) {
    const child = spawn(process.execPath, [path.join(HERE, 'object_store_server.js'), folder, owner],
      { detached: true, stdio: 'ignore' });
    if (given) {
      child.unref();
    } else {
      own = child;
    }
  }
  return new ObjectStore(await ready(folder));
}

// One of those that share the folder starts the server.
function claim(folder) {
  fs.mkdirSync(folder, { recursive: true });
  try {
    fs.mkdirSync(path.join(folder, 'claimed'));
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') {
      return false;
    }
    throw error;
  }
}

async function ready(folder) {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (Date.now() < deadline) {
    if (fs.existsSync(path.join(folder, 'failed'))) {
      throw new Error(`the S3 server did not start: ${fs.readFileSync(path.join(folder, 'failed'), 'utf8')}`);
    }
    if (fs.existsSync(path.join(folder, 'store.json'))) {
      return JSON.parse(fs.readFileSync(path.join(folder, 'store.json'), 'utf8'));
    }
    await sleep(100);
  }
  throw new Error(`the S3 server was not ready within ${READY_TIMEOUT_MS} ms`);
}

after(async () => {
  if (own && own.exitCode === null) {
    own.kill('SIGTERM');
    await once(own, 'exit');
  }
});

export class ObjectStore {
  /** @param {{endpoint: string, accessKeyId: string, secretAccessKey: string, region: string}} state */
  constructor(state) {
    Object.assign(this, state);
    /** Environment for programs that are to use it. */
    this.env = {
      AWS_ACCESS_KEY_ID: this.accessKeyId,
      AWS_SECRET_ACCESS_KEY: this.secretAccessKey,
      AWS_REGION: this.region,
      AWS_DEFAULT_REGION: this.region,
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONFIG_FILE: '/nonexistent',
      AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
    };
    /** Flags for crumbtrail, beside the environment. */
    this.flags = ['--s3-endpoint-url', this.endpoint];
  }

  /** Runs Python with boto3: `s3` is a client, `data` what was given; gives what the script put into `result`. */
  async boto3(script, data = null) {
    const head = `import boto3, json, sys, base64
from botocore.config import Config
data = json.load(sys.stdin)
result = None
s3 = boto3.client('s3', endpoint_url=${JSON.stringify(this.endpoint)}, config=Config(s3={'addressing_style': 'path'}))
`;
    const child = spawn('/usr/bin/python3', ['-c', `${head}${script}\nprint(json.dumps(result, default=str))`],
      { env: { ...process.env, ...this.env }, stdio: ['pipe', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => { out += chunk; });
    child.stderr.on('data', (chunk) => { err += chunk; });
    child.stdin.end(JSON.stringify(data));
    const [code] = await once(child, 'close');
    if (code !== 0) {
      throw new Error(`boto3: ${err}`);
    }
    return JSON.parse(out);
  }

  /** The aws command with this server: awscli(['s3', 'cp', file, 's3://bucket/key']); gives its output. */
  async awscli(args) {
    const { stdout } = await promisify(execFile)('aws', ['--endpoint-url', this.endpoint, ...args],
      { env: { ...process.env, ...this.env }, maxBuffer: 64 * 1024 * 1024 });
    return stdout;
  }

  /** A new bucket; gives its name. */
  async makeBucket({ versioned = false } = {}) {
    const name = `test-${randomBytes(6).toString('hex')}`;
    await this.boto3(`
s3.create_bucket(Bucket=data['name'])
if data['versioned']:
    s3.put_bucket_versioning(Bucket=data['name'], VersioningConfiguration={'Status': 'Enabled'})`, { name, versioned });
    return name;
  }

  /**
   * Writes objects with boto3, many at a time; gives [{key, etag, versionId}] in the same order.
   * @param {string} bucket
   * @param {{key: string, body: string | Uint8Array}[]} objects
   */
  async put(bucket, objects) {
    const items = objects.map(({ key, body }) => ({ key, body: Buffer.from(body).toString('base64') }));
    return this.boto3(`
from concurrent.futures import ThreadPoolExecutor
def put(item):
    answer = s3.put_object(Bucket=data['bucket'], Key=item['key'], Body=base64.b64decode(item['body']))
    return {'key': item['key'], 'etag': answer['ETag'].strip('"'), 'versionId': answer.get('VersionId')}
with ThreadPoolExecutor(8) as pool:
    result = list(pool.map(put, data['items']))`, { bucket, items });
  }

  /** The body of an object, read with boto3. */
  async get(bucket, key, versionId = undefined) {
    const body = await this.boto3(`
more = {'VersionId': data['versionId']} if data.get('versionId') else {}
result = base64.b64encode(s3.get_object(Bucket=data['bucket'], Key=data['key'], **more)['Body'].read()).decode()`,
    { bucket, key, versionId });
    return Buffer.from(body, 'base64');
  }

  /** All objects under a prefix, listed with boto3: [{key, size, etag}]. */
  async list(bucket, prefix = '') {
    return this.boto3(`
pages = s3.get_paginator('list_objects_v2').paginate(Bucket=data['bucket'], Prefix=data['prefix'])
result = [{'key': o['Key'], 'size': o['Size'], 'etag': o['ETag'].strip('"')} for page in pages for o in page.get('Contents', [])]`,
    { bucket, prefix });
  }

  async delete(bucket, keys) {
    await this.boto3(`
for key in data['keys']:
    s3.delete_object(Bucket=data['bucket'], Key=key)`, { bucket, keys });
  }
}
