// Sum, first pass: partial sums of values.
// One invocation takes the elements i, i + stride, i + 2·stride, … (stride: the number of invocations), so that
// neighbouring invocations read neighbouring elements, and keeps its partial sum in
// `partials`; a second pass sums those. Nothing is shared. Numerics: f32, count / stride terms in a row per partial sum.

struct Params {
  count: u32,
  invocations: u32,
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<storage, read> values: array<f32>;
@group(0) @binding(1) var<storage, read_write> partials: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.invocations) {
    return;
  }
  let rounds = (params.count + params.invocations - 1u) / params.invocations;
  var sum = 0.0;
  for (var round = 0u; round < rounds; round++) {
    let i = id.x + round * params.invocations;
    if (i < params.count) {
      sum += values[i];
    }
  }
  partials[id.x] = sum;
}
