// The multiply-add probe with vectors: 8 independent chains as two vec4, the same numbers as multiply-add.wgsl.
// One invocation takes ROUNDS × 8 chains x = x * factor + step from its own start and writes their sum. Nothing is shared.
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
  let b = vec4f(params.step);
  var low = vec4f(start[i]) + vec4f(0.0, 1.0, 2.0, 3.0);
  var high = low + vec4f(4.0);
  for (var round = 0u; round < ROUNDS; round++) {
    low = low * a + b;
    high = high * a + b;
  }
  sums[i] = ((low.x + low.y) + (low.z + low.w)) + ((high.x + high.y) + (high.z + high.w));
}
