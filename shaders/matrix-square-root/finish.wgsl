// End of the coupled iteration: the scale is put back, root = y sqrt(trace), inverseRoot = z / sqrt(trace).
// One invocation computes one element of both. Nothing is shared. Numerics: f32.

struct Params {
  size: u32,
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<storage, read_write> root: array<f32>;
@group(0) @binding(1) var<storage, read_write> inverseRoot: array<f32>;
@group(0) @binding(2) var<storage, read_write> trace: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<storage, read_write> z: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + local;
  if (i >= params.size * params.size) {
    return;
  }
  let scale = sqrt(trace[0]);
  root[i] = y[i] * scale;
  inverseRoot[i] = z[i] / scale;
}
