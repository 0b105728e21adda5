// Adds a batch's losses and hits to running totals: totals[0] += sum of losses, totals[1] += sum of hits.
// One invocation does it all, in order; meant for a few hundred examples. Numerics: f32.

struct Params {
  batch: u32,
}

@group(0) @binding(0) var<storage, read> losses: array<f32>;
@group(0) @binding(1) var<storage, read> hits: array<f32>;
@group(0) @binding(2) var<storage, read_write> totals: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(1)
fn main() {
  var loss = 0.0;
  var hit = 0.0;
  for (var i = 0u; i < params.batch; i++) {
    loss += losses[i];
    hit += hits[i];
  }
  totals[0] += loss;
  totals[1] += hit;
}
