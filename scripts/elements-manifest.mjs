/** Writes custom-elements.json: what the elements offer, read from their sources. Private and protected members are left out. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const ANALYZER = join(ROOT, 'node_modules/@custom-elements-manifest/analyzer/cem.js');

function isPublic({ name, privacy }) {
  return privacy !== 'private' && privacy !== 'protected' && !name.startsWith('#');
}

/** Elements that are parts of others and no interface of their own. */
function isOffered(declaration) {
  return declaration.customElement === true && declaration.tagName !== undefined;
}

/** The manifest as an object. */
export function elementsManifest() {
  const folder = join('.cache', 'elements-manifest');
  const { status, stderr } = spawnSync(process.execPath, [ANALYZER, 'analyze', '--config', 'scripts/elements-manifest.config.mjs'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`The elements' manifest could not be made: ${stderr}`);
  const manifest = JSON.parse(readFileSync(join(ROOT, folder, 'custom-elements.json'), 'utf8'));
  rmSync(join(ROOT, folder), { recursive: true });
  const modules = [];
  for (const { path, declarations, exports, kind } of manifest.modules) {
    const offered = (declarations ?? []).filter(isOffered).map((declaration) => ({
      ...declaration,
      members: (declaration.members ?? []).filter(isPublic),
      // The analyzer also finds events by how they are dispatched, without a name; those that are described have one.
      events: (declaration.events ?? []).filter(({ name }) => name?.startsWith('gram-')),
      attributes: (declaration.attributes ?? []).filter(({ fieldName }) =>
        (declaration.members ?? []).some((member) => member.name === fieldName && isPublic(member)),
      ),
    }));
    if (offered.length > 0) modules.push({ kind, path, declarations: offered, exports });
  }
  modules.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { schemaVersion: manifest.schemaVersion, readme: '', modules };
}

/** Writes the manifest to `file`. */
export function writeElementsManifest(file) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(elementsManifest(), null, 2)}\n`);
}
