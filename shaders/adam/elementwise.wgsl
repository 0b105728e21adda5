// One Adam update of an image, in Keras's form (epsilon outside the bias correction), with optional clipping to [0, 1]:
// m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2; x -= schedule[step mod capacity] * m / (sqrt(v) + epsilon).
// One invocation updates one element. Nothing is shared.
// Numerics: f32; the schedule and 1 - beta are computed in float64 on the CPU, because they would lose digits in f32.

struct Params {
  count: u32,
  capacity: u32,
}

override WORKGROUP: u32 = 64;
override CLIP: u32 = 1; // 1: clip to [0, 1]

@group(0) @binding(0) var<storage, read> gradient: array<f32>;
@group(0) @binding(1) var<storage, read> schedule: array<f32>;
@group(0) @binding(2) var<storage, read> step: array<u32>;
@group(0) @binding(3) var<storage, read> hyper: array<f32>; // beta1, 1 - beta1, beta2, 1 - beta2, epsilon
@group(0) @binding(4) var<storage, read_write> image: array<f32>;
@group(0) @binding(5) var<storage, read_write> firstMoment: array<f32>;
@group(0) @binding(6) var<storage, read_write> secondMoment: array<f32>;
@group(0) @binding(7) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + local;
  if (i >= params.count) {
    return;
  }
  let g = gradient[i];
  let m = hyper[0] * firstMoment[i] + hyper[1] * g;
  let v = hyper[2] * secondMoment[i] + hyper[3] * g * g;
  firstMoment[i] = m;
  secondMoment[i] = v;
  var x = image[i] - schedule[step[0] % params.capacity] * m / (sqrt(v) + hyper[4]);
  if (CLIP == 1u) {
    x = clamp(x, 0.0, 1.0);
  }
  image[i] = x;
}
