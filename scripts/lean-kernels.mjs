/**
 * Kernels without what only checks, benchmarks and pages about kernels read. `src/kernels/run.ts` leads to them: the modules below it are
 * built a second time, with `?run`, and without these fields; what the fields alone used falls away with them.
 */
import { fileURLToPath } from 'node:url';

const KERNELS = fileURLToPath(new URL('../src/kernels/', import.meta.url));
const ENTRY = `${KERNELS}run.ts`;
const QUERY = '?run';

/** Fields of a kernel's definition that running it does not need. */
export const CHECKING_FIELDS = new Set([
  'summary',
  'formula',
  'source',
  'attributes',
  'reference',
  'gradient',
  'samples',
  'largeSamples',
  'generate',
  'tolerance',
  'halfTolerance',
]);

/** Every node below a node, itself included. */
function* nodesBelow(node) {
  if (node === null || typeof node !== 'object') return;
  if (Array.isArray(node)) {
    for (const one of node) yield* nodesBelow(one);
    return;
  }
  if (typeof node.type === 'string') yield node;
  for (const value of Object.values(node)) yield* nodesBelow(value);
}

const keyOf = ({ key }) => key?.name ?? key?.value;

/** Properties to leave out: the fields of definitions, and the summaries of tensors and variants. */
function leftOut(program) {
  const properties = [];
  for (const node of nodesBelow(program)) {
    if (node.type === 'Property' && keyOf(node) === 'summary') properties.push(node);
    if (node.type !== 'CallExpression' || node.callee.name !== 'defineKernel') continue;
    const [definition] = node.arguments;
    if (definition?.type === 'ObjectExpression') properties.push(...definition.properties.filter((property) => CHECKING_FIELDS.has(keyOf(property))));
  }
  const outermost = [];
  for (const property of properties.sort((a, b) => a.start - b.start)) if (property.end > (outermost.at(-1)?.end ?? 0)) outermost.push(property);
  return outermost;
}

/** The module without what is left out. */
function lean(code, program) {
  let text = '';
  let from = 0;
  for (const { start, end } of leftOut(program)) {
    text += code.slice(from, start);
    from = end + (/^\s*,/.exec(code.slice(end))?.[0].length ?? 0);
  }
  return text + code.slice(from);
}

/** For Vite. @returns {import('vite').Plugin} */
export function leanKernels() {
  return {
    name: 'gramarye-lean-kernels',
    enforce: 'pre',
    async resolveId(source, importer, options) {
      if (importer === undefined || !source.startsWith('.')) return null;
      if (importer !== ENTRY && !importer.endsWith(QUERY)) return null;
      const resolved = await this.resolve(source, importer.replace(QUERY, ''), { ...options, skipSelf: true });
      if (resolved === null || !resolved.id.startsWith(KERNELS) || resolved.id.includes('?')) return resolved;
      return { ...resolved, id: `${resolved.id}${QUERY}` };
    },
    transform: {
      filter: { id: /\.ts\?run$/ },
      handler(code, id) {
        if (!id.startsWith(KERNELS)) return null;
        return { code: lean(code, this.parse(code, { lang: 'ts' })), map: null };
      },
    },
  };
}
