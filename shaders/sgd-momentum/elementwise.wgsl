// One update by stochastic gradient descent with momentum, in Keras's form: velocity = momentum * velocity - rate * gradient;
// parameters += velocity, or with Nesterov's look-ahead momentum * velocity - rate * gradient.
// One invocation updates one value. Nothing is shared. Numerics: f32.

struct Params {
  count: u32,
}

override WORKGROUP: u32 = 64;
override NESTEROV: u32 = 0;

@group(0) @binding(0) var<storage, read> gradient: array<f32>;
@group(0) @binding(1) var<storage, read> hyper: array<f32>; // learning rate, momentum
@group(0) @binding(2) var<storage, read_write> parameters: array<f32>;
@group(0) @binding(3) var<storage, read_write> velocity: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + lane;
  if (i >= params.count) {
    return;
  }
  let step = hyper[0] * gradient[i];
  let moved = hyper[1] * velocity[i] - step;
  velocity[i] = moved;
  parameters[i] += select(moved, hyper[1] * moved - step, NESTEROV == 1u);
}
