// ReLU6: output = min(max(input, 0), 6). One invocation computes one value. Nothing is shared. Exact.

struct Params {
  count: u32,
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + lane;
  if (i < params.count) {
    output[i] = clamp(input[i], 0.0, 6.0);
  }
}
