/**
 * Nets and pictures that come along stay files of the package. A library build would put what `new URL('…', import.meta.url)` names into its
 * code; this keeps the addresses, counted from where the code lies afterwards, so that whoever bundles the package finds each file once. Workers are named in the form that bundlers look for.
 */
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const ADDRESS = /new URL\('(?:\.\.\/)+(assets\/models\/[^']+)', import\.meta\.url\)/g;
const PLACE = /__GRAMARYE_FILE__\("([^"]+)"\)/g;
/** How Vite writes the address of a worker. Other bundlers, and Vite itself, know it only in its plain form. */
const WORKER = /new URL\(\s*\/\* @vite-ignore \*\/\s*new URL\(("[^"]+"),\s*import\.meta\.url\)\.href,\s*""\s*\+\s*import\.meta\.url\s*\)/g;

/** For Vite, in a build that writes to `outDir`. @returns {import('vite').Plugin} */
export function modelFiles(outDir) {
  return {
    name: 'gramarye-model-files',
    enforce: 'pre',
    transform: {
      filter: { code: ADDRESS },
      handler: (code) => ({ code: code.replace(ADDRESS, (_, path) => `__GRAMARYE_FILE__("${path}")`), map: null }),
    },
    renderChunk(code, chunk) {
      if (!code.includes('__GRAMARYE_FILE__')) return null;
      const from = dirname(join(outDir, chunk.fileName));
      const address = (path) => relative(from, join(ROOT, path)).split(sep).join('/');
      return { code: code.replace(PLACE, (_, path) => `new URL("${address(path)}", import.meta.url)`), map: null };
    },
    generateBundle: {
      order: 'post',
      handler(_, bundle) {
        for (const file of Object.values(bundle)) if (file.type === 'chunk') file.code = file.code.replace(WORKER, 'new URL($1, import.meta.url)');
      },
    },
  };
}
