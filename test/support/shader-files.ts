import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Shader } from '../../src/engine/contract.js';

const ROOT = fileURLToPath(new URL('../../shaders', import.meta.url));

/** Every WGSL file with a compute kernel. */
export function shaderFiles(): Shader[] {
  return readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.wgsl'))
    .sort()
    .map((path) => ({ path: path.replaceAll('\\', '/'), source: readFileSync(`${ROOT}/${path}`, 'utf8') }))
    .filter(({ source }) => source.includes('@compute'));
}
