// Covariance from raw second moments and means: covariance[i, j] = gram[i, j] - mean[i] mean[j], and a ridge on the diagonal.
// One invocation computes one element. Nothing is shared.
// Numerics: f32; a channel that hardly varies loses digits to the difference, which the ridge outweighs.

struct Params {
  channels: u32,
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<storage, read> gram: array<f32>;
@group(0) @binding(1) var<storage, read> ridge: array<f32>;
@group(0) @binding(2) var<storage, read_write> covariance: array<f32>;
@group(0) @binding(3) var<storage, read_write> mean: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + local;
  if (i >= params.channels * params.channels) {
    return;
  }
  let row = i / params.channels;
  let column = i % params.channels;
  var value = gram[i] - mean[row] * mean[column];
  if (row == column) {
    value += ridge[0];
  }
  covariance[i] = value;
}
