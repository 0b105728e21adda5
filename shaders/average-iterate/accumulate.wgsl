// Running average of an image, before its bias correction: average = decay * average + (1 - decay) * image.
// One invocation updates one element. Nothing is shared.
// Numerics: f32; 1 - decay is computed in float64 on the CPU, because it would lose digits in f32.

struct Params {
  count: u32,
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<storage, read> image: array<f32>;
@group(0) @binding(1) var<storage, read> hyper: array<f32>; // decay, 1 - decay
@group(0) @binding(2) var<storage, read_write> average: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + local;
  if (i >= params.count) {
    return;
  }
  average[i] = hyper[0] * average[i] + hyper[1] * image[i];
}
