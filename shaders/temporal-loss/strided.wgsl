// Temporal loss: the share of mean(steadiness * (image - previous)^2) that these elements have, with its gradient, weighted and added to the
// running gradient.
// One invocation takes the elements i, i + stride, i + 2·stride, … (stride: the number of invocations), so that
// neighbouring invocations read neighbouring elements, and keeps its share of
// the loss in `partials`; a second pass sums those. Nothing is shared.
// Numerics: f32, count / stride terms in a row per partial sum.

struct Params {
  count: u32,
  invocations: u32,
  scale: f32, // 1 / elements of the whole image
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<storage, read> image: array<f32>;
@group(0) @binding(1) var<storage, read> previous: array<f32>;
@group(0) @binding(2) var<storage, read> steadiness: array<f32>;
@group(0) @binding(3) var<storage, read> weight: array<f32>;
@group(0) @binding(4) var<storage, read_write> gradient: array<f32>;
@group(0) @binding(5) var<storage, read_write> partials: array<f32>;
@group(0) @binding(6) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.invocations) {
    return;
  }
  let rounds = (params.count + params.invocations - 1u) / params.invocations;
  let factor = 2.0 * params.scale * weight[0];
  var sum = 0.0;
  for (var round = 0u; round < rounds; round++) {
    let i = id.x + round * params.invocations;
    if (i < params.count) {
      let difference = image[i] - previous[i];
      let pull = steadiness[i] * difference;
      sum += pull * difference;
      gradient[i] += factor * pull;
    }
  }
  partials[id.x] = sum * params.scale;
}
