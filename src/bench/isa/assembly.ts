/** What can be read in the machine code that Mesa's AMD compiler prints. */

/** Instructions that wait or advise; they do no work. */
const IDLE = /^s_(nop|waitcnt\w*|wait_\w+|delay_alu|clause|inst_prefetch|set_inst_prefetch_distance|code_end|sleep)$/;
/** Fused and unfused multiply-adds, packed ones and dot products, all precisions. */
const MULTIPLY_ADD = /^v_(dual_|pk_)?(fma|fmac|fmamk|fmaak|mad|mac|madmk|madak|dot\d)/;

/** A loop that nothing else loops in. */
export interface HotLoop {
  /** Operations of one pass; two that are issued as one count as two. */
  readonly operations: number;
  readonly multiplyAdds: number;
}

interface Block {
  readonly label: number;
  /** Operations in order: mnemonic first. */
  readonly operations: { readonly name: string; readonly target?: number }[];
}

function operationsOf(line: string): Block['operations'] {
  const [code = ''] = line.split(';', 1);
  // "v_dual_fmac_f32 v1, v2, v3 :: v_dual_mul_f32 v4, v5, v6" is one instruction with two operations.
  return code.split('::').flatMap((part) => {
    const [, name, rest = ''] = /^\s*([a-z]\w+)(.*)$/.exec(part) ?? [];
    if (name === undefined) return [];
    const [, target] = /\bBB(\d+)\b/.exec(rest) ?? [];
    return [{ name, ...(target === undefined || !/^s_c?branch/.test(name) ? {} : { target: Number(target) }) }];
  });
}

function blocksOf(assembly: string): Block[] {
  const blocks: Block[] = [];
  for (const line of assembly.split('\n')) {
    const [, label] = /^BB(\d+):/.exec(line) ?? [];
    if (label !== undefined) blocks.push({ label: Number(label), operations: [] });
    else if (/^\s/.test(line)) blocks.at(-1)?.operations.push(...operationsOf(line));
  }
  return blocks;
}

/**
 * The innermost loop with the most multiply-adds: a branch back to a block above closes a loop. Undefined where no loop multiplies
 * and adds.
 */
export function hotLoop(assembly: string): HotLoop | undefined {
  const blocks = blocksOf(assembly);
  const places = new Map(blocks.map(({ label }, index) => [label, index]));
  const spans = blocks.flatMap(({ operations }, last) =>
    operations.flatMap(({ target }) => {
      const first = target === undefined ? undefined : places.get(target);
      return first === undefined || first > last ? [] : [{ first, last }];
    }),
  );
  const innermost = spans.filter(
    (outer) =>
      !spans.some((inner) => inner !== outer && inner.first >= outer.first && inner.last <= outer.last && inner.last - inner.first < outer.last - outer.first),
  );
  const loops = innermost.map(({ first, last }): HotLoop => {
    const names = blocks.slice(first, last + 1).flatMap(({ operations }) => operations.map(({ name }) => name));
    const working = names.filter((name) => !IDLE.test(name));
    return { operations: working.length, multiplyAdds: working.filter((name) => MULTIPLY_ADD.test(name)).length };
  });
  const best = loops.reduce<HotLoop | undefined>((most, one) => (one.multiplyAdds > (most?.multiplyAdds ?? 0) ? one : most), undefined);
  return best;
}
