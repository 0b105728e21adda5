// Gradient of ReLU6: the incoming gradient where 0 < input < 6, else 0. One invocation computes one value. Exact.

struct Params {
  count: u32,
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> gradient: array<f32>;
@group(0) @binding(2) var<storage, read_write> inputGradient: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + lane;
  if (i < params.count) {
    inputGradient[i] = select(0.0, gradient[i], input[i] > 0.0 && input[i] < 6.0);
  }
}
