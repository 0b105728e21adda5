/** `gramarye bench isa`: what the compiler of a GPU that need not be there makes of the variants. */
import { amdGpu, amdTraits, DEFAULT_FAMILIES } from '../bench/isa/amd.js';
import { isaRun, planIsa, type ShaderText } from '../bench/isa/plan.js';
import { resultExtension } from '../bench/formats/files.js';
import { formatTerminal } from '../bench/formats/text.js';
import type { BenchRequest } from '../bench/request.js';
import { benchFile, type BenchRun, type IsaFigures } from '../bench/result.js';
import { throwIfAborted } from '../engine/errors.js';
import { ownCommit, systemName } from './bench-hosts.js';
import type { IsaFlags } from './bench-isa-flags.js';
import { readResults, writeResults, type BenchContext } from './bench.js';
import { EXIT } from './exit.js';
import { IsaCompiler } from './isa/compiler.js';
import { spirvOf } from './isa/spirv.js';
import { findIsaTools } from './isa/tools.js';
import { checkOutputPath } from './output-files.js';

function requestOf({ op, shape, variant, filter, quick }: IsaFlags): BenchRequest {
  const optional = { ops: op, variants: variant, filter, shapes: shape.length === 0 ? undefined : shape };
  return { quick, ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)) };
}

/** Compiles, prints the table and writes files. Gives the exit code: 1 when a shader does not compile. */
export async function benchIsa(flags: IsaFlags, { progress, signal, print }: BenchContext): Promise<number> {
  for (const path of flags.out) checkOutputPath('--out', path, resultExtension(path));
  const request = requestOf(flags);
  const gpus = (flags.gpu ?? [...DEFAULT_FAMILIES]).map(amdGpu);
  const plans = gpus.map((gpu) => ({ gpu, traits: amdTraits(gpu), cases: planIsa(request, amdTraits(gpu), flags.half) }));
  const measured = flags.with === undefined ? [] : readResults(flags.with).runs;
  const compiler = await IsaCompiler.open(findIsaTools(), signal);
  const results = new Map<string, Map<string, IsaFigures | string>>();
  try {
    const shaders = new Map<string, { readonly shader: ShaderText; readonly families: string[] }>();
    for (const { gpu, cases } of plans) {
      for (const shader of cases.flatMap((one) => one.shaders)) {
        const known = shaders.get(keyOf(shader)) ?? { shader, families: [] };
        shaders.set(keyOf(shader), known);
        if (!known.families.includes(gpu.family)) known.families.push(gpu.family);
      }
    }
    const wanted = [...shaders.values()];
    progress.show({ kind: 'phase', text: 'turning WGSL into SPIR-V', done: 0, total: wanted.length });
    const spirv = await spirvOf(
      wanted.map(({ shader }) => shader),
      findIsaTools().hostDriver,
      signal,
    );
    for (const [index, { shader, families }] of wanted.entries()) {
      throwIfAborted(signal);
      progress.show({ kind: 'phase', text: shader.name, done: index, total: wanted.length });
      const found = spirv[index] ?? 'no SPIR-V';
      results.set(
        keyOf(shader),
        typeof found === 'string' ? new Map(families.map((family) => [family, found])) : await compiler.figures(shader.name, found, families),
      );
    }
  } finally {
    compiler.close();
    progress.stop();
  }
  const commit = ownCommit();
  const runs = plans.map(({ gpu, traits, cases }): BenchRun => ({
    ...isaRun(request, cases, {
      device: traits,
      host: { kind: 'node', name: 'Mesa RADV', flags: [`RADV_FORCE_FAMILY=${gpu.family}`], system: systemName() },
      note: 'none, nothing ran: these are figures of the compiler',
      figures: (shader) => results.get(keyOf(shader))?.get(gpu.family) ?? 'not compiled',
    }),
    ...(commit === undefined ? {} : { commit }),
  }));
  const file = benchFile([...measured, ...runs]);
  await writeResults(file, flags.out);
  print(formatTerminal(file));
  for (const path of flags.out) print(path);
  return runs.some(({ groups }) => groups.some(({ cases }) => cases.some(({ status }) => status === 'failed'))) ? EXIT.failure : EXIT.success;
}

function keyOf({ source, overrides }: ShaderText): string {
  return `${JSON.stringify(overrides)}\n${source}`;
}
