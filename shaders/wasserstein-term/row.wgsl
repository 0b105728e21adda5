// Derivative of the distance by every position's features as far as it is the same at all positions:
// (2 / channels (mean - target) - 4 / channels^2 difference mean) / positions.
// One invocation computes one channel. Nothing is shared. Numerics: f32, sums in order.

struct Params {
  channels: u32,
  scale: f32, // 1 / positions
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<storage, read> mean: array<f32>;
@group(0) @binding(1) var<storage, read> meanTarget: array<f32>;
@group(0) @binding(2) var<storage, read_write> difference: array<f32>;
@group(0) @binding(3) var<storage, read_write> row: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + local;
  if (i >= params.channels) {
    return;
  }
  var sum = 0.0;
  for (var j = 0u; j < params.channels; j++) {
    sum += difference[i * params.channels + j] * mean[j];
  }
  let channels = f32(params.channels);
  row[i] = params.scale * (2.0 / channels * (mean[i] - meanTarget[i]) - 4.0 / (channels * channels) * sum);
}
