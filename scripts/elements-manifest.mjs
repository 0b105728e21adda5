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

/** Custom properties that every element reads, beyond those that its own description names. */
const SHARED_PROPERTIES = {
  '--gram-accent': 'What runs and what can be pressed.',
  '--gram-accent-strong': 'The same under the pointer.',
  '--gram-on-accent': 'Words on the accent.',
  '--gram-surface': 'The background.',
  '--gram-surface-raised': 'Fields and frames.',
  '--gram-surface-sunken': 'Behind the picture.',
  '--gram-text': 'Words.',
  '--gram-text-muted': 'Words that matter less.',
  '--gram-line': 'Rules.',
  '--gram-control-line': 'Borders of what can be used.',
  '--gram-series-1': 'The first line of a chart.',
  '--gram-series-2': 'The second line of a chart.',
  '--gram-series-3': 'The third line of a chart.',
  '--gram-series-4': 'The fourth line of a chart.',
  '--gram-font': 'The font of words and numbers.',
  '--gram-font-display': 'The font of titles.',
  '--gram-font-code': 'The font of code and file names.',
  '--gram-font-size': 'The size of words.',
  '--gram-radius': 'Corners.',
  '--gram-gap': 'Space between the parts.',
};

/** What an element's description says of custom properties, and the shared ones that it leaves out, with the defaults that the styles have. */
function withSharedProperties(described = []) {
  const styles = readFileSync(join(ROOT, 'src/ui/base/tokens.ts'), 'utf8');
  const shared = [...styles.matchAll(/var\((--gram-[\w-]+), (?:light-dark\(([^,]+),[^)]+\)|([^;]+?))\);/g)]
    .filter(([, name]) => !described.some((property) => property.name === name))
    .map(([, name, light, other]) => {
      const description = SHARED_PROPERTIES[name];
      if (description === undefined) throw new Error(`The custom property ${name} of src/ui/base/tokens.ts is described nowhere.`);
      return { description, name, default: light ?? other };
    });
  return [...described, ...shared];
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
      cssProperties: withSharedProperties(declaration.cssProperties),
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
