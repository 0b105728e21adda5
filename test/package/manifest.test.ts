/** custom-elements.json against the elements' sources: attributes, events, slots, parts and custom properties, in both directions. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { elementsManifest } from '../../scripts/elements-manifest.mjs';

const ROOT = resolve(import.meta.dirname, '../..');

interface Named {
  readonly name: string;
}
interface Attribute extends Named {
  readonly fieldName: string;
}
interface Declaration {
  readonly tagName: string;
  readonly name: string;
  readonly attributes?: readonly Attribute[];
  readonly members?: readonly (Named & { readonly kind: string; readonly description?: string; readonly type?: { readonly text: string } })[];
  readonly events?: readonly (Named & { readonly type?: { readonly text: string }; readonly description?: string })[];
  readonly slots?: readonly Named[];
  readonly cssParts?: readonly Named[];
  readonly cssProperties?: readonly (Named & { readonly default?: string })[];
}
interface Manifest {
  readonly modules: readonly { readonly path: string; readonly declarations: readonly Declaration[] }[];
}

const text = (path: string): string => readFileSync(path, 'utf8');

/** Files that a file imports from src/ui, itself first. */
function filesBelow(path: string, found = new Set<string>()): Set<string> {
  if (found.has(path) || !existsSync(path)) return found;
  found.add(path);
  for (const [, specifier = ''] of text(path).matchAll(/(?:from|import) '(\.[^']+)\.js'/g)) {
    const file = `${resolve(dirname(path), specifier)}.ts`;
    if (relative(join(ROOT, 'src/ui'), file).startsWith('..')) continue;
    filesBelow(file, found);
  }
  return found;
}

/** The files of a class and of those it extends, as far as they are ours. */
function chainOf(path: string, name: string): string[] {
  const source = text(path);
  const base = new RegExp(`class ${name} extends (\\w+)`).exec(source)?.[1];
  const from = base === undefined ? undefined : new RegExp(`import \\{[^}]*\\b${base}\\b[^}]*\\} from '(\\.[^']+)\\.js'`).exec(source)?.[1];
  return from === undefined || base === undefined ? [path] : [path, ...chainOf(`${resolve(dirname(path), from)}.ts`, base)];
}

const matches = (sources: Iterable<string>, pattern: RegExp): Set<string> =>
  new Set([...sources].flatMap((path) => [...text(path).matchAll(pattern)].map(([, name = '']) => name)));

const names = (list: readonly Named[] | undefined): string[] => (list ?? []).map(({ name }) => name).sort();

let elements: { readonly path: string; readonly declaration: Declaration; readonly chain: string[]; readonly files: Set<string> }[] = [];

beforeAll(() => {
  const { modules } = elementsManifest() as unknown as Manifest;
  elements = modules.flatMap(({ path, declarations }) =>
    declarations.map((declaration) => ({ path, declaration, chain: chainOf(join(ROOT, path), declaration.name), files: filesBelow(join(ROOT, path)) })),
  );
});

/** Each element in turn; the message of a failure begins with its tag. */
function each(check: (one: (typeof elements)[number], tag: string) => void): void {
  expect(elements.length).toBeGreaterThanOrEqual(10);
  for (const one of elements) check(one, one.declaration.tagName);
}

describe('custom-elements.json', () => {
  it('has every attribute and public property', () => {
    each(({ declaration, chain }, tag) => {
      const declared = chain.flatMap((path) =>
        [...text(path).matchAll(/@property\(([^)]*)\)(?:\s*(?:override|accessor))*\s+(?:get |set )?(\w+)/g)].map(([, options = '', field = '']) => ({
          options,
          field,
        })),
      );
      const attributes = declared
        .filter(({ options }) => !/attribute:\s*false/.test(options))
        .map(({ options, field }) => /attribute:\s*'([^']+)'/.exec(options)?.[1] ?? field.toLowerCase());
      expect.soft(names(declaration.attributes), tag).toEqual([...new Set(attributes)].sort());
      const members = new Set(names(declaration.members));
      for (const { field } of declared) expect.soft(members.has(field), `${tag}.${field}`).toBe(true);
    });
  });

  it('has every event that is dispatched, with its class and a description', () => {
    each(({ declaration, chain, files }, tag) => {
      const dispatched = matches(chain, /dispatchEvent\(\s*new (\w+)/g);
      const described = new Map((declaration.events ?? []).map(({ name, type, description }) => [type?.text ?? '', { name, description }]));
      for (const event of dispatched) if (event !== 'Event') expect.soft([...described.keys()], tag).toContain(event);
      for (const [type, { name, description }] of described) {
        expect.soft(description ?? '', `${tag} ${name}`).not.toBe('');
        const defining = [...files].find((path) => new RegExp(`class ${type}\\b[^]*?super\\('${name}'`).test(text(path)));
        expect.soft(defining, `${tag} fires ${name} as ${type}`).toBeDefined();
      }
    });
  });

  it('has every slot and part, and no other', () => {
    each(({ declaration, chain, files }, tag) => {
      const slots = [...matches(chain, /<slot(?: name="([\w-]*)")?/g)];
      for (const slot of slots) expect.soft(names(declaration.slots), `${tag} slot ${slot}`).toContain(slot);
      for (const slot of names(declaration.slots)) expect.soft([...matches(files, /<slot(?: name="([\w-]*)")?/g)], `${tag} slot ${slot}`).toContain(slot);
      const inTemplates = [...matches(files, /part="([\w -]+)"/g)].flatMap((list) => list.split(' '));
      for (const part of names(declaration.cssParts)) {
        const isComputed = [...files].some((path) => text(path).includes(`'${part}'`) || text(path).includes(`exportparts`));
        expect.soft(inTemplates.includes(part) || isComputed, `${tag} part ${part}`).toBe(true);
      }
    });
  });

  it('has every custom property that the styles read', () => {
    const shared = matches([join(ROOT, 'src/ui/base/tokens.ts')], /var\((--gram-[\w-]+)/g);
    expect.soft(shared.size).toBeGreaterThan(15);
    each(({ declaration, files }, tag) => {
      const read = matches(files, /var\((--gram-[\w-]+)/g);
      const described = names(declaration.cssProperties);
      expect.soft(described, tag).toEqual([...new Set([...shared, ...read])].sort());
    });
  });
});
