// The gradient in front of a ReLU: outputGradient where output > 0, else 0. output and outputGradient [count] → maskedGradient [count].
// One invocation computes one element. Nothing is shared. Numerics: exact.

struct Params {
  count: u32,
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<storage, read> outputGradient: array<f32>;
@group(0) @binding(1) var<storage, read> output: array<f32>;
@group(0) @binding(2) var<storage, read_write> maskedGradient: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + lane;
  if (i < params.count) {
    maskedGradient[i] = select(0.0, outputGradient[i], output[i] > 0.0);
  }
}
