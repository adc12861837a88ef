// Builds the page: node build.js OUTDIR
// Leaves OUTDIR/index.html and OUTDIR/static/NAME-HASH.{js,css,json,svg}, each with a .gz beside it,
// and OUTDIR/static/LICENSES.txt. Hashed names may be cached for ever; index.html may not.
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { constants, gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { makeOutlines } from './build_outlines.js';

const sourceDir = dirname(fileURLToPath(import.meta.url));
const compressible = new Set(['.html', '.js', '.css', '.json', '.svg', '.txt', '.webmanifest']);

/** @param {string} outDir */
async function main(outDir) {
  const staticDir = join(outDir, 'static');
  await rm(staticDir, { recursive: true, force: true });
  await mkdir(staticDir, { recursive: true });
  const outlinesUrl = await writeHashed(staticDir, 'outlines.json', await makeOutlines());
  const iconUrl = await writeHashed(staticDir, 'icon.svg', await readFile(join(sourceDir, 'icon.svg')));
  const worker = await bundleWorker(staticDir);
  const workerUrl = outputOf(worker.metafile, 'js/fleet_worker.js');
  const result = await bundle(staticDir, { OUTLINES_URL: JSON.stringify(outlinesUrl), FLEET_WORKER_URL: JSON.stringify(workerUrl) });
  await writeIndex(outDir, result.metafile, iconUrl);
  await writeFile(join(staticDir, 'LICENSES.txt'), await collectLicenses(result.metafile));
  await compressAll(outDir);
  await report(outDir, [worker.metafile, result.metafile]);
}

/** Writes a file under a name that carries the hash of its content; gives back its address.
 * @param {string} dir @param {string} name @param {string | Uint8Array} content */
async function writeHashed(dir, name, content) {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 10);
  const hashedName = `${basename(name, extname(name))}-${hash}${extname(name)}`;
  await writeFile(join(dir, hashedName), content);
  return `/static/${hashedName}`;
}

/** @param {string} staticDir */
function commonOptions(staticDir) {
  return /** @type {const} */ ({
    absWorkingDir: sourceDir,
    outdir: staticDir,
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    bundle: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  });
}

/** The worker is a file of its own: the policy of the page allows neither blob nor data workers. @param {string} staticDir */
function bundleWorker(staticDir) {
  return build({ ...commonOptions(staticDir), entryPoints: { fleet_worker: 'js/fleet_worker.js' } });
}

/** @param {string} staticDir @param {Record<string, string>} define */
function bundle(staticDir, define) {
  return build({
    ...commonOptions(staticDir),
    entryPoints: { main: 'js/main.js', theme_boot: 'js/theme_boot.js', page: 'css/page.css' },
    splitting: true,
    alias: { leaflet: 'leaflet/dist/leaflet-src.esm.js' },
    loader: { '.png': 'dataurl' },
    define,
  });
}

/** @param {import('esbuild').Metafile} metafile @param {string} entryPoint */
function outputOf(metafile, entryPoint) {
  const found = Object.entries(metafile.outputs).find(([, output]) => output.entryPoint === entryPoint);
  if (!found) throw new Error(`no output for ${entryPoint}`);
  return `/static/${basename(found[0])}`;
}

/** @param {string} outDir @param {import('esbuild').Metafile} metafile @param {string} iconUrl */
async function writeIndex(outDir, metafile, iconUrl) {
  /** @type {Record<string, string>} */
  const addresses = {
    '@theme_boot.js@': outputOf(metafile, 'js/theme_boot.js'),
    '@main.js@': outputOf(metafile, 'js/main.js'),
    '@page.css@': outputOf(metafile, 'css/page.css'),
    '@icon.svg@': iconUrl,
  };
  let html = await readFile(join(sourceDir, 'index.html'), 'utf8');
  for (const [mark, address] of Object.entries(addresses)) html = html.replaceAll(mark, address);
  await writeFile(join(outDir, 'index.html'), html);
}

/** The licence text of every package that has code or data in the page.
 * @param {import('esbuild').Metafile} metafile */
async function collectLicenses(metafile) {
  const names = new Set(['world-atlas']);
  for (const input of Object.keys(metafile.inputs)) {
    const match = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (match) names.add(match[1]);
  }
  const parts = [];
  for (const name of [...names].sort()) parts.push(await licenseOf(name));
  return parts.join(`\n${'-'.repeat(80)}\n\n`);
}

/** @param {string} name */
async function licenseOf(name) {
  const dir = join(sourceDir, 'node_modules', name);
  const about = JSON.parse(await readFile(join(dir, 'package.json'), 'utf8'));
  const file = (await readdir(dir)).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
  const text = file ? await readFile(join(dir, file), 'utf8') : '(the package carries no licence file)\n';
  return `${name} ${about.version} (${about.license ?? 'see below'})\n\n${text.trim()}\n`;
}

/** @param {string} dir */
async function compressAll(dir) {
  for (const entry of await readdir(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) await compressAll(path);
    else if (compressible.has(extname(entry.name))) {
      await writeFile(`${path}.gz`, gzipSync(await readFile(path), { level: constants.Z_BEST_COMPRESSION }));
    }
  }
}

/** Prints what a first visit loads: the entries, the worker, and what they import statically.
 * @param {string} outDir @param {import('esbuild').Metafile[]} metafiles */
async function report(outDir, metafiles) {
  /** @type {import('esbuild').Metafile['outputs']} */
  const outputs = Object.assign({}, ...metafiles.map((metafile) => metafile.outputs));
  const first = new Set();
  /** @param {string} path */
  const visit = (path) => {
    if (first.has(path)) return;
    first.add(path);
    for (const next of outputs[path]?.imports ?? []) if (next.kind === 'import-statement') visit(next.path);
  };
  const entries = ['js/main.js', 'js/theme_boot.js', 'js/fleet_worker.js'];
  for (const [path, output] of Object.entries(outputs)) if (entries.includes(output.entryPoint ?? '')) visit(path);
  let total = 0;
  for (const path of first) total += (await readFile(join(sourceDir, `${path}.gz`))).length;
  console.log(`page built in ${relative(process.cwd(), outDir) || '.'}: first load ${(total / 1000).toFixed(1)} kB of JavaScript (gzip)`);
}

if (process.argv.length !== 3) {
  console.error('usage: node build.js OUTDIR');
  process.exit(2);
}
await main(resolve(process.argv[2]));
