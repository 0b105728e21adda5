/** Fetching of published npm packages as a source of assets: unpacked into a temporary folder, never a dependency. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Unpacks `name@version` and gives the folder of the package. */
export function unpackPackage(spec) {
  const folder = mkdtempSync(join(tmpdir(), 'gramarye-assets-'));
  execFileSync('npm', ['pack', spec, '--silent', '--pack-destination', folder], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  const [archive] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  execFileSync('tar', ['-xzf', archive, '-C', folder], { cwd: folder });
  return join(folder, 'package');
}
