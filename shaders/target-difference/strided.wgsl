// Difference of compensated sums to a target, and the shares of its mean square: difference = (sum - target) + compensation.
// One invocation takes the elements i, i + stride, i + 2·stride, … (stride: the number of invocations), so that
// neighbouring invocations read neighbouring elements, and keeps its share of the loss in `losses`; a second pass sums those.
// Nothing is shared. Numerics: f32, count / stride terms in a row per partial sum.

struct Params {
  count: u32,
  invocations: u32,
  scale: f32, // 1 / count
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<storage, read> sum: array<f32>;
@group(0) @binding(1) var<storage, read> compensation: array<f32>;
@group(0) @binding(2) var<storage, read> target_values: array<f32>;
@group(0) @binding(3) var<storage, read> normaliser: array<f32>;
@group(0) @binding(4) var<storage, read_write> difference: array<f32>;
@group(0) @binding(5) var<storage, read_write> losses: array<f32>;
@group(0) @binding(6) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.invocations) {
    return;
  }
  let rounds = (params.count + params.invocations - 1u) / params.invocations;
  var loss = 0.0;
  for (var round = 0u; round < rounds; round++) {
    let i = id.x + round * params.invocations;
    if (i < params.count) {
      let off = (sum[i] - target_values[i]) + compensation[i];
      difference[i] = off;
      loss += off * off;
    }
  }
  losses[id.x] = loss * params.scale * normaliser[0];
}
