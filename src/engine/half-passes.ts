/** Which tensors of a call lie in half precision, and its passes made for that. */
import type { Attributes, Dtype, KernelDefinition, Pass, Shader } from './contract.js';
import type { DeviceTraits } from './device.js';
import { halfForm, withHalfStorage, type HalfForm } from './half-storage.js';
import { reflectShader } from './wgsl.js';

/** The inputs and outputs of a kernel that are f32 by its definition and f16 in memory. */
export function halfNames<A extends Attributes>(kernel: KernelDefinition<A>, tensors: Readonly<Record<string, { readonly dtype: Dtype }>>): Set<string> {
  const specs = [...kernel.inputs, ...kernel.outputs].filter(({ name, dtype }) => dtype === 'f32' && kernel.half?.includes(name) === true);
  return new Set(specs.map(({ name }) => name).filter((name) => tensors[name]?.dtype === 'f16'));
}

/** Passes with some tensors in half precision; a shader is rewritten once for every use. */
export class HalfPasses {
  readonly #form: HalfForm;
  readonly #shaders = new Map<string, Shader>();

  constructor(traits: Pick<DeviceTraits, 'features'>) {
    this.#form = halfForm(traits);
  }

  /** The pass with the tensors named in `half` in half precision; itself where it binds none of them. */
  adapt(pass: Pass, half: ReadonlySet<string>, watch: boolean): Pass {
    if (half.size === 0) return pass;
    const { bindings } = reflectShader(pass.shader);
    const variables = bindings.map(({ name }) => name).filter((name) => half.has(pass.bind?.[name] ?? name));
    if (variables.length === 0) return pass;
    const key = `${variables.join()} ${String(watch)} ${pass.shader.source}`;
    let shader = this.#shaders.get(key);
    if (shader === undefined) {
      shader = withHalfStorage(pass.shader, { form: this.#form, variables, watch });
      this.#shaders.set(key, shader);
    }
    return { ...pass, shader };
  }
}
