// Derivative of the distance by the covariance, as gramLossGradient takes it: channels / 2 (identity - transport), made symmetric.
// One invocation computes one element. Nothing is shared. Numerics: f32.

struct Params {
  channels: u32,
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<storage, read> transport: array<f32>;
@group(0) @binding(1) var<storage, read_write> difference: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + local;
  if (i >= params.channels * params.channels) {
    return;
  }
  let row = i / params.channels;
  let column = i % params.channels;
  let value = select(0.0, 1.0, row == column) - 0.5 * (transport[i] + transport[column * params.channels + row]);
  difference[i] = 0.5 * f32(params.channels) * value;
}
