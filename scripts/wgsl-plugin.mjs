/** Small shaders in what is built: nobody reads them there, and every page loads them. */
import { readFile } from 'node:fs/promises';
import { minifyWgsl } from './wgsl-minify.mjs';

/** For Vite: loads `….wgsl?raw`. @returns {import('vite').Plugin} */
export function smallShaders() {
  return {
    name: 'gramarye-shaders',
    enforce: 'pre',
    async load(id) {
      const [file, query] = id.split('?');
      if (query !== 'raw' || !file.endsWith('.wgsl')) return null;
      return { code: `export default ${JSON.stringify(await minifyWgsl(await readFile(file, 'utf8')))};`, moduleType: 'js' };
    },
  };
}
