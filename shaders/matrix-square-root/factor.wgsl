// The factor of one round of the coupled iteration, in place of the product z y: w = 3/2 identity - 1/2 z y.
// One invocation changes one element. Nothing is shared. Numerics: f32.

struct Params {
  size: u32,
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<storage, read_write> w: array<f32>;
@group(0) @binding(1) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + local;
  if (i >= params.size * params.size) {
    return;
  }
  w[i] = select(0.0, 1.5, i / params.size == i % params.size) - 0.5 * w[i];
}
