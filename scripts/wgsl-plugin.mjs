/** Shaders without their comments in what is built: nobody reads them there, and every page loads them. Lines stay where they are. */
import { readFileSync } from 'node:fs';

/** Marks that the engine reads before it compiles a shader. */
const MARK = /^\s*\/\/ @/;

/** The text without comments but marks, with the same number of lines. */
export function withoutComments(source) {
  const withoutBlocks = source.replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ''));
  return withoutBlocks
    .split('\n')
    .map((line) => (MARK.test(line) ? line.trim() : line.replace(/\s*\/\/.*$/, '').replace(/^ +/, (spaces) => ' '.repeat(spaces.length / 2))))
    .join('\n');
}

/** For Vite: loads `….wgsl?raw`. */
export function shadersWithoutComments() {
  return {
    name: 'gramarye-shaders',
    enforce: 'pre',
    load(id) {
      const [file, query] = id.split('?');
      if (query !== 'raw' || !file.endsWith('.wgsl')) return null;
      return { code: `export default ${JSON.stringify(withoutComments(readFileSync(file, 'utf8')))};`, moduleType: 'js' };
    },
  };
}
