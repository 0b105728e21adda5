// Start of the coupled iteration: y = matrix / trace, whose eigenvalues lie within 0 and 1, and z = identity.
// One invocation computes one element of both. Nothing is shared. Numerics: f32.

struct Params {
  size: u32,
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<storage, read> matrix: array<f32>;
@group(0) @binding(1) var<storage, read_write> trace: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<storage, read_write> z: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + local;
  if (i >= params.size * params.size) {
    return;
  }
  y[i] = matrix[i] / trace[0];
  z[i] = select(0.0, 1.0, i / params.size == i % params.size);
}
