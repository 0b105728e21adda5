/** What the engine's small reader takes from a WGSL file, against a full parser. */
import { describe, expect, it } from 'vitest';
import { ResourceType, WgslReflect } from 'wgsl_reflect/wgsl_reflect.module.js';
import { reflectShader, stripComments } from '../../src/engine/wgsl.js';
import { shaderFiles } from '../support/shader-files.js';

/**
 * The text with empty functions: the parser takes some valid bodies for templates, and declarations are what is compared.
 * A name that it takes for a keyword can only be a parameter's.
 */
function withoutBodies(source: string): string {
  const text = stripComments(source);
  let result = '';
  let at = 0;
  for (const { index } of text.matchAll(/^fn /gm)) {
    if (index < at) continue;
    const open = text.indexOf('{', index);
    let end = open + 1;
    for (let depth = 1; depth > 0 && end < text.length; end++) depth += text[end] === '{' ? 1 : text[end] === '}' ? -1 : 0;
    result += `${text.slice(at, open).replace(/\bworkgroup:/g, 'group:')}{}`;
    at = end;
  }
  return result + text.slice(at);
}

describe('reflectShader', () => {
  it.each(shaderFiles())('$path: bindings, Params and overrides are those of the full parser', (shader) => {
    const ours = reflectShader(shader);
    const full = new WgslReflect(withoutBodies(shader.source));
    const bindings = full
      .getBindGroups()
      .flatMap((group) => group)
      .map(({ name, binding, resourceType, access }) => ({ name, index: binding, access: resourceType === ResourceType.Uniform ? 'uniform' : access }));
    expect(ours.bindings.map(({ name, index, access }) => ({ name, index, access }))).toEqual(bindings);
    const members = full.structs.find(({ name }) => name === 'Params')?.members ?? [];
    expect(ours.params).toEqual(members.map(({ name, type }) => ({ name, type: type.name })));
    // The engine writes the fields one behind the other, four bytes each.
    members.forEach((member, position) => {
      expect(member.offset).toBe(position * 4);
    });
    const overrides = ours.constants.filter(({ kind }) => kind === 'override').map(({ name }) => name);
    expect(overrides.sort()).toEqual(full.overrides.map(({ name }) => name).sort());
    expect(full.entry.compute.map(({ name }) => name)).toEqual(['main']);
  });

  it.each(shaderFiles())('$path begins with a comment that says what one invocation does', ({ source }) => {
    const header = source
      .replace(/^(?:\s*enable [^;]+;)*\s*/, '')
      .split('\n')
      .filter((line, index, lines) => lines.slice(0, index + 1).every((before) => before.startsWith('//')))
      .join(' ');
    expect(header).toMatch(/invocation/i);
  });
});
