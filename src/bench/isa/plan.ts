/** Which shaders to compile for a GPU, and what to say of them. */
import type { Pass } from '../../engine/contract.js';
import type { DeviceTraits } from '../../engine/device.js';
import { HalfPasses } from '../../engine/half-passes.js';
import { unrollShader } from '../../engine/unroll.js';
import { VERSION } from '../../engine/version.js';
import { applyConstants, reflectShader } from '../../engine/wgsl.js';
import { planGroups, settingsOf, wantsVariant, type BenchRequest } from '../request.js';
import type { BenchCase, BenchGroup, BenchRun, HostInfo, IsaFigures } from '../result.js';

/** One shader as the engine hands it to the driver: loops expanded, constants put in. */
export interface ShaderText {
  /** Its file below shaders/, with the constants that differ from its defaults. */
  readonly name: string;
  readonly source: string;
  readonly overrides: Readonly<Record<string, number>>;
}

/** A case with the shaders of its passes, each once. */
export interface IsaCase {
  readonly group: Omit<BenchGroup, 'cases'>;
  readonly variant: string;
  readonly shaders: readonly ShaderText[];
  /** Why there are none. */
  readonly refusal?: string;
}

/** The text of a pass's shader. */
function shaderText({ shader, constants = {} }: Pass): ShaderText {
  const { source, overrides } = applyConstants(shader, reflectShader(shader), constants);
  const given = Object.entries(constants).map(([name, value]) => `${name} ${String(value)}`);
  return {
    name: given.length === 0 ? shader.path : `${shader.path} (${given.join(', ')})`,
    source: unrollShader({ path: shader.path, source }).source,
    overrides: { ...overrides },
  };
}

/**
 * The cases of a request on a GPU. Of several shapes each is a case. Throws `bad-option` as a measurement would; whole steps have no variants
 * of their own and are left out. With `isHalf` all that may be stored in half precision is, in the form of the GPU, and counted as a step
 * counts what does not fit; shaders without any are left out.
 */
export function planIsa(request: BenchRequest, traits: DeviceTraits, isHalf = false): IsaCase[] {
  const halves = new HalfPasses(traits);
  return planGroups(request).flatMap((planned) => {
    const { op, shape } = planned;
    const { kernel } = op;
    if (kernel === undefined) return [];
    const group = {
      op: op.id,
      kernel: kernel.name,
      shape: shape.name,
      attributes: shape.attributes,
      ...kernel.cost(shape.attributes),
      inputSets: 0,
      yardstickMs: [],
    };
    return kernel.variants
      .filter(({ id }) => wantsVariant(request, planned, id))
      .map((variant): IsaCase => {
        const verdict = variant.accepts(shape.attributes, traits);
        if (verdict !== true) return { group, variant: variant.id, shaders: [], refusal: verdict };
        const preparation = variant.prepare?.(shape.attributes, traits);
        const plain = [...(preparation?.passes ?? []), ...variant.passes(shape.attributes, traits)];
        const exact = preparation?.isExact === true ? Object.keys(preparation.tensors) : [];
        const half = new Set((kernel.half ?? []).filter((name) => !exact.includes(name)));
        const passes = isHalf ? plain.map((pass) => halves.adapt(pass, half, true)).filter((pass, index) => pass !== plain[index]) : plain;
        if (passes.length === 0) return { group, variant: variant.id, shaders: [], refusal: 'stores nothing in half precision' };
        const texts = passes.map(shaderText);
        return { group, variant: variant.id, shaders: [...new Map(texts.map((text) => [text.name, text])).values()] };
      });
  });
}

/** The result of one GPU, in the format of every other result. `figures` are by the text of the shader, or the reason for none. */
export function isaRun(
  request: BenchRequest,
  cases: readonly IsaCase[],
  {
    device,
    host,
    note,
    figures,
  }: { readonly device: DeviceTraits; readonly host: HostInfo; readonly note: string; readonly figures: (shader: ShaderText) => IsaFigures | string },
): BenchRun {
  const groups = new Map<string, BenchGroup>();
  for (const { group, variant, shaders, refusal } of cases) {
    const key = `${group.op} ${group.shape}`;
    const known = groups.get(key) ?? { ...group, cases: [] };
    groups.set(key, known);
    const found = shaders.map(figures);
    const problem = refusal ?? found.find((one) => typeof one === 'string');
    const result: BenchCase = { variant, engine: 'gramarye', status: refusal === undefined ? (problem === undefined ? 'compiled' : 'failed') : 'skipped' };
    known.cases.push({ ...result, ...(problem === undefined ? {} : { reason: problem }), isa: found.filter((one) => typeof one !== 'string') });
  }
  const { seed, precision, maximumSamples, groupSeconds, quick } = settingsOf(request);
  const { vendor, architecture, description, isSoftware, features, limits, subgroupMinSize, subgroupMaxSize } = device;
  return {
    version: VERSION,
    date: new Date().toISOString(),
    device: {
      key: [vendor, architecture, device.device, description].join('/'),
      vendor,
      architecture,
      device: device.device,
      description,
      isSoftware,
      features: [...features].sort(),
      limits: { ...limits },
      subgroupSizes: [subgroupMinSize, subgroupMaxSize],
    },
    host,
    clock: { kind: 'wall', quantumMs: 0, minimumSampleMs: 0, note },
    settings: { seed, precision, maximumSamples, groupSeconds, quick },
    groups: [...groups.values()],
  };
}
