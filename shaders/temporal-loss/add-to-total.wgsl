// Adds a weighted loss to the weighted total of this step, the last number of its entry in the ring of losses.
// One invocation does it. Numerics: f32.

struct Params {
  capacity: u32,
}

@group(0) @binding(0) var<storage, read> loss: array<f32>;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read> step: array<u32>;
@group(0) @binding(3) var<storage, read_write> ring: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(1)
fn main() {
  ring[(step[0] % params.capacity) * 4u + 3u] += weight[0] * loss[0];
}
