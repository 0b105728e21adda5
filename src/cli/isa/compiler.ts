/** Mesa's AMD compiler: SPIR-V in, figures of the machine code out. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { hotLoop } from '../../bench/isa/assembly.js';
import type { IsaFigures } from '../../bench/result.js';
import { GramaryeError, messageOf } from '../../engine/errors.js';
import statisticsSource from './statistics.c?raw';
import type { Spirv } from './spirv.js';
import type { IsaTools } from './tools.js';

const run = promisify(execFile);
/** Machine code of a large tile as text. */
const MAXIMUM_OUTPUT = 2 ** 28;

/** What the driver printed, taken apart. Throws `internal` when the driver gives other statistics than Mesa does. */
export function readStatistics(output: string, gpu: string, pass: string): IsaFigures {
  const statistics = new Map([...output.matchAll(/^statistic (.+) = (.+)$/gm)].map(([, name = '', value = '']) => [name, Number(value)]));
  const value = (name: string): number => {
    const found = statistics.get(name);
    if (found === undefined)
      throw new GramaryeError('internal', `The driver gives no "${name}"; it gives ${[...statistics.keys()].join(', ') || 'nothing'}.`, {
        remedy: 'Install a current mesa-vulkan-drivers.',
      });
    return found;
  };
  const loop = hotLoop(output.slice(output.lastIndexOf('representation Assembly')));
  return {
    gpu,
    pass,
    registers: value('VGPRs'),
    wavesPerSimd: value('Subgroups per SIMD'),
    spilledRegisters: value('Spilled VGPRs') + value('Spilled SGPRs'),
    workgroupBytes: value('LDS size'),
    instructions: value('Instructions'),
    multiplyAddShare: loop === undefined ? 0 : loop.multiplyAdds / Math.max(1, loop.operations),
  };
}

/** The compiler with its files; `close` removes them. */
export class IsaCompiler {
  readonly #tools: IsaTools;
  readonly #folder: string;
  readonly #signal: AbortSignal;

  private constructor(tools: IsaTools, folder: string, signal: AbortSignal) {
    this.#tools = tools;
    this.#folder = folder;
    this.#signal = signal;
  }

  /** Builds the program that asks the driver. Throws `unsupported` where Vulkan's headers are missing. */
  static async open(tools: IsaTools, signal: AbortSignal): Promise<IsaCompiler> {
    const folder = mkdtempSync(join(tmpdir(), 'gramarye-isa-'));
    const source = join(folder, 'statistics.c');
    writeFileSync(source, statisticsSource);
    try {
      await run(tools.compiler, ['-O1', '-o', join(folder, 'statistics'), source, '-lvulkan'], { signal });
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw new GramaryeError('unsupported', `The program that asks the driver does not compile: ${messageOf(error).split('\n')[1] ?? messageOf(error)}.`, {
        remedy: 'On Debian or Ubuntu: apt-get install libvulkan-dev.',
        cause: error,
      });
    }
    return new IsaCompiler(tools, folder, signal);
  }

  /** Figures of one shader on each GPU, by family; a text where the compiler refuses. */
  async figures(name: string, { text, entry, bindings }: Spirv, families: readonly string[]): Promise<Map<string, IsaFigures | string>> {
    const [assembly, binary] = [join(this.#folder, 'shader.spvasm'), join(this.#folder, 'shader.spv')];
    writeFileSync(assembly, text);
    const results = new Map<string, IsaFigures | string>();
    try {
      await run(this.#tools.assembler, ['--target-env', 'vulkan1.3', assembly, '-o', binary], { signal: this.#signal });
    } catch (error) {
      this.#rethrowAbort(error);
      return new Map(families.map((family) => [family, `spirv-as: ${lastLine(error)}`]));
    }
    for (const family of families) {
      const driver = this.#tools.radvDriver;
      const env = {
        ...process.env,
        RADV_FORCE_FAMILY: family,
        VK_DRIVER_FILES: driver,
        VK_ICD_FILENAMES: driver,
        XDG_RUNTIME_DIR: this.#folder,
        MESA_SHADER_CACHE_DISABLE: 'true',
      };
      try {
        const { stdout } = await run(join(this.#folder, 'statistics'), [binary, entry, ...bindings], { env, maxBuffer: MAXIMUM_OUTPUT, signal: this.#signal });
        results.set(family, readStatistics(stdout, family, name));
      } catch (error) {
        this.#rethrowAbort(error);
        if (error instanceof GramaryeError) throw error;
        results.set(family, lastLine(error));
      }
    }
    return results;
  }

  #rethrowAbort(error: unknown): void {
    if (this.#signal.aborted) throw new GramaryeError('aborted', 'The operation was cancelled.', { cause: error });
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function lastLine(error: unknown): string {
  const text = (error as { stderr?: string }).stderr ?? '';
  return (text.trim() === '' ? messageOf(error) : text).trim().split('\n').at(-1) ?? 'failed';
}
