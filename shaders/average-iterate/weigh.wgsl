// Sum of the weights of a running average: what the average of ones would be. One invocation does it. Numerics: f32.

@group(0) @binding(0) var<storage, read> hyper: array<f32>; // decay, 1 - decay
@group(0) @binding(1) var<storage, read_write> weight: array<f32>;

@compute @workgroup_size(1)
fn main() {
  weight[0] = hyper[0] * weight[0] + hyper[1];
}
