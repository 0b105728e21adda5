// What half precision could not hold in this step, into slot (step mod capacity) of a ring, and the counters back to 0.
// forward and backward [2]: how many stored numbers were too large or not finite, and the largest magnitude as the bits of an f32.
// ring [capacity, 4]: both, one behind the other. One invocation does all of it. Numerics: exact.

struct Params {
  capacity: u32,
}

@group(0) @binding(0) var<storage, read> step: array<u32>;
@group(0) @binding(1) var<storage, read_write> forward: array<u32>;
@group(0) @binding(2) var<storage, read_write> backward: array<u32>;
@group(0) @binding(3) var<storage, read_write> ring: array<u32>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(1)
fn main() {
  let slot = (step[0] % params.capacity) * 4u;
  ring[slot] = forward[0];
  ring[slot + 1u] = forward[1];
  ring[slot + 2u] = backward[0];
  ring[slot + 3u] = backward[1];
  forward[0] = 0u;
  forward[1] = 0u;
  backward[0] = 0u;
  backward[1] = 0u;
}
