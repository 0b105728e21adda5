// Last pass of the squared-mean content loss: loss = mean^2, and its gradient weight * 2 * mean / count, the same for every
// element, added to the running gradient.
// One invocation takes the elements i, i + stride, i + 2·stride, … (stride: the number of invocations), so that
// neighbouring invocations read neighbouring elements; invocation 0 writes the loss.
// Nothing is shared. Numerics: f32.

struct Params {
  count: u32,
  invocations: u32,
  scale: f32, // 1 / count
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<storage, read> weight: array<f32>;
@group(0) @binding(1) var<storage, read_write> gradient: array<f32>;
@group(0) @binding(2) var<storage, read_write> loss: array<f32>;
@group(0) @binding(3) var<storage, read> mean: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.invocations) {
    return;
  }
  let rounds = (params.count + params.invocations - 1u) / params.invocations;
  let slope = 2.0 * params.scale * weight[0] * mean[0];
  for (var round = 0u; round < rounds; round++) {
    let i = id.x + round * params.invocations;
    if (i < params.count) {
      gradient[i] += slope;
    }
  }
  if (id.x == 0u) {
    loss[0] = mean[0] * mean[0];
  }
}
