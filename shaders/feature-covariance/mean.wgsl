// Means of the channels from their sums over positions. One invocation computes one. Nothing is shared. Numerics: f32.

struct Params {
  channels: u32,
  scale: f32, // 1 / positions
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<storage, read> sums: array<f32>;
@group(0) @binding(1) var<storage, read_write> mean: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + local;
  if (i >= params.channels) {
    return;
  }
  mean[i] = sums[i] * params.scale;
}
