/** The package as npm would send it: its entries by publint, its types by are-the-types-wrong. It takes the build that is there. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Packs the package into `folder`; the path of the file. */
export function packInto(folder) {
  const { status, stdout, stderr } = spawnSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], { cwd: ROOT, encoding: 'utf8' });
  if (status !== 0) throw new Error(`npm pack failed: ${stderr}`);
  const packed = JSON.parse(stdout);
  const [{ filename }] = Array.isArray(packed) ? packed : Object.values(packed);
  return join(folder, filename);
}

async function main() {
  const folder = mkdtempSync(join(tmpdir(), 'gramarye-package-'));
  try {
    const file = packInto(folder);
    const bytes = readFileSync(file);
    const tarball = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
    const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const { messages } = await publint({ pack: { tarball }, strict: true });
    for (const message of messages) console.error(formatMessage(message, manifest));
    // Every entry is an ES module, for Node and for bundlers.
    const attw = join(ROOT, 'node_modules/@arethetypeswrong/cli/dist/index.js');
    const { status, stdout, stderr } = spawnSync(process.execPath, [attw, file, '--profile', 'esm-only', '--format', 'ascii', '--no-emoji'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    if (status !== 0) console.error(`${stdout}${stderr}`);
    if (messages.length > 0 || status !== 0) process.exitCode = 1;
    else console.log(`${file.split('/').at(-1)}: ${(bytes.byteLength / 1e6).toFixed(1)} MB, entries and types are right.`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
