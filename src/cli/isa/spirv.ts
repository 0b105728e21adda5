/** WGSL to SPIR-V by Dawn, in a process of its own: Dawn prints what it hands to the driver. */
import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { configureVulkan } from '../../../scripts/vulkan.mjs';
import type { ShaderText } from '../../bench/isa/plan.js';
import { GramaryeError } from '../../engine/errors.js';
import { fromPlainError, type PlainError } from '../../engine/plain-error.js';

/** What the process sends when it is done: an error a shader, '' for none. */
export type SpirvOutcome = { readonly problems: readonly string[] } | { readonly error: PlainError };

/** Marks in what Dawn prints where a shader begins. */
export function shaderMark(index: number): string {
  return `\n@shader ${String(index)}@\n`;
}

/** SPIR-V as text, with what a driver must be told about it. */
export interface Spirv {
  readonly text: string;
  readonly entry: string;
  /** `0s`: a storage buffer at binding 0; `1u`: a uniform buffer at binding 1. */
  readonly bindings: readonly string[];
}

/** The SPIR-V in what Dawn printed. Undefined where there is none. */
export function readSpirv(printed: string): Spirv | undefined {
  const start = printed.lastIndexOf('; SPIR-V');
  const end = printed.lastIndexOf('OpFunctionEnd');
  if (start < 0 || end < start) return undefined;
  const text = `${printed
    .slice(start, end)
    .split('\n')
    // Newer than some assemblers; it changes no instruction here.
    .filter((line) => !/maximal/i.test(line))
    .join('\n')}OpFunctionEnd\n`;
  const [, entry] = /OpEntryPoint GLCompute %\S+ "([^"]+)"/.exec(text) ?? [];
  if (entry === undefined) return undefined;
  const bindings = [...text.matchAll(/OpDecorate %(\S+) Binding (\d+)/g)].map(([, variable = '', binding = '']) => {
    const storage = text.split('\n').find((line) => line.trim().startsWith(`%${variable} = OpVariable`));
    return `${binding}${storage?.trim().endsWith(' Uniform') === true ? 'u' : 's'}`;
  });
  return { text, entry, bindings };
}

function childPath(base = import.meta.url): string {
  const path = ['./isa-spirv.js', '../isa-spirv.js'].map((name) => fileURLToPath(new URL(name, base))).find((candidate) => existsSync(candidate));
  if (path === undefined) throw new GramaryeError('build-missing', 'The process that turns WGSL into SPIR-V is missing.', { remedy: 'Run "npm run build".' });
  return path;
}

async function runChild(
  shaders: readonly ShaderText[],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<{ outcome: SpirvOutcome | undefined; printed: string[] }> {
  const child = fork(childPath(), { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  const stop = (): void => {
    child.kill();
  };
  signal.addEventListener('abort', stop);
  const printed = ['', ''];
  for (const [index, stream] of [child.stdout, child.stderr].entries()) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      printed[index] = (printed[index] ?? '') + text;
    });
  }
  try {
    return await new Promise((resolve, reject) => {
      let outcome: SpirvOutcome | undefined;
      child.on('message', (message: SpirvOutcome) => {
        outcome = message;
      });
      child.on('error', reject);
      child.on('close', () => {
        if (signal.aborted) reject(new GramaryeError('aborted', 'The operation was cancelled.'));
        else resolve({ outcome, printed });
      });
      child.send({ shaders });
    });
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function partOf(printed: string, index: number): string {
  const start = printed.indexOf(shaderMark(index));
  const end = printed.indexOf(shaderMark(index + 1));
  return start < 0 ? '' : printed.slice(start, end < 0 ? undefined : end);
}

/**
 * The SPIR-V of every shader, or why there is none. `hostDriver` is the Vulkan driver that Dawn is to use, else the software driver that comes
 * with Chromium. Throws `webgpu-missing`, `adapter-missing`, `aborted`.
 */
export async function spirvOf(shaders: readonly ShaderText[], hostDriver: string | undefined, signal: AbortSignal): Promise<(Spirv | string)[]> {
  const software = configureVulkan({ ...process.env });
  const environments = [...(hostDriver === undefined ? [] : [{ ...software, VK_DRIVER_FILES: hostDriver, VK_ICD_FILENAMES: hostDriver }]), software];
  let last: PlainError | undefined;
  for (const env of environments) {
    const { outcome, printed } = await runChild(shaders, env, signal);
    if (outcome !== undefined && 'error' in outcome) {
      last = outcome.error;
      if (last.code === 'adapter-missing') continue;
      throw fromPlainError(last);
    }
    return shaders.map(({ name }, index) => {
      const problem = outcome?.problems[index] ?? '';
      if (problem !== '') return problem;
      return readSpirv(partOf(printed[0] ?? '', index)) ?? readSpirv(partOf(printed[1] ?? '', index)) ?? `Dawn gave no SPIR-V for ${name}`;
    });
  }
  throw last === undefined ? new GramaryeError('adapter-missing', 'Dawn found no Vulkan driver.') : fromPlainError(last);
}
