/** What is read in machine code, and what is said where Mesa's compiler is missing. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { amdGpu, amdTraits } from '../../src/bench/isa/amd.js';
import { hotLoop } from '../../src/bench/isa/assembly.js';
import { isaRun, planIsa } from '../../src/bench/isa/plan.js';
import { benchFile, fileSchema, type HostInfo } from '../../src/bench/result.js';
import { formatTerminal } from '../../src/bench/formats/text.js';
import { readStatistics } from '../../src/cli/isa/compiler.js';
import { readSpirv } from '../../src/cli/isa/spirv.js';
import { findIsaTools } from '../../src/cli/isa/tools.js';
import * as v from 'valibot';

const ASSEMBLY = `
BB0:
  s_load_dwordx4 s[0:3], s[4:5], 0x0          ; f4080002 fa000000
  v_fma_f32 v9, v1, v2, v3                    ; outside of every loop
BB1:
  s_cmp_ge_u32 s6, s7
  s_cbranch_scc1 BB5                          ; forward: no loop
BB2:
  buffer_load_dwordx4 v[0:3], v8, s[0:3], 0 offen
  s_waitcnt vmcnt(0)
  v_fmac_f32_e32 v10, v0, v4
  v_dual_fmac_f32 v11, v1, v4 :: v_dual_mul_f32 v12, v2, v4
  v_pk_fma_f16 v13, v1, v2, v3
  s_nop 0
  s_cbranch_scc0 BB2
BB3:
  v_add_f32_e32 v1, v2, v3
  s_branch BB1
BB5:
  s_endpgm
`;
const folder = mkdtempSync(join(tmpdir(), 'isa-test-'));

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('machine code', () => {
  it('counts the innermost loop with the most multiply-adds, without what only waits, two operations of one instruction as two', () => {
    // Load, fmac, dual fmac and mul, packed fma, branch: six, of which three multiply and add.
    expect(hotLoop(ASSEMBLY)).toEqual({ operations: 6, multiplyAdds: 3 });
    expect(hotLoop(ASSEMBLY.replaceAll(/^ {2}v_.*(fma|fmac).*$/gm, ''))).toBeUndefined();
  });

  it('takes figures from what the driver says, and complains of a driver that says other things', () => {
    const output = `device AMD\nsubgroup 64\nstatistic VGPRs = 96\nstatistic Subgroups per SIMD = 10\nstatistic Spilled VGPRs = 0\nstatistic Spilled SGPRs = 2\nstatistic LDS size = 512\nstatistic Instructions = 40\nrepresentation Assembly\n${ASSEMBLY}`;
    expect(readStatistics(output, 'navi21', 'a.wgsl')).toEqual({
      ...{ gpu: 'navi21', pass: 'a.wgsl', registers: 96, wavesPerSimd: 10, spilledRegisters: 2, workgroupBytes: 512, instructions: 40 },
      multiplyAddShare: 0.5,
    });
    expect(() => readStatistics('statistic Something = 1', 'navi21', 'a.wgsl')).toThrow(/no "VGPRs"; it gives Something/);
  });

  it('finds SPIR-V in what Dawn prints, with its bindings', () => {
    const printed = `noise\n; SPIR-V\nOpExtension "SPV_KHR_maximal_reconvergence"\nOpEntryPoint GLCompute %5 "entry"\nOpDecorate %1 Binding 0\nOpDecorate %2 Binding 3\n%1 = OpVariable %p StorageBuffer\n%2 = OpVariable %q Uniform\n OpFunctionEnd\n\nmore noise`;
    const found = readSpirv(printed);
    expect(found).toMatchObject({ entry: 'entry', bindings: ['0s', '3u'] });
    expect(found?.text).not.toMatch(/maximal|noise/);
    expect(readSpirv('nothing')).toBeUndefined();
  });
});

describe('a GPU that is not there', () => {
  it('is given the variants that it would be given, every shader once and expanded, and their figures are a result like any other', () => {
    const request = { ops: ['gram'], shapes: ['relu3_1@128'] };
    const device = amdTraits(amdGpu('navi31'));
    const cases = planIsa(request, device);
    expect(cases.map(({ variant }) => variant)).toContain('shared-memory');
    for (const { shaders } of cases) {
      expect(new Set(shaders.map(({ name }) => name)).size).toBe(shaders.length);
      for (const { source } of shaders) expect(source).toMatch(/fn main/);
    }
    const host: HostInfo = { kind: 'node', name: 'Mesa RADV', flags: [], system: 'test' };
    const figures = { gpu: 'navi31', registers: 96, wavesPerSimd: 16, spilledRegisters: 0, workgroupBytes: 0, instructions: 9, multiplyAddShare: 0.8 };
    const run = isaRun(request, cases, { device, host, note: 'none', figures: ({ name }) => ({ ...figures, pass: name }) });
    expect(v.is(fileSchema, benchFile([run]))).toBe(true);
    expect(run.groups[0]?.cases[0]).toMatchObject({ status: 'compiled' });
    expect(formatTerminal(benchFile([run]))).toMatch(/navi31 +gram +relu3_1@128 +shared-memory .* 96 +16 +0 .* 0\.800/);
    const refused = isaRun(request, cases, { device, host, note: 'none', figures: () => 'the compiler gave up' });
    expect(refused.groups[0]?.cases[0]).toMatchObject({ status: 'failed', reason: 'the compiler gave up' });
  });

  it('says which GPUs there are, and what to install', () => {
    expect(() => amdGpu('navi99')).toThrow(/no GPU "navi99".*navi31/);
    const machine = { platform: 'linux', driverFolders: [folder], hasCommand: (name: string) => name === 'gcc' };
    expect(() => findIsaTools(machine)).toThrow(/Missing: Mesa’s Vulkan driver for AMD.*spirv-as\..*apt-get install mesa-vulkan-drivers spirv-tools\./);
    expect(() => findIsaTools({ ...machine, platform: 'darwin' })).toThrow(/Linux only/);
    writeFileSync(join(folder, 'radeon_icd.x86_64.json'), '{}');
    expect(findIsaTools({ ...machine, hasCommand: () => true })).toMatchObject({ radvDriver: join(folder, 'radeon_icd.x86_64.json'), compiler: 'cc' });
  });
});
