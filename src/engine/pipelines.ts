/** Compiled pipelines, cached by a key derived from the whole source and its constants. */
import type { Pass, Shader } from './contract.js';
import { GramaryeError, messageOf } from './errors.js';
import { unrollShader, type UnrolledShader } from './unroll.js';
import { applyConstants, reflectShader, type ShaderReflection } from './wgsl.js';

/** A compiled pipeline with what is needed to bind and dispatch it. */
export interface CompiledPass {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  readonly reflection: ShaderReflection;
  readonly shader: Shader;
}

const BUFFER_TYPE = { uniform: 'uniform', read: 'read-only-storage', read_write: 'storage' } as const;

/** The text that tells one pipeline from another: the source after constants were applied, and the overrides. */
export function pipelineKey(shader: Shader, constants: Readonly<Record<string, number>>): string {
  const { source, overrides } = applyConstants(shader, reflectShader(shader), constants);
  return `${JSON.stringify(Object.entries(overrides).sort(([a], [b]) => (a < b ? -1 : 1)))}\n${source}`;
}

/** How a cache compiles. */
export interface PipelineOptions {
  /** Expand marked loops before compilation; default true. Tests compare both forms. */
  readonly unroll?: boolean;
}

/** Compiles and remembers pipelines of one device. */
export class PipelineCache {
  readonly #device: GPUDevice;
  readonly #unroll: boolean;
  readonly #compiled = new Map<string, Promise<CompiledPass>>();
  readonly #ready = new Map<string, CompiledPass>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();

  constructor(device: GPUDevice, options: PipelineOptions = {}) {
    this.#device = device;
    this.#unroll = options.unroll ?? true;
  }

  /** How many distinct pipelines were asked for. */
  get size(): number {
    return this.#compiled.size;
  }

  /** The pipeline of a pass, compiled once. Throws `shader-invalid` with the file's name and line. */
  async get(pass: Pick<Pass, 'shader' | 'constants'>): Promise<CompiledPass> {
    const constants = pass.constants ?? {};
    const key = pipelineKey(pass.shader, constants);
    const known = this.#compiled.get(key);
    if (known !== undefined) return known;
    const compiling = this.#compile(key, pass.shader, constants);
    this.#compiled.set(key, compiling);
    return compiling;
  }

  /**
   * The pipeline of a pass at once, compiled on the spot if need be, for callers that cannot wait (an op of tfjs). A shader
   * that does not compile is reported by the device, not thrown.
   */
  getNow(pass: Pick<Pass, 'shader' | 'constants'>): CompiledPass {
    const constants = pass.constants ?? {};
    const key = pipelineKey(pass.shader, constants);
    const known = this.#ready.get(key);
    if (known !== undefined) return known;
    const { descriptor, ...rest } = this.#describe(pass.shader, constants);
    const compiled = { pipeline: this.#device.createComputePipeline(descriptor), layout: rest.layout, reflection: rest.reflection, shader: pass.shader };
    this.#ready.set(key, compiled);
    return compiled;
  }

  #describe(shader: Shader, constants: Readonly<Record<string, number>>) {
    const reflection = reflectShader(shader);
    const applied = applyConstants(shader, reflection, constants);
    const plain: UnrolledShader = { path: shader.path, source: applied.source };
    const { source, lines } = this.#unroll ? unrollShader(plain) : plain;
    const module = this.#device.createShaderModule({ label: shader.path, code: source });
    const layout = this.#layout(reflection);
    const descriptor: GPUComputePipelineDescriptor = {
      label: shader.path,
      layout: this.#device.createPipelineLayout({ label: shader.path, bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: 'main', constants: applied.overrides },
    };
    return { reflection, lines, module, layout, descriptor };
  }

  async #compile(key: string, shader: Shader, constants: Readonly<Record<string, number>>): Promise<CompiledPass> {
    const { reflection, lines, module, layout, descriptor } = this.#describe(shader, constants);
    try {
      const pipeline = await this.#device.createComputePipelineAsync(descriptor);
      const compiled = { pipeline, layout, reflection, shader };
      this.#ready.set(key, compiled);
      return compiled;
    } catch (error) {
      const info = await module.getCompilationInfo();
      const messages = info.messages.map(({ lineNum, linePos, message }) => {
        // Columns of an expanded text mean nothing in the file.
        const place = lines === undefined ? `${String(lineNum)}:${String(linePos)}` : String(lines[lineNum - 1] ?? lineNum);
        return `shaders/${shader.path}:${place} ${message}`;
      });
      const unique = [...new Set(messages)];
      throw new GramaryeError('shader-invalid', `shaders/${shader.path} does not compile: ${unique.join('; ') || messageOf(error)}`, { cause: error });
    }
  }

  #layout(reflection: ShaderReflection): GPUBindGroupLayout {
    const key = reflection.bindings.map((binding) => binding.access).join();
    let layout = this.#layouts.get(key);
    if (layout === undefined) {
      layout = this.#device.createBindGroupLayout({
        label: key,
        entries: reflection.bindings.map((binding) => ({
          binding: binding.index,
          visibility: 4, // GPUShaderStage.COMPUTE, a global that workers and Node may lack
          buffer: { type: BUFFER_TYPE[binding.access] },
        })),
      });
      this.#layouts.set(key, layout);
    }
    return layout;
  }
}
