// The multiply-add probe: how many multiply-adds a second an adapter does when nothing waits for memory.
// One invocation takes ROUNDS × 8 independent chains x = x * factor + step from its own start and writes their sum. Nothing is shared.
// Numerics: f32; |factor| < 1, so the chains converge and stay in range.

struct Params {
  factor: f32,
  step: f32,
}

override WORKGROUP: u32 = 64;
const ROUNDS: u32 = 512;

@group(0) @binding(0) var<storage, read> start: array<f32>;
@group(0) @binding(1) var<storage, read_write> sums: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) invocation: vec3u) {
  let i = invocation.x;
  if (i >= arrayLength(&sums)) {
    return;
  }
  let a = params.factor;
  let b = params.step;
  var x0 = start[i];
  var x1 = x0 + 1.0;
  var x2 = x0 + 2.0;
  var x3 = x0 + 3.0;
  var x4 = x0 + 4.0;
  var x5 = x0 + 5.0;
  var x6 = x0 + 6.0;
  var x7 = x0 + 7.0;
  for (var round = 0u; round < ROUNDS; round++) {
    x0 = x0 * a + b;
    x1 = x1 * a + b;
    x2 = x2 * a + b;
    x3 = x3 * a + b;
    x4 = x4 * a + b;
    x5 = x5 * a + b;
    x6 = x6 * a + b;
    x7 = x7 * a + b;
  }
  sums[i] = ((x0 + x1) + (x2 + x3)) + ((x4 + x5) + (x6 + x7));
}
