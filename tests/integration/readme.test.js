// Every `$ command` of README's tour runs against the program, and prints what README says it prints ('…' stands for anything).
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

import { BINARY, Program } from './support/program.js';

const ROOT = path.join(path.dirname(new URL(import.meta.url).pathname), '../..');
const README = path.join(ROOT, 'README.md');

function tourSteps() {
  const steps = [];
  for (const [, block] of fs.readFileSync(README, 'utf8').matchAll(/```sh\n([\s\S]*?)```/g)) {
    for (const part of block.split(/^\$ /m).slice(1)) {
      const [command, ...output] = part.trimEnd().split('\n');
      steps.push({ command, output: output.join('\n') });
    }
  }
  return steps;
}

function pattern(expected) {
  const parts = expected.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('[\\s\\S]*')}$`);
}

test('the tour of README works as it is written', async (t) => {
  const program = await new Program().start();
  let setup = 'set -e\n';
  for (const { command, output } of tourSteps()) {
    const own = command.replaceAll('http://127.0.0.1:8080', program.base)
      .replaceAll('/var/lib/crumbtrail-demo', program.data)
      .replaceAll('build/release/crumbtrail', BINARY);
    if (/^[A-Z]+=/.test(command)) {
      setup += `${/^KEY=/.test(command) ? 'KEY=integration-test-key' : own}\n`;
      continue;
    }
    await t.test(command.slice(0, 90), async () => {
      const { stdout } = await promisify(execFile)('bash', ['-c', setup + own], { cwd: ROOT });
      assert.match(stdout.replaceAll('\r\n', '\n').trimEnd(), pattern(output));
    });
  }
  assert.equal(await program.stop(), 0, program.log);
});
